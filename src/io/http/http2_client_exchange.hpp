/// One request and its answer over an HTTP/2 connection of its own, by prior knowledge (RFC 9113 §3.3, RFC
/// 8441).
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "io/http/client_exchange.hpp"
#include "io/stream.hpp"
#include "io/task_group.hpp"

namespace io::http {

class Http2Session;
class Http2Stream;

/// See ClientExchange. In `head` fields of the connection are dropped, Host becomes :authority, `TE:
/// trailers` stays. A request with `Upgrade: websocket` becomes an extended CONNECT once the server has
/// offered that; where it does not, send_head fails with malformed. An answer that ends with its head has
/// Content-Length 0.
class Http2ClientExchange final : public ClientExchange {
 public:
  /// `tasks` runs what reads and writes the connection, until this exchange (or the stream that release()
  /// gave) is closed or destroyed: it must outlive both, and be joined after them. Cancelling it ends the
  /// connection. `idle`: longest wait for the server, in a body or for room to send.
  Http2ClientExchange(StreamPtr connection, TaskGroup& tasks,
                      std::chrono::milliseconds idle = std::chrono::hours(1));
  ~Http2ClientExchange() override;

  Task<base::Result<void>> send_head(wire::RequestHead head, wire::Framing framing) override;
  Task<base::Result<void>> write_body(asio::const_buffer data) override;
  Task<base::Result<void>> finish_body(wire::Fields trailers) override;
  Task<base::Result<wire::ResponseHead>> read_head() override;
  Task<base::Result<std::string>> read_some() override;
  [[nodiscard]] const wire::Fields& trailers() const override;
  [[nodiscard]] bool anything_received() const override;
  [[nodiscard]] StreamPtr release() override;
  void close() override;

 private:
  std::shared_ptr<Http2Session> session_;
  std::shared_ptr<Http2Stream> stream_;  // from send_head() on
  std::chrono::milliseconds idle_;
  std::string websocket_key_;  // what the request would have proved itself with in HTTP/1.1
  bool websocket_ = false;
  bool answers_head_ = false;  // the request was a HEAD: its answer's length is of a body that does not come
};

}  // namespace io::http
