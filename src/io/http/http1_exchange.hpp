/// One request and its answer over HTTP/1.1 (RFC 9112).
#pragma once

#include <chrono>
#include <string>

#include "io/http/exchange.hpp"
#include "io/stream.hpp"

namespace io::http {

class Http1Exchange final : public Exchange {
 public:
  /// `connection`, `info` and `limits` must outlive it. `idle`: longest silence within a body.
  Http1Exchange(BufferedStream& connection, wire::RequestHead head, wire::Framing framing,
                const ConnectionInfo& info, const wire::HeadLimits& limits, std::chrono::milliseconds idle);

  Task<base::Result<std::string>> read_body_some() override;
  [[nodiscard]] bool body_done() const override { return decoder_.done(); }
  [[nodiscard]] const wire::Fields& trailers() const override { return decoder_.trailers(); }

  using Exchange::finish;
  Task<void> start_response(wire::ResponseHead head) override;
  Task<void> write_body(asio::const_buffer data) override;
  Task<void> finish(wire::Fields trailers) override;
  void leave_expect() override { expects_continue_ = false; }
  Task<void> write_interim(wire::ResponseHead head) override;
  Task<bool> client_gone() override;
  void close_after() override { keep_alive_ = false; }
  void abandon() override;
  Task<StreamPtr> switch_protocols(wire::ResponseHead head) override;
  [[nodiscard]] StreamPtr take_stream() override;

  [[nodiscard]] bool keep_alive() const { return keep_alive_; }

 private:
  BufferedStream& connection_;
  wire::BodyDecoder decoder_;
  std::chrono::milliseconds idle_;
  bool chunked_ = false;
  bool no_body_ = false;
  bool keep_alive_;
  bool expects_continue_;
};

}  // namespace io::http
