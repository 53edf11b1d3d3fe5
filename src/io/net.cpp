#include "io/net.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <poll.h>
#include <unistd.h>
#include <utility>

#include <arpa/inet.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/url/parse.hpp>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "io/socket_wait.hpp"
#include "io/timeout.hpp"
#include "io/tls.hpp"

namespace io {
namespace {

/// How long a plain connect may take. Chosen: longer than TCP's second retransmission of a SYN.
constexpr std::chrono::seconds kConnectLimit{10};
constexpr std::chrono::milliseconds kLookAgain{200};

std::string error_text(int number) { return std::generic_category().message(number); }

int family_of(int descriptor) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0) return AF_UNSPEC;
  return address.ss_family;
}

class SocketStream : public Stream {
 public:
  explicit SocketStream(Socket socket) : socket_(std::move(socket)) {}

  asio::any_io_executor executor() override { return socket_.get_executor(); }

  Task<std::size_t> read_some(asio::mutable_buffer into) override {
    const auto [error, size] = co_await socket_.async_read_some(into, asio::as_tuple(asio::use_awaitable));
    if (error == asio::error::eof) co_return 0;
    if (error) throw boost::system::system_error(error);
    co_return size;
  }

  Task<std::size_t> write_some(asio::const_buffer from) override {
    co_return co_await socket_.async_write_some(from, asio::use_awaitable);
  }

  Task<void> shutdown_write() override {
    boost::system::error_code ignored;  // the peer may be gone already; the reader will notice
    socket_.shutdown(Socket::shutdown_send, ignored);
    co_return;
  }

  [[nodiscard]] int native_handle() const override {
    return const_cast<Socket&>(socket_).native_handle();  // NOLINT: Asio's accessor is not const
  }

  Task<void> broken() override {
    bool woken = false;
    while (true) {
      // Looked at without taking the error off the socket: a read must still find it.
      pollfd state{native_handle(), 0, 0};
      ::poll(&state, 1, 0);
      if ((state.revents & (POLLERR | POLLNVAL)) != 0) co_return;
      // Both directions ended properly: nothing is left that could break.
      if ((state.revents & POLLHUP) != 0) co_await Stream::broken();
      // TCP's urgent data wakes us too, and stays: no spinning over it.
      if (woken) co_await sleep_for(kLookAgain);
      co_await socket_.async_wait(Socket::wait_error, asio::use_awaitable);
      woken = true;
    }
  }

  [[nodiscard]] std::size_t unsent_bytes() const override {
    const int family = family_of(native_handle());
    int count = 0;
    if (family != AF_INET && family != AF_INET6) return 0;  // elsewhere it counts what the peer did not read
    if (::ioctl(native_handle(), SIOCOUTQ, &count) != 0 || count < 0) return 0;
    return static_cast<std::size_t>(count);
  }

  void close() override {
    boost::system::error_code ignored;
    socket_.close(ignored);
  }

  void reset() override {
    // Without waiting for what was not sent: TCP answers that with RST, which no peer takes for an end.
    boost::system::error_code ignored;
    socket_.set_option(asio::socket_base::linger(true, 0), ignored);
    socket_.close(ignored);
  }

  Task<void> wait(Socket::wait_type what) { return socket_.async_wait(what, asio::use_awaitable); }

 private:
  Socket socket_;
};

void set_option(int descriptor, int level, int name, int value) {
  ::setsockopt(descriptor, level, name, &value, sizeof value);
}

void tune_tcp(int descriptor) {
  set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
  // A vanished peer is noticed within about two minutes even where nothing is sent. Chosen.
  set_option(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, 60);
  set_option(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, 15);
  set_option(descriptor, IPPROTO_TCP, TCP_KEEPCNT, 4);
}

Task<base::Result<StreamPtr>> wait_connected(Socket socket) {
  const auto [error] = co_await socket.async_wait(Socket::wait_write, asio::as_tuple(asio::use_awaitable));
  if (error) co_return base::fail(base::ErrorCode::unavailable, error.message());
  int failure = 0;
  socklen_t size = sizeof failure;
  ::getsockopt(socket.native_handle(), SOL_SOCKET, SO_ERROR, &failure, &size);
  if (failure != 0) co_return base::fail(base::ErrorCode::unavailable, error_text(failure));
  co_return make_socket_stream(std::move(socket));
}

Task<base::Result<StreamPtr>> resolve_and_connect(std::string host, std::uint16_t port) {
  const auto executor = co_await asio::this_coro::executor;
  asio::ip::tcp::resolver resolver(executor);
  const std::string service = std::to_string(port);
  const auto [error, found] =
      co_await resolver.async_resolve(host, service, asio::as_tuple(asio::use_awaitable));
  if (error)
    co_return base::fail(base::ErrorCode::unavailable, "cannot resolve " + host + ": " + error.message());
  std::string reasons;
  for (const auto& entry : found) {
    const auto& endpoint = entry.endpoint();
    const int descriptor =
        ::socket(endpoint.protocol().family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) co_return base::fail(base::ErrorCode::unavailable, "socket: " + error_text(errno));
    if (::connect(descriptor, endpoint.data(), static_cast<socklen_t>(endpoint.size())) != 0 &&
        errno != EINPROGRESS) {
      reasons += " " + error_text(errno);
      ::close(descriptor);
      continue;
    }
    auto stream = co_await finish_connect(descriptor, kConnectLimit);
    if (stream) co_return stream;
    reasons += " " + stream.error().message();
  }
  co_return base::fail(base::ErrorCode::unavailable,
                       "cannot connect to " + host + ":" + service + ":" + reasons);
}

/// IPv4 or IPv6 text to a socket address; its size, 0 when it is neither.
socklen_t parse_address(const std::string& text, std::uint16_t port, sockaddr_storage& out) {
  auto* v4 = reinterpret_cast<sockaddr_in*>(&out);
  if (::inet_pton(AF_INET, text.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    return sizeof *v4;
  }
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&out);
  if (::inet_pton(AF_INET6, text.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    return sizeof *v6;
  }
  return 0;
}

std::string address_text(const sockaddr_storage& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.ss_family == AF_INET)
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, text.data(), text.size());
  else if (address.ss_family == AF_INET6)
    ::inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, text.data(),
                text.size());
  else
    return "unix";
  const std::string_view plain(text.data());
  // An IPv4 client of a dual-stack listener is shown as what it is.
  return std::string(plain.starts_with("::ffff:") ? plain.substr(7) : plain);
}

base::Result<int> bound_socket(int family, const sockaddr* address, socklen_t size, const std::string& name) {
  const int descriptor = ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return base::fail(base::ErrorCode::internal, "socket: " + error_text(errno));
  set_option(descriptor, SOL_SOCKET, SO_REUSEADDR, 1);
  if (family == AF_INET6) set_option(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, 0);
  if (::bind(descriptor, address, size) == 0 && ::listen(descriptor, 1024) == 0) return descriptor;
  const int failure = errno;
  ::close(descriptor);
  const auto code = failure == EADDRINUSE ? base::ErrorCode::conflict : base::ErrorCode::invalid_argument;
  return base::fail(code, "cannot listen on " + name + ": " + error_text(failure));
}

}  // namespace

StreamPtr make_socket_stream(Socket socket) {
  const int descriptor = socket.native_handle();
  const int family = family_of(descriptor);
  if (family == AF_INET || family == AF_INET6) tune_tcp(descriptor);
  return std::make_unique<SocketStream>(std::move(socket));
}

Task<void> wait_readable(Stream& stream) {
  return dynamic_cast<SocketStream&>(stream).wait(Socket::wait_read);
}

Task<void> wait_writable(Stream& stream) {
  return dynamic_cast<SocketStream&>(stream).wait(Socket::wait_write);
}

bool is_socket(const Stream& stream) { return dynamic_cast<const SocketStream*>(&stream) != nullptr; }

std::string peer_address(const Stream& stream) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  ::getpeername(stream.native_handle(), reinterpret_cast<sockaddr*>(&address), &size);
  return address_text(address);
}

StreamPtr adopt_socket(const asio::any_io_executor& executor, int descriptor) {
  Socket socket(executor, asio::generic::stream_protocol(family_of(descriptor), 0), descriptor);
  return make_socket_stream(std::move(socket));
}

Task<base::Result<StreamPtr>> finish_connect(int descriptor, std::chrono::milliseconds limit) {
  const auto executor = co_await asio::this_coro::executor;
  Socket socket(executor, asio::generic::stream_protocol(family_of(descriptor), 0), descriptor);
  auto waiting = wait_connected(std::move(socket));
  co_return co_await within(limit, std::move(waiting));
}

Task<base::Result<StreamPtr>> connect_tcp(std::string host, std::uint16_t port,
                                          std::chrono::milliseconds limit) {
  auto connecting = resolve_and_connect(std::move(host), port);
  co_return co_await within(limit, std::move(connecting));
}

Task<base::Result<StreamPtr>> connect_unix(std::filesystem::path path, std::chrono::milliseconds limit) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string text = path.string();
  if (text.size() >= sizeof address.sun_path)
    co_return base::fail(base::ErrorCode::invalid_argument, "socket path is too long: " + text);
  std::memcpy(address.sun_path, text.data(), text.size());
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) co_return base::fail(base::ErrorCode::unavailable, "socket: " + error_text(errno));
  if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
      errno != EINPROGRESS) {
    const int failure = errno;
    ::close(descriptor);
    co_return base::fail(base::ErrorCode::unavailable,
                         "cannot connect to " + text + ": " + error_text(failure));
  }
  co_return co_await finish_connect(descriptor, limit);
}

TcpConnector::TcpConnector(std::string host, std::uint16_t port, bool tls, bool insecure_skip_verify)
    : host_(std::move(host)), port_(port), tls_(tls), insecure_(insecure_skip_verify) {}

Task<base::Result<StreamPtr>> TcpConnector::connect() {
  auto stream = co_await connect_tcp(host_, port_, kConnectLimit);
  if (!stream || !tls_) co_return stream;
  co_return co_await start_tls(std::move(*stream), host_, insecure_, kConnectLimit);
}

Task<base::Result<StreamPtr>> UnixConnector::connect() {
  co_return co_await connect_unix(path_, kConnectLimit);
}

Listener::Listener(const asio::any_io_executor& executor, int descriptor) : socket_(executor, descriptor) {}

base::Result<std::unique_ptr<Listener>> Listener::tcp(const asio::any_io_executor& executor,
                                                      const std::string& address, std::uint16_t port) {
  sockaddr_storage storage{};
  const socklen_t size = parse_address(address, port, storage);
  if (size == 0)
    return base::fail(base::ErrorCode::invalid_argument, "not an IPv4 or IPv6 address: " + address);
  const auto descriptor = bound_socket(storage.ss_family, reinterpret_cast<const sockaddr*>(&storage), size,
                                       address + ":" + std::to_string(port));
  if (!descriptor) return tl::unexpected(descriptor.error());
  return std::make_unique<Listener>(executor, *descriptor);
}

base::Result<std::unique_ptr<Listener>> Listener::unix_socket(const asio::any_io_executor& executor,
                                                              const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string text = path.string();
  if (text.size() >= sizeof address.sun_path)
    return base::fail(base::ErrorCode::invalid_argument, "socket path is too long: " + text);
  std::memcpy(address.sun_path, text.data(), text.size());
  ::unlink(text.c_str());
  const mode_t before = ::umask(0177);
  const auto descriptor =
      bound_socket(AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof address, text);
  ::umask(before);
  if (!descriptor) return tl::unexpected(descriptor.error());
  return std::make_unique<Listener>(executor, *descriptor);
}

Task<StreamPtr> Listener::accept(std::string& peer) {
  while (true) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    const int descriptor = ::accept4(socket_.native_handle(), reinterpret_cast<sockaddr*>(&address), &size,
                                     SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor >= 0) {
      peer = address_text(address);
      co_return adopt_socket(socket_.get_executor(), descriptor);
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK)
      co_await socket_.async_wait(asio::posix::stream_descriptor::wait_read, asio::use_awaitable);
    else
      co_await sleep_for(
          std::chrono::milliseconds(100));  // descriptors used up, or a client that left already
  }
}

std::uint16_t Listener::port() const {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  auto& socket =
      const_cast<asio::posix::stream_descriptor&>(socket_);  // NOLINT: Asio's accessor is not const
  if (::getsockname(socket.native_handle(), reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  if (address.ss_family == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
  if (address.ss_family == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
  return 0;
}

void Listener::close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

base::Result<Endpoint> parse_endpoint(const std::string& url) {
  const auto parsed = boost::urls::parse_uri(url);
  if (!parsed || (parsed->scheme() != "http" && parsed->scheme() != "https") ||
      parsed->host_address().empty())
    return base::fail(base::ErrorCode::invalid_argument,
                      "'" + url + "' is not a URL like http://host:8080 or https://host");
  if (parsed->has_userinfo() || parsed->has_query() || parsed->has_fragment())
    return base::fail(base::ErrorCode::invalid_argument, "a base URL has no user, query or fragment");
  Endpoint endpoint;
  endpoint.tls = parsed->scheme() == "https";
  endpoint.host = parsed->host_address();
  endpoint.port =
      parsed->has_port() ? parsed->port_number() : static_cast<std::uint16_t>(endpoint.tls ? 443 : 80);
  endpoint.base_path = parsed->encoded_path();
  while (endpoint.base_path.ends_with('/')) endpoint.base_path.pop_back();
  endpoint.authority = parsed->encoded_host();
  if (parsed->has_port()) endpoint.authority += ":" + std::string(parsed->port());
  return endpoint;
}

}  // namespace io
