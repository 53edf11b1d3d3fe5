/// One request and its answer over a stream of an HTTP/2 connection (RFC 9113 §8).
#pragma once

#include <chrono>
#include <string>

#include "io/http/exchange.hpp"
#include "io/http/http2_stream.hpp"

namespace io::http {

class Http2Exchange final : public Exchange {
 public:
  /// `info` must outlive it. `idle`: longest silence within a body, and longest wait for room to send.
  Http2Exchange(Http2StreamPtr stream, Http2Request request, const ConnectionInfo& info,
                asio::any_io_executor executor, std::chrono::milliseconds idle);

  Task<base::Result<std::string>> read_body_some() override;
  [[nodiscard]] bool body_done() const override;
  [[nodiscard]] const wire::Fields& trailers() const override { return stream_->trailers(); }

  using Exchange::finish;
  Task<void> start_response(wire::ResponseHead head) override;
  Task<void> write_body(asio::const_buffer data) override;
  Task<void> finish(wire::Fields trailers) override;
  void leave_expect() override { expects_continue_ = false; }
  Task<void> write_interim(wire::ResponseHead head) override;
  Task<bool> client_gone() override;
  void close_after() override {}
  void abandon() override;
  Task<StreamPtr> switch_protocols(wire::ResponseHead head) override;
  [[nodiscard]] StreamPtr take_stream() override { return nullptr; }

  /// After the handler: resets what was cut short, and an upload that nobody reads.
  void settle();

 private:
  Http2StreamPtr stream_;
  asio::any_io_executor executor_;
  std::chrono::milliseconds idle_;
  bool websocket_;
  bool expects_continue_;
  bool no_body_ = false;
};

}  // namespace io::http
