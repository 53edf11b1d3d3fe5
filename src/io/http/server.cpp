#include "io/http/server.hpp"

#include <exception>
#include <utility>

#include <boost/system/system_error.hpp>

#include "io/timeout.hpp"

namespace io::http {
namespace {

/// How long a closing connection is drained, so that the client reads the answer before it sees a reset.
/// Chosen.
constexpr std::chrono::seconds kLinger{2};

Response problem_response(const wire::HttpProblem& problem) {
  std::string body = R"({"type":"about:blank","title":")";
  body += wire::reason_of(problem.status());
  body +=
      R"(","status":)" + std::to_string(problem.status()) + R"(,"detail":")" + problem.message() + "\"}\n";
  return make_response(problem.status(), "application/problem+json", std::move(body));
}

Task<base::Result<std::size_t>> fill(BufferedStream& connection) { co_return co_await connection.fill(); }

/// The next head; nullopt when the client ended before sending one.
Task<wire::HttpResult<std::optional<wire::RequestHead>>> read_head(BufferedStream& connection,
                                                                   const ServerLimits& limits, bool first) {
  auto deadline = std::chrono::steady_clock::now() + (first ? limits.head_time : limits.keep_alive_time);
  bool started = first || !connection.buffered().empty();
  if (started) deadline = std::chrono::steady_clock::now() + limits.head_time;
  while (true) {
    auto decoded = wire::decode_request_head(connection.buffered(), limits.head);
    if (!decoded) co_return tl::unexpected<wire::HttpProblem>(decoded.error());
    if (*decoded) {
      connection.consume((*decoded)->consumed);
      co_return std::optional<wire::RequestHead>(std::move((*decoded)->head));
    }
    const auto now = std::chrono::steady_clock::now();
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - now);
    auto filling = fill(connection);
    const auto size = co_await within(std::max(left, std::chrono::milliseconds(0)), std::move(filling));
    if (!size) {
      if (connection.buffered().empty()) co_return std::optional<wire::RequestHead>();
      co_return tl::unexpected<wire::HttpProblem>(
          wire::HttpProblem(408, "the request head did not come in time"));
    }
    if (*size == 0) co_return std::optional<wire::RequestHead>();
    if (!started) {
      started = true;
      deadline = std::chrono::steady_clock::now() + limits.head_time;
    }
  }
}

/// RFC 9112 §3.2: exactly one Host in HTTP/1.1, and one that could be a host.
std::optional<wire::HttpProblem> check_host(const wire::RequestHead& head) {
  const auto count = head.fields.count("Host");
  if (count > 1) return wire::HttpProblem(400, "Host is given more than once");
  if (count == 0 && head.minor_version == 1) return wire::HttpProblem(400, "Host is missing");
  if (count == 1 && head.fields.find("Host")->find_first_of(" \t/?#@\\,") != std::string_view::npos)
    return wire::HttpProblem(400, "Host is not a host name with an optional port");
  return std::nullopt;
}

/// RFC 9112 §3.2.2: a server takes the absolute form too. It is never fetched: what counts is its path, and
/// its authority goes before Host.
void use_origin_form(wire::RequestHead& head) {
  constexpr std::string_view kScheme = "http://";
  if (head.target.size() < kScheme.size() || !wire::same_name(head.target.substr(0, kScheme.size()), kScheme))
    return;
  const std::string rest = head.target.substr(kScheme.size());
  const auto end = rest.find_first_of("/?");
  head.fields.set("Host", rest.substr(0, end));
  head.target = end == std::string::npos ? "/" : rest.substr(end);
  if (head.target.front() == '?') head.target.insert(0, "/");
}

Task<base::Result<std::size_t>> discard(BufferedStream& connection) {
  std::size_t total = 0;
  while (total < 1024 * 1024) {
    connection.consume(connection.buffered().size());
    const std::size_t size = co_await connection.fill();
    if (size == 0) break;
    total += size;
  }
  co_return total;
}

/// Ends our side and reads away what still comes for a moment: closing over unread bytes would reset the
/// answer.
Task<void> linger(BufferedStream& connection) {
  co_await connection.stream().shutdown_write();
  auto draining = discard(connection);
  co_await within(kLinger, std::move(draining));
}

bool wants_keep_alive(const wire::RequestHead& head) {
  if (head.fields.has_token("Connection", "close")) return false;
  return head.minor_version == 1 || head.fields.has_token("Connection", "keep-alive");
}

bool awaits_continue(const wire::RequestHead& head, const wire::Framing& framing) {
  return head.minor_version == 1 && framing.kind != wire::Framing::Kind::none &&
         wire::same_name(head.fields.find("Expect").value_or(""), "100-continue");
}

}  // namespace

Exchange::Exchange(BufferedStream& connection, wire::RequestHead head, wire::Framing framing,
                   std::string peer, const ServerLimits& limits)
    : connection_(connection),
      head_(std::move(head)),
      framing_(framing),
      decoder_(framing, limits.head),
      peer_(std::move(peer)),
      limits_(limits),
      keep_alive_(wants_keep_alive(head_)),
      expects_continue_(awaits_continue(head_, framing)) {}

Task<base::Result<std::string>> Exchange::read_body_some() {
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
    const auto size = co_await within(limits_.idle_time, std::move(filling));
    if (!size) co_return tl::unexpected(size.error());
    if (*size == 0)
      co_return base::fail(base::ErrorCode::peer_closed, "the client ended within the request body");
  }
  co_return std::string();
}

Task<base::Result<std::string>> Exchange::read_body(std::size_t most) {
  std::string body;
  if (framing_.kind == wire::Framing::Kind::length && framing_.length > most) {
    keep_alive_ = false;
    co_return base::fail(base::ErrorCode::too_large,
                         "the body is larger than " + std::to_string(most) + " bytes");
  }
  while (true) {
    auto piece = co_await read_body_some();
    if (!piece) co_return tl::unexpected(piece.error());
    if (piece->empty()) co_return body;
    if (body.size() + piece->size() > most) {
      keep_alive_ = false;
      co_return base::fail(base::ErrorCode::too_large,
                           "the body is larger than " + std::to_string(most) + " bytes");
    }
    body += *piece;
  }
}

Task<void> Exchange::respond(Response response) {
  wire::ResponseHead head;
  head.status = response.status;
  head.fields = std::move(response.fields);
  if (response.status != 204 && response.status != 304)
    head.fields.set("Content-Length", std::to_string(response.body.size()));
  co_await start_response(std::move(head));
  if (!response.body.empty()) co_await write_body(asio::buffer(response.body));
  co_await finish();
}

Task<void> Exchange::start_response(wire::ResponseHead head) {
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

Task<void> Exchange::write_body(asio::const_buffer data) {
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

Task<void> Exchange::finish() {
  wire::Fields none;
  co_await finish(std::move(none));
}

Task<void> Exchange::finish(wire::Fields trailers) {
  if (chunked_) {
    std::string text;
    wire::encode_last_chunk(trailers, text);
    co_await write_all(connection_.stream(), asio::buffer(text));
  }
  finished_ = true;
}

Task<void> Exchange::write_interim(wire::ResponseHead head) {
  if (head_.minor_version == 0) co_return;
  if (head.status == 100) expects_continue_ = false;
  std::string text;
  wire::encode(head, text);
  co_await write_all(connection_.stream(), asio::buffer(text));
}

Task<bool> Exchange::client_gone() {
  if (!connection_.buffered().empty()) co_return false;
  const std::size_t size = co_await connection_.fill();
  co_return size == 0;
}

StreamPtr Exchange::take_stream() {
  taken_ = true;
  answered_ = true;
  finished_ = true;
  return connection_.release();
}

Server::Server(asio::any_io_executor executor, Handler handler, ServerLimits limits, base::Log log)
    : handler_(std::move(handler)), limits_(limits), log_(log), connections_(executor, log) {}

Server::~Server() = default;

Task<void> Server::run(Listener& listener) {
  while (true) {
    std::string peer;
    auto stream = co_await listener.accept(peer);
    if (connections_.size() >= limits_.connections) {
      log_.warn("http.connection_refused",
                {{"reason", "too many connections"}, {"limit", limits_.connections}});
      continue;  // closes it: there is no room to say more
    }
    const auto held = per_peer_.find(peer);
    if (held != per_peer_.end() && held->second >= limits_.connections_per_peer) {
      log_.warn("http.connection_refused",
                {{"reason", "too many connections of one address"}, {"peer", peer}});
      continue;
    }
    connections_.spawn("http.connection", serve_counted(std::move(stream), std::move(peer)));
  }
}

Task<void> Server::serve_counted(StreamPtr stream, std::string peer) {
  const auto entry = per_peer_.try_emplace(peer, 0).first;
  ++entry->second;
  struct Leave {
    std::map<std::string, std::size_t>& counts;
    std::map<std::string, std::size_t>::iterator entry;
    ~Leave() {
      if (--entry->second == 0) counts.erase(entry);
    }
  } leave{per_peer_, entry};
  co_await serve(std::move(stream), std::move(peer));
}

Task<void> Server::serve(StreamPtr stream, std::string peer) {
  BufferedStream connection(std::move(stream));
  bool first = true;
  while (true) {
    const bool again = co_await serve_one(connection, peer, first);
    if (!again) co_return;
    first = false;
  }
}

Task<bool> Server::serve_one(BufferedStream& connection, const std::string& peer, bool first) {
  auto head = co_await read_head(connection, limits_, first);
  if (head && !*head) co_return false;
  std::optional<wire::HttpProblem> refusal;
  wire::Framing framing;
  if (!head) {
    refusal = head.error();
  } else {
    refusal = check_host(**head);
    if (!refusal) use_origin_form(**head);
    if (!refusal) refusal = check_host(**head);
    if (!refusal && (*head)->method == "CONNECT")
      refusal = wire::HttpProblem(405, "CONNECT is not served here: this is no forward proxy");
    const auto decided = wire::request_framing(**head);
    if (!decided) refusal = decided.error();
    if (decided) framing = *decided;
  }
  if (refusal) {
    wire::RequestHead none;
    Exchange exchange(connection, std::move(none), wire::Framing{}, peer, limits_);
    exchange.close_after();
    Response response = problem_response(*refusal);
    co_await exchange.respond(std::move(response));
    co_await linger(connection);
    co_return false;
  }

  Exchange exchange(connection, std::move(**head), framing, peer, limits_);
  std::exception_ptr failure;
  try {
    co_await handler_(exchange);
  } catch (...) {
    failure = std::current_exception();
  }
  if (exchange.taken()) co_return false;
  if (failure && exchange.answered()) std::rethrow_exception(failure);
  if (!exchange.answered()) {
    // Cancelled or failed before an answer: say so while the client still listens, then let the owner log it.
    exchange.close_after();
    Response response = problem_response(wire::HttpProblem(500, "the request could not be handled"));
    if (!failure) log_.error("http.no_answer", {{"target", exchange.request().path()}});
    co_await exchange.respond(std::move(response));
    if (failure) std::rethrow_exception(failure);
  }
  if (!exchange.finished()) co_return false;  // cut short: the connection's end says so
  if (exchange.keep_alive() && exchange.body_done()) co_return true;
  co_await linger(connection);
  co_return false;
}

Task<void> Server::close() {
  connections_.cancel();
  co_await connections_.join();
}

}  // namespace io::http
