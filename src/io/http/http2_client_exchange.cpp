#include "io/http/http2_client_exchange.hpp"

#include <algorithm>
#include <utility>

#include "io/http/http2_session.hpp"
#include "io/timeout.hpp"
#include "wire/websocket_frame.hpp"

namespace io::http {
namespace {

/// How long a connection may take to send what is left once its stream is given up. Chosen.
constexpr std::chrono::seconds kFarewell{2};

/// How long a server's SETTINGS may take: they are the first that it says, whatever it is asked (RFC 9113
/// §3.4). Chosen.
constexpr std::chrono::milliseconds kSettings{10'000};

Task<void> read(std::shared_ptr<Http2Session> session) { co_await session->read_loop(); }

Task<void> write(std::shared_ptr<Http2Session> session) { co_await session->write_loop(); }

tl::unexpected<base::Error> no_request() {
  return base::fail(base::ErrorCode::peer_closed, "no request was sent");
}

Task<base::Result<bool>> takes_websockets(std::shared_ptr<Http2Session> session) {
  co_return co_await session->takes_extended_connect();
}

/// Goes with the stream of a WebSocket: its connection carries nothing else.
struct EndsConnection {
  explicit EndsConnection(std::shared_ptr<Http2Session> of) : session(std::move(of)) {}
  ~EndsConnection() { session->close_when_sent(kFarewell); }
  EndsConnection(const EndsConnection&) = delete;
  EndsConnection& operator=(const EndsConnection&) = delete;

  std::shared_ptr<Http2Session> session;
};

}  // namespace

Http2ClientExchange::Http2ClientExchange(StreamPtr connection, TaskGroup& tasks,
                                         std::chrono::milliseconds idle)
    : session_(std::make_shared<Http2Session>(BufferedStream(std::move(connection)), Http2Limits())),
      idle_(idle) {
  tasks.spawn("http2.read", read(session_));
  tasks.spawn("http2.write", write(session_));
}

Http2ClientExchange::~Http2ClientExchange() {
  if (session_) session_->close();
}

Task<base::Result<void>> Http2ClientExchange::send_head(wire::RequestHead head, wire::Framing framing) {
  answers_head_ = head.method == "HEAD";
  websocket_ =
      head.fields.has_token("Upgrade", "websocket") && head.fields.has_token("Connection", "upgrade");
  if (websocket_) {
    websocket_key_ = head.fields.find("Sec-WebSocket-Key").value_or("");
    auto asking = takes_websockets(session_);
    const auto taken = co_await within(std::min(idle_, kSettings), std::move(asking));
    if (!taken)
      co_return base::fail(base::ErrorCode::malformed,
                           "the server does not speak HTTP/2: its SETTINGS did not come");
    if (!*taken)
      co_return base::fail(base::ErrorCode::malformed,
                           "the server's HTTP/2 takes no WebSockets: it has not set "
                           "SETTINGS_ENABLE_CONNECT_PROTOCOL (RFC 8441)");
  }
  const bool ends = !websocket_ && framing.kind == wire::Framing::Kind::none;
  stream_ = session_->open(from_request(head, websocket_), ends);
  co_return co_await stream_->head_sent(idle_);
}

Task<base::Result<void>> Http2ClientExchange::write_body(asio::const_buffer data) {
  if (!stream_) co_return no_request();
  co_return co_await stream_->write(data, idle_);
}

Task<base::Result<void>> Http2ClientExchange::finish_body(wire::Fields trailers) {
  if (!stream_) co_return no_request();
  if (websocket_) co_return base::Result<void>();
  co_return co_await stream_->finish(std::move(trailers), idle_);
}

Task<base::Result<wire::ResponseHead>> Http2ClientExchange::read_head() {
  if (!stream_) co_return no_request();
  auto head = co_await stream_->read_head(idle_);
  if (!head) co_return tl::unexpected(head.error());
  auto answer = to_response(std::move(*head));
  if (!answer) {
    stream_->reset(Http2Error::cancel);
    co_return base::fail(base::ErrorCode::malformed, answer.error().message());
  }
  if (answer->status == 101)
    co_return base::fail(base::ErrorCode::malformed, "an answer over HTTP/2 has status 101");
  // Said here, so that it may end with its head on the other side too: gRPC's errors are such answers.
  const bool is_final = answer->status >= 200 && answer->status != 204 && answer->status != 304;
  const bool is_empty = stream_->read_all() && stream_->trailers().all().empty();
  if (is_final && is_empty && !websocket_ && !answers_head_ && !answer->fields.find("Content-Length"))
    answer->fields.add("Content-Length", "0");
  if (websocket_ && answer->status == 200) {
    answer->status = 101;
    answer->reason = wire::reason_of(101);
    answer->fields.set("Upgrade", "websocket");
    answer->fields.set("Connection", "Upgrade");
    answer->fields.set("Sec-WebSocket-Accept", wire::websocket_accept(websocket_key_));
  }
  co_return std::move(*answer);
}

Task<base::Result<std::string>> Http2ClientExchange::read_some() {
  if (!stream_) co_return no_request();
  co_return co_await stream_->read_some(idle_);
}

const wire::Fields& Http2ClientExchange::trailers() const {
  static const wire::Fields kNone;
  return stream_ ? stream_->trailers() : kNone;
}

bool Http2ClientExchange::anything_received() const { return stream_ && stream_->anything_received(); }

StreamPtr Http2ClientExchange::release() {
  auto executor = session_->executor();
  auto keep = std::make_shared<EndsConnection>(std::exchange(session_, nullptr));
  return make_http2_byte_stream(stream_, std::move(executor), kNoIdleLimit, std::move(keep));
}

void Http2ClientExchange::close() {
  if (session_) session_->close();
}

}  // namespace io::http
