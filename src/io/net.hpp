/// TCP and unix sockets as streams; listeners; connectors.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "base/error.hpp"
#include "io/stream.hpp"

namespace io {

using Socket = asio::generic::stream_protocol::socket;

/// Wraps a connected socket; TCP_NODELAY and keep-alive probes are set where it is TCP.
[[nodiscard]] StreamPtr make_socket_stream(Socket socket);

/// Takes over a connected stream socket's descriptor.
[[nodiscard]] StreamPtr adopt_socket(const asio::any_io_executor& executor, int descriptor);

/// Resolves and connects, each address in turn. Fails with unavailable or timed_out.
Task<base::Result<StreamPtr>> connect_tcp(std::string host, std::uint16_t port,
                                          std::chrono::milliseconds limit);
Task<base::Result<StreamPtr>> connect_unix(std::filesystem::path path, std::chrono::milliseconds limit);
/// Waits until the non-blocking socket `descriptor`, on which connect(2) was called, is connected; takes it
/// over.
Task<base::Result<StreamPtr>> finish_connect(int descriptor, std::chrono::milliseconds limit);

/// Connects to a TCP address, over TLS where `tls` is set (certificate verified, see io/tls.hpp).
class TcpConnector : public Connector {
 public:
  TcpConnector(std::string host, std::uint16_t port, bool tls, bool insecure_skip_verify = false);
  Task<base::Result<StreamPtr>> connect() override;

 private:
  std::string host_;
  std::uint16_t port_;
  bool tls_;
  bool insecure_;
};

class UnixConnector : public Connector {
 public:
  explicit UnixConnector(std::filesystem::path path) : path_(std::move(path)) {}
  Task<base::Result<StreamPtr>> connect() override;

 private:
  std::filesystem::path path_;
};

/// Accepts connections on one address.
class Listener {
 public:
  /// `address` as text ("0.0.0.0", "::", "127.0.0.1"); port 0 picks one. Fails with conflict when it is
  /// taken.
  static base::Result<std::unique_ptr<Listener>> tcp(const asio::any_io_executor& executor,
                                                     const std::string& address, std::uint16_t port);
  /// Replaces a socket file that a dead process left. Mode 0600.
  static base::Result<std::unique_ptr<Listener>> unix_socket(const asio::any_io_executor& executor,
                                                             const std::filesystem::path& path);

  /// One connection. Waits out passing failures (descriptors used up) instead of failing. `peer` gets its
  /// address.
  Task<StreamPtr> accept(std::string& peer);
  [[nodiscard]] std::uint16_t port() const;
  void close();

  Listener(const asio::any_io_executor& executor, int descriptor);

 private:
  asio::posix::stream_descriptor socket_;
};

/// An http or https base URL taken apart.
struct Endpoint {
  bool tls = false;
  std::string host;  // without brackets
  std::uint16_t port = 0;
  std::string base_path;  // "" or "/prefix", no slash at the end
  std::string authority;  // for the Host field
};

/// Fails with invalid_argument naming what is wrong.
[[nodiscard]] base::Result<Endpoint> parse_endpoint(const std::string& url);

}  // namespace io
