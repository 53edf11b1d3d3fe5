/// HTTP/2 server side over any Stream: one connection, a task for each request.
#pragma once

#include <memory>

#include "base/log.hpp"
#include "io/http/exchange.hpp"
#include "io/http/http2_session.hpp"
#include "io/http/server.hpp"
#include "io/task_group.hpp"

namespace io::http {

/// What a client that has not asked sends first (RFC 9113 §3.4).
inline constexpr std::string_view kHttp2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

class Http2Connection final : private Http2Owner {
 public:
  /// `info`, `handler` and `limits` must outlive it. `connection` may hold bytes that were read already.
  Http2Connection(BufferedStream connection, const ConnectionInfo& info, const Handler& handler,
                  const ServerLimits& limits, base::Log log);
  ~Http2Connection() override;

  /// Serves until the client left or was idle for too long. Cancelled: says GOAWAY, ends what runs, closes.
  Task<void> run();

 private:
  [[nodiscard]] bool has_room() const override;
  void on_request(Http2StreamPtr stream) override;
  Task<void> serve(Http2StreamPtr stream);
  Task<void> answer(Http2StreamPtr stream);

  const ConnectionInfo& info_;
  const Handler& handler_;
  const ServerLimits& limits_;
  base::Log log_;
  std::shared_ptr<Http2Session> session_;
  std::size_t running_ = 0;
  Signal quiet_;
  TaskGroup writer_;
  TaskGroup requests_;
};

}  // namespace io::http
