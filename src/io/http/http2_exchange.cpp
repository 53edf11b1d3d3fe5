#include "io/http/http2_exchange.hpp"

#include <utility>

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

namespace io::http {
namespace {

void require(const base::Result<void>& sent) {
  if (sent) return;
  if (sent.error().code() == base::ErrorCode::timed_out)
    throw boost::system::system_error(asio::error::timed_out);
  throw boost::system::system_error(asio::error::connection_reset);
}

}  // namespace

Http2Exchange::Http2Exchange(Http2StreamPtr stream, Http2Request request, const ConnectionInfo& info,
                             asio::any_io_executor executor, std::chrono::milliseconds idle)
    : Exchange(std::move(request.head), request.framing, info),
      stream_(std::move(stream)),
      executor_(std::move(executor)),
      idle_(idle),
      websocket_(request.websocket),
      expects_continue_(framing_.kind != wire::Framing::Kind::none &&
                        wire::same_name(head_.fields.find("Expect").value_or(""), "100-continue")) {}

Task<base::Result<std::string>> Http2Exchange::read_body_some() {
  // What follows a WebSocket's request belongs to the WebSocket.
  if (websocket_) co_return std::string();
  if (expects_continue_ && !answered_) {
    expects_continue_ = false;
    wire::ResponseHead head;
    head.status = 100;
    co_await write_interim(std::move(head));
  }
  co_return co_await stream_->read_some(idle_);
}

bool Http2Exchange::body_done() const { return websocket_ || stream_->read_all(); }

Task<void> Http2Exchange::start_response(wire::ResponseHead head) {
  answered_ = true;
  status_ = head.status;
  // An empty body ends with the head: to gRPC clients the status of an error is in a head that does so.
  no_body_ = head_.method == "HEAD" || head.status == 204 || head.status == 304 ||
             head.fields.find("Content-Length") == "0";
  auto fields = from_response(head, false);
  const auto sent = co_await stream_->send_head(std::move(fields), true, no_body_, idle_);
  require(sent);
}

Task<void> Http2Exchange::write_body(asio::const_buffer data) {
  if (no_body_ || data.size() == 0) co_return;
  const auto sent = co_await stream_->write(data, idle_);
  require(sent);
}

Task<void> Http2Exchange::finish(wire::Fields trailers) {
  if (!no_body_) {
    const auto sent = co_await stream_->finish(std::move(trailers), idle_);
    require(sent);
  }
  finished_ = true;
}

Task<void> Http2Exchange::write_interim(wire::ResponseHead head) {
  if (head.status == 100) expects_continue_ = false;
  auto fields = from_response(head, false);
  const auto sent = co_await stream_->send_head(std::move(fields), false, false, idle_);
  require(sent);
}

Task<bool> Http2Exchange::client_gone() {
  static_cast<void>(co_await stream_->wait_closed());
  co_return true;
}

void Http2Exchange::abandon() {
  taken_ = answered_ = finished_ = true;
  stream_->reset(Http2Error::internal_error);
}

Task<StreamPtr> Http2Exchange::switch_protocols(wire::ResponseHead head) {
  // Only an extended CONNECT has a stream to give; nothing else came with `Upgrade` (RFC 9113 §8.2.2).
  if (!websocket_) throw boost::system::system_error(asio::error::operation_not_supported);
  status_ = head.status;
  answered_ = true;
  auto fields = from_response(head, true);
  const auto sent = co_await stream_->send_head(std::move(fields), true, false, idle_);
  require(sent);
  taken_ = finished_ = true;
  co_return make_http2_byte_stream(stream_, executor_, kNoIdleLimit);
}

void Http2Exchange::settle() {
  if (taken_) return;
  if (!finished_) stream_->reset(Http2Error::internal_error);
  // RFC 9113 §8.1: the answer is whole, and nobody reads the rest of the request.
  else
    stream_->leave();
}

}  // namespace io::http
