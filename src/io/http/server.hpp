/// HTTP server side over any Stream: connections, their limits, requests of HTTP/1.1 one after the other;
/// HTTP/2 where the client chose it in TLS or begins with its preface.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>

#include "base/log.hpp"
#include "io/http/exchange.hpp"
#include "io/net.hpp"
#include "io/stream.hpp"
#include "io/task_group.hpp"
#include "wire/http_head.hpp"

namespace io::http {

/// Times and sizes of one listener; chosen, see the contracts' limits.
struct ServerLimits {
  wire::HeadLimits head;
  std::chrono::milliseconds head_time{std::chrono::seconds(30)};  // from the first byte, or from accept
  std::chrono::milliseconds keep_alive_time{std::chrono::seconds(75)};
  std::chrono::milliseconds idle_time{std::chrono::hours(1)};  // longest silence within a body
  std::size_t connections = 9000;
  std::size_t connections_per_peer = 4500;  // so that one address cannot shut the others out
};

/// Makes of an accepted connection the one that carries requests (TLS, say) and notes in `info` what it
/// learnt on the way; nullptr ends the connection.
using Entry = std::function<Task<StreamPtr>(StreamPtr stream, ConnectionInfo& info)>;

/// Serves connections until it is cancelled. Its TaskGroup owns one task per connection.
class Server {
 public:
  Server(asio::any_io_executor executor, Handler handler, ServerLimits limits, base::Log log);
  ~Server();

  /// Accepts from `listener` until cancelled; the listener must outlive it.
  Task<void> run(Listener& listener, Entry entry = {});
  /// Serves one connection to its end.
  Task<void> serve(StreamPtr stream, ConnectionInfo info);
  /// Ends all connections.
  Task<void> close();
  [[nodiscard]] std::size_t connections() const { return connections_.size(); }

 private:
  Task<void> serve_counted(StreamPtr stream, ConnectionInfo info, Entry entry);
  /// One request of HTTP/1.1; whether another one may follow. `accepted`: when the connection was.
  Task<bool> serve_one(BufferedStream& connection, const ConnectionInfo& info, bool first,
                       std::chrono::steady_clock::time_point accepted);

  Handler handler_;
  ServerLimits limits_;
  base::Log log_;
  TaskGroup connections_;
  std::map<std::string, std::size_t> per_peer_;
};

}  // namespace io::http
