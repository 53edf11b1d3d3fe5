#include "io/tls_server.hpp"

#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include "io/socket_wait.hpp"
#include "io/timeout.hpp"
#include "io/tls_context_impl.hpp"

namespace io {
namespace {

using base::ErrorCode;
using base::Result;

/// What a client may send before its handshake is done. Chosen: several times a ClientHello with post-quantum
/// shares.
constexpr std::uint64_t kHandshakeBytes = 64 * 1024;
/// Records after which a stream that never has to wait lets others run. Chosen: a quarter of a megabyte.
constexpr int kTurns = 16;
/// The content type of a handshake record, RFC 8446 §5.1; no HTTP request begins with it.
constexpr char kHandshakeRecord = 0x16;

struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

/// OpenSSL on the socket itself, so that nothing is copied on the way, an idle connection holds no buffer,
/// and the kernel can seal records where it knows how.
class TlsServerStream : public Stream {
 public:
  TlsServerStream(StreamPtr inner, SSL_CTX* context, Offer offer)
      : inner_(std::move(inner)), ssl_(SSL_new(context)) {
    SSL_set_fd(ssl_.get(), inner_->native_handle());
    SSL_set_accept_state(ssl_.get());
    static char http2_is_offered;  // only that it is not null counts: see choose_protocol
    SSL_set_app_data(ssl_.get(), offer == Offer::http2 ? &http2_is_offered : nullptr);
  }

  asio::any_io_executor executor() override { return inner_->executor(); }

  Task<Result<void>> handshake() {
    while (true) {
      ERR_clear_error();
      const int result = SSL_do_handshake(ssl_.get());
      if (result == 1) co_return Result<void>();
      const int reason = SSL_get_error(ssl_.get(), result);
      if (reason != SSL_ERROR_WANT_READ && reason != SSL_ERROR_WANT_WRITE) {
        // Without a queued error the connection itself ended.
        const auto code = ERR_peek_error();
        const auto text = take_tls_error();
        if (code == 0 || ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
          co_return base::fail(ErrorCode::peer_closed, "the client ended the handshake");
        co_return base::fail(ErrorCode::malformed, text);
      }
      if (received() > kHandshakeBytes)
        co_return base::fail(ErrorCode::malformed, "the handshake is too long");
      co_await wait_for(reason);
    }
  }

  Task<std::size_t> read_some(asio::mutable_buffer into) override {
    co_await take_turn();
    while (true) {
      check_open();
      ERR_clear_error();
      std::size_t size = 0;
      const int result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &size);
      if (result == 1) co_return size;
      const int reason = SSL_get_error(ssl_.get(), result);
      if (reason == SSL_ERROR_ZERO_RETURN) co_return 0;
      // An end without close_notify comes here too: it may be an attacker's cut (RFC 8446 §6.1).
      if (reason != SSL_ERROR_WANT_READ && reason != SSL_ERROR_WANT_WRITE) fail();
      co_await wait_for(reason);
    }
  }

  Task<std::size_t> write_some(asio::const_buffer from) override {
    if (from.size() == 0) co_return 0;
    co_await take_turn();
    while (true) {
      check_open();
      ERR_clear_error();
      std::size_t size = 0;
      const int result = SSL_write_ex(ssl_.get(), from.data(), from.size(), &size);
      if (result == 1) co_return size;
      const int reason = SSL_get_error(ssl_.get(), result);
      if (reason != SSL_ERROR_WANT_READ && reason != SSL_ERROR_WANT_WRITE) fail();
      co_await wait_for(reason);
    }
  }

  Task<void> shutdown_write() override {
    while (!closed_ && !failed_) {
      ERR_clear_error();
      const int result = SSL_shutdown(ssl_.get());
      const int reason = result >= 0 ? SSL_ERROR_NONE : SSL_get_error(ssl_.get(), result);
      // Ours is out as soon as nothing is left to write; the peer's may come when it likes.
      if (reason != SSL_ERROR_WANT_WRITE) break;
      co_await wait_for(reason);
    }
    ERR_clear_error();
    co_await inner_->shutdown_write();
  }

  [[nodiscard]] int native_handle() const override { return -1; }
  Task<void> broken() override { return inner_->broken(); }
  [[nodiscard]] std::size_t unsent_bytes() const override { return inner_->unsent_bytes(); }

  void close() override {
    closed_ = true;  // OpenSSL must not touch the descriptor again: its number may be another connection's
    inner_->close();
  }

  void reset() override {
    closed_ = true;
    inner_->reset();
  }

  [[nodiscard]] std::uint64_t received() const { return BIO_number_read(SSL_get_rbio(ssl_.get())); }

  [[nodiscard]] std::string protocol() const {
    const unsigned char* name = nullptr;
    unsigned int size = 0;
    SSL_get0_alpn_selected(ssl_.get(), &name, &size);
    return std::string(name, name + size);
  }

  [[nodiscard]] std::string server_name() const {
    const char* name = SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name);
    return name != nullptr ? name : "";
  }

 private:
  void check_open() const {
    if (closed_) throw boost::system::system_error(asio::error::operation_aborted);
    if (failed_) throw boost::system::system_error(asio::error::connection_reset);
  }

  [[noreturn]] void fail() {
    failed_ = true;
    ERR_clear_error();
    throw boost::system::system_error(asio::error::connection_reset);
  }

  Task<void> wait_for(int reason) {
    turns_ = 0;
    if (reason == SSL_ERROR_WANT_READ) return wait_readable(*inner_);
    return wait_writable(*inner_);
  }

  Task<void> take_turn() {
    if (++turns_ < kTurns) co_return;
    turns_ = 0;
    co_await asio::post(inner_->executor(), asio::use_awaitable);
  }

  StreamPtr inner_;
  std::unique_ptr<SSL, FreeSsl> ssl_;
  bool closed_ = false;
  bool failed_ = false;
  int turns_ = 0;
};

/// The client's first byte, left where it is.
Task<Result<char>> peek(Stream& stream) {
  while (true) {
    co_await wait_readable(stream);
    char first = 0;
    const auto size = ::recv(stream.native_handle(), &first, 1, MSG_PEEK | MSG_DONTWAIT);
    if (size == 1) co_return first;
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    co_return base::fail(ErrorCode::peer_closed, "the client left without a byte");
  }
}

}  // namespace

Task<Result<Accepted>> accept_tls(StreamPtr stream, TlsContext& context, Offer offer,
                                  std::chrono::milliseconds limit) {
  if (!is_socket(*stream)) co_return base::fail(ErrorCode::invalid_argument, "TLS is served on sockets only");
  const auto peer = peer_address(*stream);
  auto tls = std::make_unique<TlsServerStream>(std::move(stream), context.impl().pair.context.get(), offer);
  Result<void> done;
  try {
    auto handshake = tls->handshake();
    done = co_await within(limit, std::move(handshake));
  } catch (const boost::system::system_error& broken) {
    if (broken.code() == asio::error::operation_aborted) throw;
    done = base::fail(ErrorCode::peer_closed, broken.code().message());
  }
  if (!done) {
    // Browsers open connections that they never use, and health checks do nothing else.
    if (tls->received() > 0) context.impl().on_failure(peer, done.error());
    co_return tl::unexpected(done.error());
  }
  ++context.impl().counts.handshakes;
  Accepted accepted;
  accepted.tls = true;
  accepted.alpn = tls->protocol();
  accepted.server_name = tls->server_name();
  accepted.stream = std::move(tls);
  co_return Result<Accepted>(std::move(accepted));
}

Task<Result<Accepted>> accept_either(StreamPtr stream, TlsContext* context, Offer offer,
                                     std::chrono::milliseconds limit) {
  if (context != nullptr) {
    auto peeking = peek(*stream);
    const auto first = co_await within(limit, std::move(peeking));
    if (!first) co_return tl::unexpected(first.error());
    if (*first == kHandshakeRecord) {
      auto accepting = accept_tls(std::move(stream), *context, offer, limit);
      co_return co_await std::move(accepting);
    }
  }
  Accepted accepted;
  accepted.stream = std::move(stream);
  co_return Result<Accepted>(std::move(accepted));
}

}  // namespace io
