/// One request and its answer, whichever version of HTTP carries it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/error.hpp"
#include "io/http/message.hpp"
#include "io/stream.hpp"
#include "wire/http_body.hpp"
#include "wire/http_head.hpp"

namespace io::http {

/// What is known of the connection that carries a request.
struct ConnectionInfo {
  std::string peer;              // the client's address as text without port; "unix" for a unix socket
  std::string scheme = "http";   // "https" where the client spoke TLS to us
  std::uint16_t local_port = 0;  // of the listener; 0 where there is none
  std::string alpn;              // what TLS negotiated: "h2", "http/1.1" or ""
};

/// The handler must read what it needs, then answer exactly once: respond(), or start_response() … finish(),
/// or switch_protocols(), or take_stream(). A handler that returns without an answer gives 500.
/// Transport failures are thrown as system_error and end the connection (HTTP/2: the stream).
class Exchange {
 public:
  Exchange(wire::RequestHead head, wire::Framing framing, const ConnectionInfo& connection)
      : head_(std::move(head)), framing_(framing), info_(connection) {}
  virtual ~Exchange() = default;
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  [[nodiscard]] const wire::RequestHead& request() const { return head_; }
  [[nodiscard]] const ConnectionInfo& connection() const { return info_; }
  [[nodiscard]] const std::string& peer() const { return info_.peer; }
  [[nodiscard]] const wire::Framing& framing() const { return framing_; }

  /// The next piece of the request body, empty at its end. Sends "100 Continue" first where one is awaited
  /// and nothing was answered yet. Fails with malformed, peer_closed or timed_out.
  virtual Task<base::Result<std::string>> read_body_some() = 0;
  /// The whole body. Fails with too_large above `most` bytes.
  Task<base::Result<std::string>> read_body(std::size_t most);
  [[nodiscard]] virtual bool body_done() const = 0;
  [[nodiscard]] virtual const wire::Fields& trailers() const = 0;

  Task<void> respond(Response response);
  /// Starts an answer whose body follows; chunked in HTTP/1.1 unless `head` has a Content-Length, or must
  /// have no body.
  virtual Task<void> start_response(wire::ResponseHead head) = 0;
  virtual Task<void> write_body(asio::const_buffer data) = 0;
  Task<void> finish();
  virtual Task<void> finish(wire::Fields trailers) = 0;
  /// Leaves it to somebody else to answer `Expect: 100-continue`: for a proxy.
  virtual void leave_expect() = 0;
  /// Sends an interim answer (1xx, not 101) as it is.
  virtual Task<void> write_interim(wire::ResponseHead head) = 0;

  /// Completes when the client ends its side while an answer is due (true), or sends a further byte (false).
  /// Only after the whole request body was read. HTTP/2: completes when the client resets the stream.
  virtual Task<bool> client_gone() = 0;
  /// The connection must not be used for another request. Nothing in HTTP/2.
  virtual void close_after() = 0;
  /// Ends the connection (HTTP/2: resets the stream) without (further) answer: the client left, or its answer
  /// was cut short.
  virtual void abandon() = 0;
  /// Answers a request for another protocol: `head` is the 101 (HTTP/2: sent as 200, RFC 8441 §4). What
  /// follows is the stream's.
  virtual Task<StreamPtr> switch_protocols(wire::ResponseHead head) = 0;
  /// Takes the connection itself; the taker writes the answer's bytes. nullptr in HTTP/2: one stream is not
  /// the connection.
  [[nodiscard]] virtual StreamPtr take_stream() = 0;

  [[nodiscard]] bool answered() const { return answered_; }
  [[nodiscard]] bool finished() const { return finished_; }
  [[nodiscard]] bool taken() const { return taken_; }
  /// Status of the final answer, 0 before it.
  [[nodiscard]] int status() const { return status_; }

 protected:
  wire::RequestHead head_;
  wire::Framing framing_;
  const ConnectionInfo& info_;
  bool answered_ = false;
  bool finished_ = false;
  bool taken_ = false;
  int status_ = 0;
};

using Handler = std::function<Task<void>(Exchange&)>;

}  // namespace io::http
