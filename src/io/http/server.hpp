/// HTTP/1.1 server side over any Stream.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/log.hpp"
#include "io/http/message.hpp"
#include "io/net.hpp"
#include "io/stream.hpp"
#include "io/task_group.hpp"
#include "wire/http_body.hpp"
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

/// One request and its answer. The handler must read what it needs, then answer exactly once: respond(), or
/// start_response() … finish(), or take_stream(). A handler that returns without an answer gives 500.
/// Transport failures are thrown as system_error and end the connection.
class Exchange {
 public:
  Exchange(BufferedStream& connection, wire::RequestHead head, wire::Framing framing, std::string peer,
           const ServerLimits& limits);

  [[nodiscard]] const wire::RequestHead& request() const { return head_; }
  /// Address of the client as text without port; "unix" for a unix socket.
  [[nodiscard]] const std::string& peer() const { return peer_; }
  [[nodiscard]] const wire::Framing& framing() const { return framing_; }

  /// The next piece of the request body, empty at its end. Sends "100 Continue" first where one is awaited
  /// and nothing was answered yet. Fails with malformed, peer_closed or timed_out.
  Task<base::Result<std::string>> read_body_some();
  /// The whole body. Fails with too_large above `most` bytes.
  Task<base::Result<std::string>> read_body(std::size_t most);
  [[nodiscard]] bool body_done() const { return decoder_.done(); }
  [[nodiscard]] const wire::Fields& trailers() const { return decoder_.trailers(); }

  Task<void> respond(Response response);
  /// Starts an answer whose body follows; chunked unless `head` has a Content-Length, or must have no body.
  Task<void> start_response(wire::ResponseHead head);
  Task<void> write_body(asio::const_buffer data);
  Task<void> finish();
  Task<void> finish(wire::Fields trailers);
  /// Leaves it to somebody else to answer `Expect: 100-continue`: for a proxy.
  void leave_expect() { expects_continue_ = false; }
  /// Sends an interim answer (1xx) as it is.
  Task<void> write_interim(wire::ResponseHead head);

  /// Completes when the client ends its side while an answer is due (true), or sends a further byte (false).
  /// Only after the whole request body was read.
  Task<bool> client_gone();
  /// The connection must not be used for another request.
  void close_after() { keep_alive_ = false; }
  /// Ends the connection at once without (further) answer: the client left, or its answer was cut short.
  void abandon() { taken_ = answered_ = finished_ = true; }
  /// Takes the connection for another protocol (after a 101 that the taker writes); the server forgets it.
  [[nodiscard]] StreamPtr take_stream();

  [[nodiscard]] bool answered() const { return answered_; }
  [[nodiscard]] bool finished() const { return finished_; }
  [[nodiscard]] bool keep_alive() const { return keep_alive_; }
  [[nodiscard]] bool taken() const { return taken_; }
  /// Status of the final answer, 0 before it.
  [[nodiscard]] int status() const { return status_; }

 private:
  BufferedStream& connection_;
  wire::RequestHead head_;
  wire::Framing framing_;
  wire::BodyDecoder decoder_;
  std::string peer_;
  const ServerLimits& limits_;
  bool chunked_ = false;
  bool no_body_ = false;
  bool answered_ = false;
  bool finished_ = false;
  bool keep_alive_;
  bool taken_ = false;
  bool expects_continue_;
  int status_ = 0;
};

using Handler = std::function<Task<void>(Exchange&)>;

/// Serves connections until it is cancelled. Its TaskGroup owns one task per connection.
class Server {
 public:
  Server(asio::any_io_executor executor, Handler handler, ServerLimits limits, base::Log log);
  ~Server();

  /// Accepts from `listener` until cancelled; the listener must outlive it.
  Task<void> run(Listener& listener);
  /// Serves one connection to its end.
  Task<void> serve(StreamPtr stream, std::string peer);
  /// Ends all connections.
  Task<void> close();
  [[nodiscard]] std::size_t connections() const { return connections_.size(); }

 private:
  Task<void> serve_counted(StreamPtr stream, std::string peer);
  Task<bool> serve_one(BufferedStream& connection, const std::string& peer, bool first);

  Handler handler_;
  ServerLimits limits_;
  base::Log log_;
  TaskGroup connections_;
  std::map<std::string, std::size_t> per_peer_;
};

}  // namespace io::http
