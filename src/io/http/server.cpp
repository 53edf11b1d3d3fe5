#include "io/http/server.hpp"

#include <exception>
#include <utility>

#include <boost/system/system_error.hpp>

#include "io/http/http1_exchange.hpp"
#include "io/http/http2_connection.hpp"
#include "io/http/request_checks.hpp"
#include "io/timeout.hpp"

namespace io::http {
namespace {

/// How long a closing connection is drained, so that the client reads the answer before it sees a reset.
/// Chosen.
constexpr std::chrono::seconds kLinger{2};

/// 0 at the client's end, which it may put as it likes as long as no request has begun.
Task<base::Result<std::size_t>> fill(BufferedStream& connection) {
  try {
    co_return co_await connection.fill();
  } catch (const boost::system::system_error& broken) {
    if (broken.code() == asio::error::operation_aborted || !connection.buffered().empty()) throw;
  }
  co_return 0;
}

using Clock = std::chrono::steady_clock;

std::chrono::milliseconds left_until(Clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
  return std::max(left, std::chrono::milliseconds(0));
}

/// Whether the client speaks HTTP/2 without having asked (RFC 9113 §3.3). Reads no further than it must to
/// tell.
Task<bool> begins_http2(BufferedStream& connection, Clock::time_point deadline) {
  while (connection.buffered().size() < kHttp2Preface.size()) {
    if (!kHttp2Preface.starts_with(connection.buffered())) co_return false;
    auto filling = fill(connection);
    const auto size = co_await within(left_until(deadline), std::move(filling));
    if (!size || *size == 0) co_return false;
  }
  co_return connection.buffered().starts_with(kHttp2Preface);
}

/// The next head; nullopt when the client ended before sending one. `accepted`: for the first one.
Task<wire::HttpResult<std::optional<wire::RequestHead>>> read_head(BufferedStream& connection,
                                                                   const ServerLimits& limits, bool first,
                                                                   Clock::time_point accepted) {
  bool started = first || !connection.buffered().empty();
  auto deadline = Clock::now() + (started ? limits.head_time : limits.keep_alive_time);
  if (first) deadline = accepted + limits.head_time;
  while (true) {
    auto decoded = wire::decode_request_head(connection.buffered(), limits.head);
    if (!decoded) co_return tl::unexpected<wire::HttpProblem>(decoded.error());
    if (*decoded) {
      connection.consume((*decoded)->consumed);
      co_return std::optional<wire::RequestHead>(std::move((*decoded)->head));
    }
    auto filling = fill(connection);
    const auto size = co_await within(left_until(deadline), std::move(filling));
    if (!size) {
      if (connection.buffered().empty()) co_return std::optional<wire::RequestHead>();
      co_return tl::unexpected<wire::HttpProblem>(
          wire::HttpProblem(408, "the request head did not come in time"));
    }
    if (*size == 0) co_return std::optional<wire::RequestHead>();
    if (!started) {
      started = true;
      deadline = Clock::now() + limits.head_time;
    }
  }
}

/// RFC 9112 §3.2.2: a server takes the absolute form too. It is never fetched: what counts is its path, and
/// its authority goes before Host.
void use_origin_form(wire::RequestHead& head) {
  const auto colon = head.target.find("://");
  const auto scheme = head.target.substr(0, colon);
  if (colon == std::string::npos || (!wire::same_name(scheme, "http") && !wire::same_name(scheme, "https")))
    return;
  const std::string rest = head.target.substr(colon + 3);
  const auto end = rest.find_first_of("/?");
  head.fields.set("Host", rest.substr(0, end));
  head.target = end == std::string::npos ? "/" : rest.substr(end);
  if (head.target.front() == '?') head.target.insert(0, "/");
}

Task<base::Result<std::size_t>> end_and_discard(BufferedStream& connection) {
  co_await connection.stream().shutdown_write();  // under TLS it waits for a client that does not read
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
  auto ending = end_and_discard(connection);
  co_await within(kLinger, std::move(ending));
}

}  // namespace

Server::Server(asio::any_io_executor executor, Handler handler, ServerLimits limits, base::Log log)
    : handler_(std::move(handler)), limits_(limits), log_(log), connections_(executor, log) {}

Server::~Server() = default;

Task<void> Server::run(Listener& listener, Entry entry) {
  const auto port = listener.port();
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
    ConnectionInfo info;
    info.peer = std::move(peer);
    info.local_port = port;
    connections_.spawn("http.connection", serve_counted(std::move(stream), std::move(info), entry));
  }
}

Task<void> Server::serve_counted(StreamPtr stream, ConnectionInfo info, Entry entry) {
  const auto counted = per_peer_.try_emplace(info.peer, 0).first;
  ++counted->second;
  struct Leave {
    std::map<std::string, std::size_t>& counts;
    std::map<std::string, std::size_t>::iterator counted;
    ~Leave() {
      if (--counted->second == 0) counts.erase(counted);
    }
  } leave{per_peer_, counted};
  if (entry) {
    auto entering = entry(std::move(stream), info);
    stream = co_await std::move(entering);
    if (!stream) co_return;
  }
  co_await serve(std::move(stream), std::move(info));
}

Task<void> Server::serve(StreamPtr stream, ConnectionInfo info) {
  const auto accepted = Clock::now();
  BufferedStream connection(std::move(stream));
  bool http2 = info.alpn == "h2";
  if (info.alpn.empty() && info.scheme == "http")
    http2 = co_await begins_http2(connection, accepted + limits_.head_time);
  if (http2) {
    Http2Connection multiplexed(std::move(connection), info, handler_, limits_, log_);
    co_await multiplexed.run();
    co_return;
  }
  bool first = true;
  while (true) {
    const bool again = co_await serve_one(connection, info, first, accepted);
    if (!again) co_return;
    first = false;
  }
}

Task<bool> Server::serve_one(BufferedStream& connection, const ConnectionInfo& info, bool first,
                             Clock::time_point accepted) {
  auto head = co_await read_head(connection, limits_, first, accepted);
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
    Http1Exchange exchange(connection, std::move(none), wire::Framing{}, info, limits_.head,
                           limits_.idle_time);
    exchange.close_after();
    Response response = problem_response(*refusal);
    co_await exchange.respond(std::move(response));
    co_await linger(connection);
    co_return false;
  }

  Http1Exchange exchange(connection, std::move(**head), framing, info, limits_.head, limits_.idle_time);
  std::exception_ptr failure;
  try {
    co_await handler_(exchange);
  } catch (...) {
    failure = std::current_exception();
  }
  if (exchange.taken()) co_return false;
  // Cut short: an answer that only the connection's end ends must not look complete.
  if (exchange.answered() && !exchange.finished()) exchange.abandon();
  if (failure && exchange.answered()) std::rethrow_exception(failure);
  if (!exchange.answered()) {
    // Cancelled or failed before an answer: say so while the client still listens, then let the owner log it.
    exchange.close_after();
    Response response = problem_response(wire::HttpProblem(500, "the request could not be handled"));
    if (!failure) log_.error("http.no_answer", {{"method", exchange.request().method}});
    co_await exchange.respond(std::move(response));
    if (failure) std::rethrow_exception(failure);
  }
  if (exchange.taken()) co_return false;
  if (exchange.keep_alive() && exchange.body_done()) co_return true;
  co_await linger(connection);
  co_return false;
}

Task<void> Server::close() {
  connections_.cancel();
  co_await connections_.join();
}

}  // namespace io::http
