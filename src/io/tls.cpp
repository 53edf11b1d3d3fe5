#include "io/tls.hpp"

#include <array>
#include <memory>
#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "io/async_mutex.hpp"
#include "io/timeout.hpp"

namespace io {
namespace {

/// A TLS record with its overhead, RFC 8446 §5.2: what is moved between OpenSSL and the stream at a time.
constexpr std::size_t kRecordBytes = 16 * 1024 + 512;

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* value) const {
    Free(value);
  }
};
using ContextPtr = std::unique_ptr<SSL_CTX, Deleter<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, Deleter<SSL_free>>;

std::string openssl_error() {
  const auto code = ERR_get_error();
  if (code == 0) return "the connection ended";
  std::array<char, 256> text{};
  ERR_error_string_n(code, text.data(), text.size());
  return text.data();
}

/// OpenSSL between two memory buffers, so that TLS runs over any Stream.
class TlsStream : public Stream {
 public:
  TlsStream(StreamPtr inner, ContextPtr context, SslPtr ssl)
      : inner_(std::move(inner)),
        context_(std::move(context)),
        ssl_(std::move(ssl)),
        writing_(inner_->executor()) {}

  asio::any_io_executor executor() override { return inner_->executor(); }

  Task<base::Result<void>> handshake() {
    while (true) {
      ERR_clear_error();
      const int result = SSL_do_handshake(ssl_.get());
      const int reason = SSL_get_error(ssl_.get(), result);
      const std::string failure = result == 1 || reason == SSL_ERROR_WANT_READ ? "" : describe_failure();
      co_await flush();
      if (result == 1) co_return base::Result<void>();
      if (reason != SSL_ERROR_WANT_READ)
        co_return base::fail(base::ErrorCode::unavailable, "TLS: " + failure);
      const bool more = co_await feed();
      if (!more) co_return base::fail(base::ErrorCode::unavailable, "TLS: the peer ended the handshake");
    }
  }

  Task<std::size_t> read_some(asio::mutable_buffer into) override {
    while (true) {
      ERR_clear_error();
      std::size_t size = 0;
      const int result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &size);
      const int reason = SSL_get_error(ssl_.get(), result);
      co_await flush();  // key updates and alerts answer what was read
      if (result == 1) co_return size;
      if (reason == SSL_ERROR_ZERO_RETURN) co_return 0;
      if (reason != SSL_ERROR_WANT_READ) throw boost::system::system_error(asio::error::connection_reset);
      const bool more = co_await feed();
      // An end without close_notify may be an attacker's cut: it is a reset, not an end (RFC 8446 §6.1).
      if (!more) throw boost::system::system_error(asio::error::connection_reset);
    }
  }

  Task<std::size_t> write_some(asio::const_buffer from) override {
    if (from.size() == 0) co_return 0;
    ERR_clear_error();
    std::size_t size = 0;
    const auto most = std::min(from.size(), kRecordBytes);
    if (SSL_write_ex(ssl_.get(), from.data(), most, &size) != 1)
      throw boost::system::system_error(asio::error::connection_reset);
    co_await flush();
    co_return size;
  }

  Task<void> shutdown_write() override {
    SSL_shutdown(ssl_.get());
    co_await flush();
  }

  [[nodiscard]] int native_handle() const override { return -1; }
  Task<void> broken() override { return inner_->broken(); }
  [[nodiscard]] std::size_t unsent_bytes() const override { return inner_->unsent_bytes(); }
  void close() override { inner_->close(); }
  void reset() override { inner_->reset(); }

 private:
  std::string describe_failure() {
    const auto verdict = SSL_get_verify_result(ssl_.get());
    if (verdict != X509_V_OK)
      return std::string("certificate refused: ") + X509_verify_cert_error_string(verdict);
    return openssl_error();
  }

  /// Sends what OpenSSL has produced.
  Task<void> flush() {
    if (BIO_ctrl_pending(SSL_get_wbio(ssl_.get())) == 0) co_return;
    const auto guard = co_await writing_.lock();
    while (BIO_ctrl_pending(SSL_get_wbio(ssl_.get())) > 0) {
      const int size = BIO_read(SSL_get_wbio(ssl_.get()), out_.data(), static_cast<int>(out_.size()));
      if (size <= 0) co_return;
      co_await write_all(*inner_, asio::buffer(out_.data(), static_cast<std::size_t>(size)));
    }
  }

  /// Gives OpenSSL what the peer sent; false at its end.
  Task<bool> feed() {
    const std::size_t size = co_await inner_->read_some(asio::buffer(in_));
    if (size == 0) co_return false;
    BIO_write(SSL_get_rbio(ssl_.get()), in_.data(), static_cast<int>(size));
    co_return true;
  }

  StreamPtr inner_;
  ContextPtr context_;
  SslPtr ssl_;
  AsyncMutex writing_;
  std::array<char, kRecordBytes> in_{};
  std::array<char, kRecordBytes> out_{};
};

}  // namespace

Task<base::Result<StreamPtr>> start_tls(StreamPtr stream, std::string host, bool insecure_skip_verify,
                                        std::chrono::milliseconds limit) {
  ContextPtr context(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_default_verify_paths(context.get());
  SSL_CTX_set_verify(context.get(), insecure_skip_verify ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, nullptr);
  SslPtr ssl(SSL_new(context.get()));
  SSL_set_bio(ssl.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_connect_state(ssl.get());
  auto* parameters = SSL_get0_param(ssl.get());
  const bool is_address = X509_VERIFY_PARAM_set1_ip_asc(parameters, host.c_str()) == 1;
  if (!is_address) {
    SSL_set1_host(ssl.get(), host.c_str());
    // What SSL_set_tlsext_host_name stands for, without the macro's C cast.
    SSL_ctrl(ssl.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, host.data());
  }
  auto tls = std::make_unique<TlsStream>(std::move(stream), std::move(context), std::move(ssl));
  auto handshake = tls->handshake();
  const auto done = co_await within(limit, std::move(handshake));
  if (!done) co_return tl::unexpected(done.error());
  co_return StreamPtr(std::move(tls));
}

}  // namespace io
