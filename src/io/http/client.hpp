/// HTTP/1.1 client side over any Connector: TCP, TLS, a unix socket, a tunnel.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/error.hpp"
#include "io/http/message.hpp"
#include "io/stream.hpp"
#include "wire/http_body.hpp"
#include "wire/http_head.hpp"

namespace io::http {

/// Bounds of one call. Chosen.
struct ClientLimits {
  std::chrono::milliseconds connect_and_head{std::chrono::seconds(30)};  // until the answer's head is there
  std::chrono::milliseconds idle{std::chrono::hours(1)};                 // longest silence within the body
  std::size_t body_bytes = 16 * 1024 * 1024;                             // fetch() only
};

/// An answer whose body is read piece by piece. The connection ends with it.
class ResponseStream {
 public:
  ResponseStream(std::unique_ptr<BufferedStream> connection, wire::ResponseHead head, wire::Framing framing,
                 std::chrono::milliseconds idle);

  [[nodiscard]] const wire::ResponseHead& head() const { return head_; }
  /// The next piece, empty at the end. Fails with peer_closed when the body was cut short, timed_out,
  /// malformed.
  Task<base::Result<std::string>> read_some();
  /// All that is left. Fails with too_large.
  Task<base::Result<std::string>> read_all(std::size_t most);
  /// After 101: the connection with whatever followed the head.
  [[nodiscard]] StreamPtr release();

 private:
  std::unique_ptr<BufferedStream> connection_;
  wire::ResponseHead head_;
  wire::BodyDecoder decoder_;
  std::chrono::milliseconds idle_;
};

/// Sends `request` on a connection of its own and returns once the final answer's head is there (1xx but 101
/// are skipped). `host` goes into the Host field. Fails with unavailable, timed_out, peer_closed, malformed.
Task<base::Result<std::unique_ptr<ResponseStream>>> open(Connector& connector, std::string host,
                                                         Request request, ClientLimits limits = {});

/// The same with the whole body. Any status is a success: look at it.
Task<base::Result<Response>> fetch(Connector& connector, std::string host, Request request,
                                   ClientLimits limits = {});

}  // namespace io::http
