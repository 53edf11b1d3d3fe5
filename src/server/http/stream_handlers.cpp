#include <charconv>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/system/system_error.hpp>

#include "io/http/client.hpp"
#include "server/http/handlers.hpp"
#include "server/http/responses.hpp"
#include "server/http/upgrade_relay.hpp"
#include "server/sessions/until_ended.hpp"

namespace server {
namespace {

using namespace std::chrono_literals;
using base::ErrorCode;

constexpr std::chrono::milliseconds kDialLimit =
    30s;  // a runner that is away is waited for as long; contracts.md
constexpr std::int64_t kMostTail = 10'000;

/// "tail=200&follow=false" with the values given. Fails with invalid_argument.
base::Result<std::string> log_query(std::string_view query) {
  std::int64_t tail = 200;
  const auto tail_text = wire::query_value(query, "tail");
  if (tail_text) {
    const auto* end = tail_text->data() + tail_text->size();
    const auto [stopped, error] = std::from_chars(tail_text->data(), end, tail);
    if (error != std::errc{} || stopped != end || tail < 0 || tail > kMostTail)
      return base::fail_field("tail", "must be between 0 and 10000");
  }
  const auto follow = wire::query_value(query, "follow").value_or("false");
  if (follow != "true" && follow != "false") return base::fail_field("follow", "must be true or false");
  return "tail=" + std::to_string(tail) + "&follow=" + follow;
}

io::Task<void> refuse(io::http::Exchange& exchange, Call& call, base::Error error) {
  auto response = problem_response(error, call.request_id);
  co_await exchange.respond(std::move(response));
}

/// Completes when the client left; not at all while it sends something, which it has no reason to.
io::Task<void> until_client_leaves(io::http::Exchange& exchange) {
  try {
    const bool gone = co_await exchange.client_gone();
    if (gone) co_return;
  } catch (const boost::system::system_error& error) {
    if (error.code() != boost::asio::error::operation_aborted) co_return;
    throw;
  }
  boost::asio::steady_timer never(co_await boost::asio::this_coro::executor);
  never.expires_at(boost::asio::steady_timer::time_point::max());
  co_await never.async_wait(boost::asio::use_awaitable);
}

}  // namespace

io::Task<void> StreamHandlers::exec(io::http::Exchange& exchange, Call& call) {
  const auto& session = *call.session;
  if (session.state != wire::SessionState::running) {
    base::Error error(ErrorCode::conflict,
                      "the session is " + std::string(wire::to_string(session.state)) + ", not running");
    co_await refuse(exchange, call, std::move(error));
    co_return;
  }
  RunnerConnector connector(runners_, wire::desktop_runner(session.id), kDialLimit);
  StreamTies ties(session.id, call.caller);
  co_await relay_upgrade(exchange, call, connector, "/exec", streams_, std::move(ties));
}

io::Task<void> StreamHandlers::sandbox_logs(io::http::Exchange& exchange, Call& call) {
  const auto query = log_query(call.head.query());
  if (!query) {
    co_await refuse(exchange, call, query.error());
    co_return;
  }
  if (!sandboxes_.find(*call.sandbox)) {
    base::Error error(ErrorCode::not_found, "no such sandbox");
    co_await refuse(exchange, call, std::move(error));
    co_return;
  }
  RunnerConnector connector(runners_, wire::hydra_runner(*call.sandbox), kDialLimit);
  StreamTies ties(wire::SessionId(), call.caller);
  co_await relay_upgrade(exchange, call, connector, "/api/v1/logs?" + *query, streams_, std::move(ties));
}

io::Task<void> StreamHandlers::session_logs(io::http::Exchange& exchange, Call& call) {
  const auto query = log_query(call.head.query());
  if (!query) {
    co_await refuse(exchange, call, query.error());
    co_return;
  }
  auto writing = write_logs(exchange, call, *query);
  StreamTies ties(call.session->id, call.caller);
  co_await until_ended(std::move(writing), streams_, std::move(ties));
}

/// The session's own events first: of a session that failed they are all there is.
io::Task<void> StreamHandlers::write_logs(io::http::Exchange& exchange, Call& call, std::string query) {
  using namespace boost::asio::experimental::awaitable_operators;
  wire::ResponseHead head;
  head.fields.add("Content-Type", "text/plain; charset=utf-8");
  head.fields.add("Cache-Control", "no-store");
  head.fields.add("X-Content-Type-Options", "nosniff");
  head.fields.add("X-Request-Id", call.request_id);
  co_await exchange.start_response(std::move(head));
  const auto events = sessions_.event_lines(call.session->id);
  co_await exchange.write_body(boost::asio::buffer(events));

  const bool follows = query.ends_with("follow=true");
  auto copying = copy_container_log(exchange, call, std::move(query));
  if (!follows) {
    co_await std::move(copying);
    co_await exchange.finish();
    co_return;
  }
  // A follower that leaves while nothing is written would be noticed by nobody.
  auto leaving = until_client_leaves(exchange);
  auto race = std::move(copying) || std::move(leaving);
  const auto winner = co_await std::move(race);
  exchange.close_after();
  if (winner.index() == 0) co_await exchange.finish();
}

io::Task<void> StreamHandlers::copy_container_log(io::http::Exchange& exchange, Call& call,
                                                  std::string query) {
  const auto& session = *call.session;
  if (!session.sandbox || session.state == wire::SessionState::failed) co_return;
  std::string trouble;
  RunnerConnector connector(runners_, wire::hydra_runner(*session.sandbox), kDialLimit);
  io::http::Request request;
  request.target = "/api/v1/dev-containers/" + session.id.text() + "/logs?" + query;
  auto answer = co_await io::http::open(connector, "localhost", std::move(request));
  if (!answer) {
    trouble = answer.error().message();
  } else if ((*answer)->head().status != 200) {
    constexpr std::size_t kMostProblem = 64 * 1024;
    const auto body = co_await (*answer)->read_all(kMostProblem);
    trouble = wire::decode_problem((*answer)->head().status, body.value_or("")).message();
  }
  while (trouble.empty()) {
    const auto piece = co_await (*answer)->read_some();
    if (!piece) trouble = piece.error().message();
    if (!piece || piece->empty()) break;
    co_await exchange.write_body(boost::asio::buffer(*piece));
  }
  if (trouble.empty()) co_return;
  const std::string line = "helix: the container's log cannot be read: " + trouble + "\n";
  co_await exchange.write_body(boost::asio::buffer(line));
}

}  // namespace server
