#include "io/http/http1_exchange.hpp"

#include <utility>

#include "io/timeout.hpp"

namespace io::http {
namespace {

Task<base::Result<std::size_t>> fill(BufferedStream& connection) { co_return co_await connection.fill(); }

bool wants_keep_alive(const wire::RequestHead& head) {
  if (head.fields.has_token("Connection", "close")) return false;
  return head.minor_version == 1 || head.fields.has_token("Connection", "keep-alive");
}

bool awaits_continue(const wire::RequestHead& head, const wire::Framing& framing) {
  return head.minor_version == 1 && framing.kind != wire::Framing::Kind::none &&
         wire::same_name(head.fields.find("Expect").value_or(""), "100-continue");
}

}  // namespace

Http1Exchange::Http1Exchange(BufferedStream& connection, wire::RequestHead head, wire::Framing framing,
                             const ConnectionInfo& info, const wire::HeadLimits& limits,
                             std::chrono::milliseconds idle)
    : Exchange(std::move(head), framing, info),
      connection_(connection),
      decoder_(framing, limits),
      idle_(idle),
      keep_alive_(wants_keep_alive(head_)),
      expects_continue_(awaits_continue(head_, framing)) {}

Task<base::Result<std::string>> Http1Exchange::read_body_some() {
  if (expects_continue_ && !answered_) {
    expects_continue_ = false;
    const std::string text = "HTTP/1.1 100 Continue\r\n\r\n";
    co_await write_all(connection_.stream(), asio::buffer(text));
  }
  while (!decoder_.done()) {
    const auto step = decoder_.decode(connection_.buffered());
    if (!step) {
      keep_alive_ = false;
      co_return base::fail(base::ErrorCode::malformed, step.error().message());
    }
    std::string payload(step->payload);
    connection_.consume(step->consumed);
    if (!payload.empty()) co_return payload;
    if (step->consumed > 0) continue;
    auto filling = fill(connection_);
    const auto size = co_await within(idle_, std::move(filling));
    if (!size) co_return tl::unexpected(size.error());
    if (*size == 0)
      co_return base::fail(base::ErrorCode::peer_closed, "the client ended within the request body");
  }
  co_return std::string();
}

Task<void> Http1Exchange::start_response(wire::ResponseHead head) {
  answered_ = true;
  status_ = head.status;
  if (head.reason.empty()) head.reason = wire::reason_of(head.status);
  no_body_ = head_.method == "HEAD" || head.status == 204 || head.status == 304;
  const bool has_length = head.fields.count("Content-Length") > 0;
  chunked_ = !no_body_ && !has_length && head_.minor_version == 1;
  if (chunked_) head.fields.set("Transfer-Encoding", "chunked");
  // Without length or chunks only the end of the connection ends the body.
  if (!no_body_ && !has_length && !chunked_) keep_alive_ = false;
  // A body that nobody read would be taken for the next request.
  if (!decoder_.done()) keep_alive_ = false;
  if (!keep_alive_) head.fields.set("Connection", "close");
  if (keep_alive_ && head_.minor_version == 0) head.fields.set("Connection", "keep-alive");
  std::string text;
  wire::encode(head, text);
  co_await write_all(connection_.stream(), asio::buffer(text));
}

Task<void> Http1Exchange::write_body(asio::const_buffer data) {
  if (no_body_ || data.size() == 0) co_return;
  if (!chunked_) {
    co_await write_all(connection_.stream(), data);
    co_return;
  }
  std::string framed;
  framed.reserve(data.size() + 24);
  wire::encode_chunk_start(data.size(), framed);
  framed.append(static_cast<const char*>(data.data()), data.size());
  framed += "\r\n";
  co_await write_all(connection_.stream(), asio::buffer(framed));
}

Task<void> Http1Exchange::finish(wire::Fields trailers) {
  if (chunked_) {
    std::string text;
    wire::encode_last_chunk(trailers, text);
    co_await write_all(connection_.stream(), asio::buffer(text));
  }
  finished_ = true;
}

Task<void> Http1Exchange::write_interim(wire::ResponseHead head) {
  if (head_.minor_version == 0) co_return;
  if (head.status == 100) expects_continue_ = false;
  std::string text;
  wire::encode(head, text);
  co_await write_all(connection_.stream(), asio::buffer(text));
}

Task<bool> Http1Exchange::client_gone() {
  if (!connection_.buffered().empty()) co_return false;
  const std::size_t size = co_await connection_.fill();
  co_return size == 0;
}

void Http1Exchange::abandon() {
  // An answer that only the connection's end ends would look complete.
  if (answered_ && !taken_) connection_.stream().reset();
  taken_ = answered_ = finished_ = true;
}

Task<StreamPtr> Http1Exchange::switch_protocols(wire::ResponseHead head) {
  if (head.reason.empty()) head.reason = wire::reason_of(head.status);
  std::string text;
  wire::encode(head, text);
  status_ = head.status;
  auto stream = take_stream();
  co_await write_all(*stream, asio::buffer(text));
  co_return stream;
}

StreamPtr Http1Exchange::take_stream() {
  taken_ = true;
  answered_ = true;
  finished_ = true;
  return connection_.release();
}

}  // namespace io::http
