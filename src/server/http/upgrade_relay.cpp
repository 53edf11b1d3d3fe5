#include "server/http/upgrade_relay.hpp"

#include <array>
#include <memory>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/system/system_error.hpp>

#include "io/http/client.hpp"
#include "io/timeout.hpp"
#include "server/http/responses.hpp"

namespace server {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kBufferBytes = 64 * 1024;  // most that is held a direction
constexpr std::chrono::seconds kTick{60};
constexpr int kIdleTicks = 60;  // an hour; contracts.md, idle stream

/// What crosses of the handshake. Extensions do not: they would be agreed between the wrong two.
constexpr std::array<std::string_view, 3> kHandshake{"Sec-WebSocket-Key", "Sec-WebSocket-Version",
                                                     "Sec-WebSocket-Protocol"};
constexpr std::array<std::string_view, 2> kAnswer{"Sec-WebSocket-Accept", "Sec-WebSocket-Protocol"};

struct Progress {
  bool moved = false;
};

/// Ends when `from` ends or either fails: over a WebSocket nobody half-closes.
io::Task<void> pump(io::Stream& from, io::Stream& to, Progress& progress) {
  const auto buffer = std::make_unique<std::array<char, kBufferBytes>>();
  try {
    for (;;) {
      const std::size_t size = co_await from.read_some(boost::asio::buffer(*buffer));
      if (size == 0) co_return;
      progress.moved = true;
      co_await io::write_all(to, boost::asio::buffer(buffer->data(), size));
    }
  } catch (const boost::system::system_error&) {
    // A broken transport is an end like any other; the other side is closed by the caller.
  }
}

io::Task<void> watch_idle(Progress& progress) {
  for (int silent = 0; silent < kIdleTicks; ++silent) {
    co_await io::sleep_for(kTick);
    if (progress.moved) silent = -1;
    progress.moved = false;
  }
}

io::http::Request handshake_of(const wire::RequestHead& head, std::string target) {
  io::http::Request request;
  request.target = std::move(target);
  request.fields.add("Connection", "Upgrade");
  request.fields.add("Upgrade", "websocket");
  for (const auto name : kHandshake) {
    const auto value = head.fields.find(name);
    if (value) request.fields.add(std::string(name), std::string(*value));
  }
  return request;
}

io::Task<void> pass_on(io::http::Exchange& exchange, Call& call, io::http::ResponseStream& answer) {
  constexpr std::size_t kMostProblem = 64 * 1024;
  auto body = co_await answer.read_all(kMostProblem);
  if (!body) body = std::string();
  auto response = problem_response(wire::decode_problem(answer.head().status, *body), call.request_id);
  co_await exchange.respond(std::move(response));
}

}  // namespace

io::Task<void> relay_upgrade(io::http::Exchange& exchange, Call& call, io::Connector& connector,
                             std::string target, LiveStreams& streams, StreamTies ties) {
  using namespace boost::asio::experimental::awaitable_operators;
  io::http::ClientLimits limits;
  limits.connect_and_head = 30s;
  auto request = handshake_of(call.head, std::move(target));
  auto answer = co_await io::http::open(connector, "localhost", std::move(request), limits);
  if (!answer) {
    auto response = problem_response(answer.error(), call.request_id);
    co_await exchange.respond(std::move(response));
    co_return;
  }
  if ((*answer)->head().status != 101) {
    co_await pass_on(exchange, call, **answer);
    co_return;
  }

  wire::ResponseHead head;
  head.status = 101;
  head.reason = wire::reason_of(101);
  head.fields.add("Connection", "Upgrade");
  head.fields.add("Upgrade", "websocket");
  for (const auto name : kAnswer) {
    const auto value = (*answer)->head().fields.find(name);
    if (value) head.fields.add(std::string(name), std::string(*value));
  }
  const auto client = co_await exchange.switch_protocols(std::move(head));
  const auto upstream = (*answer)->release();
  const auto close_both = [&client, &upstream] {
    client->close();
    upstream->close();
  };
  const LiveStreams::Hold hold(streams, std::move(ties), close_both);

  Progress progress;
  auto up = pump(*client, *upstream, progress);
  auto down = pump(*upstream, *client, progress);
  auto idle = watch_idle(progress);
  auto race = std::move(up) || std::move(down) || std::move(idle);
  co_await std::move(race);
  close_both();
}

}  // namespace server
