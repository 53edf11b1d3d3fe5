// The routes of the API that carry a stream: proxy, exec, logs.
#include <chrono>
#include <utility>

#include <boost/asio/experimental/awaitable_operators.hpp>

#include "agent/http/answers.hpp"
#include "agent/http/api.hpp"
#include "agent/http/targets.hpp"
#include "agent/sessions/bridge_client.hpp"
#include "io/relay.hpp"
#include "io/timeout.hpp"
#include "io/websocket/channel.hpp"

namespace agent {
namespace {

using base::ErrorCode;
using io::Task;

constexpr std::chrono::hours kIdle{2};           // above the gateway's hour, so that the gateway decides
constexpr std::chrono::seconds kBridgeLimit{5};  // for a connection to a session's bridge
constexpr std::chrono::milliseconds kLookEvery{200};

/// Passes the request on with another target, then the bytes both ways until they end. `exchange` is done
/// with then.
Task<void> relay_request(io::http::Exchange& exchange, std::string target, io::StreamPtr server) {
  auto head = exchange.request();
  head.target = std::move(target);
  std::string text;
  wire::encode(head, text);
  const auto client = exchange.take_stream();
  if (!client) {  // HTTP/2, which no gateway of ours speaks here
    auto answer = io::http::make_response(505, "text/plain", "this path is served over HTTP/1.1 only\n");
    co_await exchange.respond(std::move(answer));
    co_return;
  }
  co_await io::write_all(*server, boost::asio::buffer(text));
  // The tunnel has no half-close: when its side ends, whoever asked is gone, and the server learns it at
  // once.
  co_await io::relay(*client, *server, kIdle, io::OnEnd::close, io::OnEnd::forward);
}

/// Sends the pieces of a log as the answer's body.
Task<base::Result<void>> send_log(io::http::Exchange& exchange, engine::LogStream& stream) {
  for (;;) {
    const auto piece = co_await stream.read_some();
    if (!piece) co_return tl::unexpected(piece.error());
    if (piece->empty()) co_return base::Result<void>{};
    co_await exchange.write_body(boost::asio::buffer(*piece));
  }
}

Task<base::Result<void>> send_lines(io::websocket::Channel& channel, LogRing& ring, LogQuery query) {
  auto page = ring.tail(static_cast<std::size_t>(query.tail));
  for (;;) {
    for (auto& line : page.lines) {
      const auto sent = co_await channel.write_text(std::move(line));
      if (!sent) co_return sent;
    }
    if (!query.follow) co_return base::Result<void>{};
    co_await io::sleep_for(kLookEvery);
    page = ring.since(page.next);
  }
}

Task<void> read_to_end(io::websocket::Channel& channel) {
  constexpr std::size_t kMaxMessage = 4096;
  for (;;) {
    const auto message = co_await channel.read_message(kMaxMessage);
    if (!message || !*message) co_return;
  }
}

}  // namespace

Task<void> Api::proxy(Exchange& exchange, Params params) {
  const auto id = wire::SessionId::parse(params["session_id"]);
  const auto port = parse_port(params["port"]);
  auto target = cut_proxy_prefix(exchange.request().target);
  if (!id) {
    co_await exchange.respond(problem_answer(id.error()));
    co_return;
  }
  if (!port) {
    co_await exchange.respond(problem_answer(port.error()));
    co_return;
  }
  if (!target) {
    const base::Error error(ErrorCode::malformed, "the target is not one of the proxy");
    co_await exchange.respond(problem_answer(error));
    co_return;
  }
  auto server = co_await parts_.dialer.connect(*id, *port);
  if (!server) {
    auto answer = problem_answer(server.error());
    if (server.error().code() == ErrorCode::unavailable)
      answer.fields.add(std::string(wire::kUnreachableField), "1");
    co_await exchange.respond(std::move(answer));
    co_return;
  }
  co_await relay_request(exchange, std::move(*target), std::move(*server));
}

Task<void> Api::exec(Exchange& exchange, Params params) {
  const auto id = wire::SessionId::parse(params["session_id"]);
  if (!id) {
    co_await exchange.respond(problem_answer(id.error()));
    co_return;
  }
  auto bridge = co_await connect_bridge(parts_.files.paths(*id).bridge_socket(), kBridgeLimit);
  if (!bridge) {
    auto error =
        base::Error(ErrorCode::unavailable, "the session's bridge does not answer (" +
                                                bridge.error().message() + "); is the session running?");
    co_await exchange.respond(problem_answer(error));
    co_return;
  }
  std::string target = "/exec";
  if (!exchange.request().query().empty()) target += "?" + std::string(exchange.request().query());
  co_await relay_request(exchange, std::move(target), std::move(*bridge));
}

Task<void> Api::get_log(Exchange& exchange, Params params) {
  using namespace boost::asio::experimental::awaitable_operators;
  const auto id = wire::SessionId::parse(params["session_id"]);
  const auto query = parse_log_query(exchange.request().query());
  if (!id) {
    co_await exchange.respond(problem_answer(id.error()));
    co_return;
  }
  if (!query) {
    co_await exchange.respond(problem_answer(query.error()));
    co_return;
  }
  const auto container = co_await parts_.sessions.find_container(*id);
  if (!container) {
    co_await exchange.respond(problem_answer(container.error()));
    co_return;
  }
  auto stream = co_await parts_.engine.logs(container->id, query->tail, query->follow);
  if (!stream) {
    co_await exchange.respond(problem_answer(stream.error()));
    co_return;
  }
  wire::ResponseHead head;
  head.status = 200;
  head.fields.add("Content-Type", "text/plain; charset=utf-8");
  co_await exchange.start_response(std::move(head));
  auto race = send_log(exchange, **stream) || exchange.client_gone();
  const auto winner = co_await std::move(race);
  const bool whole = winner.index() == 0 && std::get<0>(winner).has_value();
  if (!whole) {
    exchange.close_after();  // cut short: it must not look complete
    co_return;
  }
  co_await exchange.finish();
}

Task<void> Api::follow_own_log(Exchange& exchange, Params) {
  using namespace boost::asio::experimental::awaitable_operators;
  const auto query = parse_log_query(exchange.request().query());
  if (!query) {
    co_await exchange.respond(problem_answer(query.error()));
    co_return;
  }
  if (!io::websocket::is_upgrade(exchange.request())) {
    auto answer = io::http::make_response(426, "text/plain", "this path is a WebSocket\n");
    answer.fields.add("Upgrade", "websocket");
    co_await exchange.respond(std::move(answer));
    co_return;
  }
  const auto channel = co_await io::websocket::accept(exchange);
  auto race = send_lines(*channel, parts_.log_lines, *query) || read_to_end(*channel);
  const auto winner = co_await std::move(race);
  if (winner.index() != 0) co_return;
  co_await channel->send_close(1000, "");
  auto closing = read_to_end(*channel) || io::sleep_for(kBridgeLimit);
  co_await std::move(closing);
}

}  // namespace agent
