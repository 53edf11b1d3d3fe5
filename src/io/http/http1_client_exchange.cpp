#include "io/http/http1_client_exchange.hpp"

#include <algorithm>
#include <utility>

#include <boost/system/system_error.hpp>

namespace io::http {
namespace {

using base::ErrorCode;
using Kind = wire::Framing::Kind;

base::Result<void> done() { return {}; }

}  // namespace

Http1ClientExchange::Http1ClientExchange(StreamPtr connection, wire::HeadLimits limits)
    : connection_(std::move(connection)), limits_(limits) {}

Task<base::Result<void>> Http1ClientExchange::send(std::string text) {
  if (released_) co_return base::fail(ErrorCode::peer_closed, "the connection was given away");
  try {
    co_await write_all(connection_.stream(), asio::buffer(text));
  } catch (const boost::system::system_error& error) {
    if (error.code() == asio::error::operation_aborted) throw;
    co_return base::fail(ErrorCode::peer_closed, "the connection broke: " + error.code().message());
  }
  co_return done();
}

Task<base::Result<std::size_t>> Http1ClientExchange::fill() {
  try {
    const std::size_t size = co_await connection_.fill();
    if (size > 0) received_ = true;
    co_return size;
  } catch (const boost::system::system_error& error) {
    if (error.code() == asio::error::operation_aborted) throw;
    co_return base::fail(ErrorCode::peer_closed, "the connection broke: " + error.code().message());
  }
}

Task<base::Result<void>> Http1ClientExchange::send_head(wire::RequestHead head, wire::Framing framing) {
  method_ = head.method;
  request_kind_ = framing.kind;
  if (framing.kind == Kind::length) body_left_ = framing.length;
  if (framing.kind == Kind::length && head.fields.count("Content-Length") == 0)
    head.fields.add("Content-Length", std::to_string(framing.length));
  if (framing.kind == Kind::chunked && head.fields.count("Transfer-Encoding") == 0)
    head.fields.add("Transfer-Encoding", "chunked");
  if (head.fields.has_token("Connection", "close")) keep_alive_ = false;
  std::string text;
  wire::encode(head, text);
  auto sending = send(std::move(text));
  co_return co_await std::move(sending);
}

Task<base::Result<void>> Http1ClientExchange::write_body(asio::const_buffer data) {
  if (data.size() == 0) co_return done();
  std::string framed;
  framed.reserve(data.size() + 24);
  if (request_kind_ == Kind::chunked) wire::encode_chunk_start(data.size(), framed);
  framed.append(static_cast<const char*>(data.data()), data.size());
  if (request_kind_ == Kind::chunked) framed += "\r\n";
  body_left_ -= std::min<std::uint64_t>(body_left_, data.size());
  auto sending = send(std::move(framed));
  co_return co_await std::move(sending);
}

Task<base::Result<void>> Http1ClientExchange::finish_body(wire::Fields trailers) {
  std::string last;
  if (request_kind_ == Kind::chunked) wire::encode_last_chunk(trailers, last);
  auto sending = send(std::move(last));
  auto sent = co_await std::move(sending);
  request_sent_ = sent.has_value() && body_left_ == 0;
  co_return sent;
}

Task<base::Result<wire::ResponseHead>> Http1ClientExchange::read_head() {
  while (true) {
    auto decoded = wire::decode_response_head(connection_.buffered(), limits_);
    if (!decoded) co_return base::fail(ErrorCode::malformed, decoded.error().message());
    if (*decoded) {
      connection_.consume((*decoded)->consumed);
      auto& head = (*decoded)->head;
      if (head.status < 200) co_return std::move(head);
      const auto framing = wire::response_framing(head, method_);
      if (!framing) co_return base::fail(ErrorCode::malformed, framing.error().message());
      answer_.emplace(*framing, limits_);
      if (head.fields.has_token("Connection", "close") || framing->kind == Kind::until_close)
        keep_alive_ = false;
      if (head.minor_version == 0) keep_alive_ = false;
      co_return std::move(head);
    }
    auto filling = fill();
    const auto size = co_await std::move(filling);
    if (!size) co_return tl::unexpected(size.error());
    if (*size == 0)
      co_return base::fail(ErrorCode::peer_closed, "the connection ended before an answer came");
  }
}

Task<base::Result<std::string>> Http1ClientExchange::read_some() {
  while (answer_ && !answer_->done()) {
    const auto step = answer_->decode(connection_.buffered());
    if (!step) co_return base::fail(ErrorCode::malformed, step.error().message());
    std::string payload(step->payload);
    connection_.consume(step->consumed);
    if (!payload.empty()) co_return payload;
    if (step->consumed > 0) continue;
    auto filling = fill();
    const auto size = co_await std::move(filling);
    if (!size) co_return tl::unexpected(size.error());
    if (*size > 0) continue;
    if (answer_->kind() == Kind::until_close) break;
    co_return base::fail(ErrorCode::peer_closed, "the answer was cut short");
  }
  co_return std::string();
}

const wire::Fields& Http1ClientExchange::trailers() const {
  return answer_ ? answer_->trailers() : no_trailers_;
}

StreamPtr Http1ClientExchange::release() {
  released_ = true;
  return connection_.release();
}

void Http1ClientExchange::close() {
  if (!released_) connection_.stream().close();
}

bool Http1ClientExchange::clean() const {
  return !released_ && keep_alive_ && request_sent_ && answer_ && answer_->done() &&
         connection_.buffered().empty();
}

}  // namespace io::http
