/// A TLS client on a blocking socket, as a test's other side: OpenSSL's own, which can also misbehave.
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

namespace support {

struct TlsWish {
  std::string alpn;         // "h2", "h2,http/1.1"; "" to not ask
  std::string server_name;  // "" for none
  int version = 0;          // TLS1_2_VERSION …; 0 for any
  SSL_SESSION* resume = nullptr;
};

/// Use from a thread of its own; no operation takes longer than five seconds.
class TlsClient {
 public:
  explicit TlsClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval limit{5, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  ~TlsClient() { ::close(socket_); }
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  bool handshake(const TlsWish& wish = {}) {
    context_.reset(SSL_CTX_new(TLS_client_method()));
    if (wish.version != 0) {
      SSL_CTX_set_min_proto_version(context_.get(), wish.version);
      SSL_CTX_set_max_proto_version(context_.get(), wish.version);
      SSL_CTX_set_cipher_list(context_.get(), "ALL:@SECLEVEL=0");  // so that old versions can be tried
    }
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_fd(ssl_.get(), socket_);
    std::string protocols;
    for (std::string_view rest = wish.alpn; !rest.empty();) {
      const auto name = rest.substr(0, rest.find(','));
      protocols += static_cast<char>(name.size());
      protocols += name;
      rest.remove_prefix(std::min(rest.size(), name.size() + 1));
    }
    SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const unsigned char*>(protocols.data()),
                        static_cast<unsigned int>(protocols.size()));
    // What SSL_set_tlsext_host_name stands for, without the macro's C cast.
    auto name = wish.server_name;
    if (!name.empty())
      SSL_ctrl(ssl_.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
    if (wish.resume != nullptr) SSL_set_session(ssl_.get(), wish.resume);
    return connected_ && SSL_connect(ssl_.get()) == 1;
  }

  bool send(std::string_view data) {
    std::size_t sent = 0;
    return SSL_write_ex(ssl_.get(), data.data(), data.size(), &sent) == 1 && sent == data.size();
  }
  /// What came next; "" at the end, whose kind is in `how` then (SSL_ERROR_ZERO_RETURN for a proper one).
  std::string receive(int* how = nullptr) {
    std::string into(16 * 1024, '\0');
    std::size_t size = 0;
    ERR_clear_error();
    const int result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &size);
    if (how != nullptr) *how = SSL_get_error(ssl_.get(), result);
    into.resize(result == 1 ? size : 0);
    return into;
  }
  std::string receive_exactly(std::size_t size) {
    std::string all;
    while (all.size() < size) {
      const auto next = receive();
      if (next.empty()) break;
      all += next;
    }
    return all;
  }
  void close_notify() { SSL_shutdown(ssl_.get()); }
  /// A FIN, without a word in TLS.
  void cut() { ::shutdown(socket_, SHUT_WR); }

  void send_raw(std::string_view data) { ::send(socket_, data.data(), data.size(), MSG_NOSIGNAL); }
  /// Whether the peer ended the connection.
  bool ended() {
    char byte = 0;
    while (true) {
      const auto size = ::recv(socket_, &byte, 1, 0);
      if (size <= 0) return size == 0 || errno == ECONNRESET;
    }
  }

  [[nodiscard]] SSL* ssl() { return ssl_.get(); }
  [[nodiscard]] std::string alpn() const {
    const unsigned char* name = nullptr;
    unsigned int size = 0;
    SSL_get0_alpn_selected(ssl_.get(), &name, &size);
    return std::string(name, name + size);
  }
  /// The name in the certificate that the server showed.
  [[nodiscard]] std::string certified() const {
    std::string name(256, '\0');
    const auto size = X509_NAME_get_text_by_NID(X509_get_subject_name(SSL_get0_peer_certificate(ssl_.get())),
                                                NID_commonName, name.data(), static_cast<int>(name.size()));
    name.resize(static_cast<std::size_t>(std::max(size, 0)));
    return name;
  }

 private:
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };

  int socket_;
  bool connected_ = false;
  std::unique_ptr<SSL_CTX, Free> context_;
  std::unique_ptr<SSL, Free> ssl_;
};

}  // namespace support
