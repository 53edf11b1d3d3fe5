// Hub and Runner against each other and against hand-made peers, over real loopback sockets.
#include <array>

#include <gtest/gtest.h>

#include "io/http/client.hpp"
#include "io/timeout.hpp"
#include "support/tunnel_world.hpp"
#include "tunnel/hub.hpp"
#include "tunnel/runner.hpp"
#include "wire/revdial_control.hpp"

namespace tunnel {
namespace {

using namespace std::chrono_literals;
using base::ErrorCode;

using support::quiet;
using World = support::TunnelWorld;

io::Task<void> until_connected(Hub& hub, std::string id) {
  for (int i = 0; i < 2000 && !hub.connected(id); ++i) co_await io::sleep_for(1ms);
}

io::Task<std::string> exchange_bytes(io::Stream& stream, std::string text) {
  co_await io::write_all(stream, asio::buffer(text));
  std::string answer;
  std::array<char, 4096> buffer{};
  while (answer.size() < text.size()) {
    const std::size_t size = co_await stream.read_some(asio::buffer(buffer));
    if (size == 0) break;
    answer.append(buffer.data(), size);
  }
  co_return answer;
}

io::Task<void> dial_and_echo(World& world) {
  co_await until_connected(world.hub, "hydra-a");
  std::vector<io::StreamPtr> streams;
  for (int i = 0; i < 20; ++i) {
    auto stream = co_await world.hub.dial("hydra-a", 5s);
    EXPECT_TRUE(stream) << stream.error().message();
    if (!stream) co_return;
    streams.push_back(std::move(*stream));
  }
  for (std::size_t i = 0; i < streams.size(); ++i) {
    const std::string text(1 + i * 5000, static_cast<char>('a' + i));
    const auto answer = co_await exchange_bytes(*streams[i], text);
    EXPECT_EQ(answer, text);
  }
}

TEST(Tunnel, CarriesManyStreamsWithoutMixingThem) {
  World world;
  Runner runner(world.loop.get_executor(), world.options("hydra-a"), world.local, world.random, quiet());
  world.tasks.spawn("runner", runner.run());
  world.run(dial_and_echo(world));
}

io::Task<void> dial_unknown(World& world) {
  const auto stream = co_await world.hub.dial("hydra-nobody", 5s);
  EXPECT_FALSE(stream);
  EXPECT_EQ(stream.error().code(), ErrorCode::unavailable);
}

TEST(Tunnel, FailsAtOnceForARunnerNeverSeen) {
  World world;
  world.run(dial_unknown(world));
}

io::Task<void> lose_and_return(World& world) {
  auto first = std::make_unique<Runner>(world.loop.get_executor(), world.options("hydra-a"), world.local,
                                        world.random, quiet());
  io::TaskGroup first_life(world.loop.get_executor(), quiet());
  first_life.spawn("runner", first->run());
  co_await until_connected(world.hub, "hydra-a");
  first_life.cancel();
  co_await first_life.join();
  for (int i = 0; i < 2000 && world.hub.connected("hydra-a"); ++i) co_await io::sleep_for(1ms);
  EXPECT_FALSE(world.hub.connected("hydra-a"));

  Runner second(world.loop.get_executor(), world.options("hydra-a"), world.local, world.random, quiet());
  io::TaskGroup second_life(world.loop.get_executor(), quiet());
  second_life.spawn("runner", second.run());  // connects while the dial below already waits
  auto stream = co_await world.hub.dial("hydra-a", 5s);
  EXPECT_TRUE(stream) << stream.error().message();
  if (stream) {
    const auto answer = co_await exchange_bytes(**stream, "back again");
    EXPECT_EQ(answer, "back again");
  }
  second_life.cancel();
  co_await second_life.join();
  EXPECT_EQ(world.hub.reconnects(), 1U);
}

TEST(Tunnel, DialWaitsForAKnownRunnerToReturn) {
  World world;
  world.run(lose_and_return(world));
}

io::Task<void> give_up_waiting(World& world) {
  Runner runner(world.loop.get_executor(), world.options("hydra-a"), world.local, world.random, quiet());
  io::TaskGroup life(world.loop.get_executor(), quiet());
  life.spawn("runner", runner.run());
  co_await until_connected(world.hub, "hydra-a");
  life.cancel();
  co_await life.join();
  const auto stream = co_await world.hub.dial("hydra-a", 5s);
  EXPECT_FALSE(stream);
  EXPECT_EQ(stream.error().code(), ErrorCode::unavailable);
}

TEST(Tunnel, DialGivesUpWhenARunnerStaysAway) {
  HubLimits limits;
  limits.wait_for_return = 20ms;
  World world(limits);
  world.run(give_up_waiting(world));
}

io::Task<void> take_over(World& world) {
  auto options = world.options("hydra-a");
  Runner older(world.loop.get_executor(), options, world.local, world.random, quiet());
  Runner newer(world.loop.get_executor(), options, world.local, world.random, quiet());
  io::TaskGroup older_life(world.loop.get_executor(), quiet());
  io::TaskGroup newer_life(world.loop.get_executor(), quiet());
  older_life.spawn("older", older.run());
  co_await until_connected(world.hub, "hydra-a");
  newer_life.spawn("newer", newer.run());
  for (int i = 0; i < 2000 && world.hub.reconnects() == 0; ++i) co_await io::sleep_for(1ms);
  EXPECT_TRUE(
      older.connected());  // stays as a standby: closing it would make both replace each other for ever

  newer_life.cancel();
  co_await newer_life.join();
  auto stream = co_await world.hub.dial("hydra-a", 5s);
  EXPECT_TRUE(stream) << stream.error().message();
  EXPECT_EQ(older.connects(), 1U);
  older_life.cancel();
  co_await older_life.join();
}

TEST(Tunnel, StandbyTakesOverWhenTheNewerConnectionEnds) {
  World world;
  world.run(take_over(world));
}

io::Task<void> target_down(World& world) {
  co_await until_connected(world.hub, "hydra-a");
  auto stream = co_await world.hub.dial("hydra-a", 5s);
  EXPECT_TRUE(stream);
  if (!stream) co_return;
  std::array<char, 16> buffer{};
  const std::size_t size = co_await (*stream)->read_some(asio::buffer(buffer));
  EXPECT_EQ(size, 0U);
}

TEST(Tunnel, ShowsADownTargetAsTheEndAfterThe101) {
  World world;
  io::UnixConnector nowhere("/nonexistent/socket");
  Runner runner(world.loop.get_executor(), world.options("hydra-a"), nowhere, world.random, quiet());
  world.tasks.spawn("runner", runner.run());
  world.run(target_down(world));
}

/// Opens a control connection by hand, as an old peer would.
io::Task<io::websocket::ChannelPtr> open_control(World& world, std::string id) {
  io::TcpConnector api("127.0.0.1", world.listener->port(), false);
  wire::Fields none;
  auto channel =
      co_await io::websocket::connect(api, "h", "/api/v1/revdial?runnerid=" + id, std::move(none), 5s);
  co_return std::move(channel.value());
}

io::Task<std::string> next_conn_path(io::websocket::Channel& control) {
  std::string held;
  std::array<char, 4096> buffer{};
  while (true) {
    const auto decoded = wire::decode_control(held).value();
    if (decoded) {
      held.erase(0, decoded->consumed);
      if (decoded->line.command == wire::ControlCommand::conn_ready) co_return decoded->line.conn_path;
      continue;
    }
    const auto size = co_await control.read_bytes(asio::buffer(buffer));
    held.append(buffer.data(), size.value());
  }
}

io::Task<void> fail_a_pickup(World& world) {
  auto control = co_await open_control(world, "hydra-a");
  base::Result<io::StreamPtr> result = base::fail(ErrorCode::internal, "not done");
  bool done = false;
  struct Dial {
    static io::Task<void> go(Hub& hub, base::Result<io::StreamPtr>& out, bool& finished) {
      out = co_await hub.dial("hydra-a", 5s);
      finished = true;
    }
  };
  io::TaskGroup dials(world.loop.get_executor(), quiet());
  dials.spawn("dial", Dial::go(world.hub, result, done));
  const auto path = co_await next_conn_path(*control);
  EXPECT_TRUE(path.starts_with("/revdial?revdial.dialer="));
  std::string line;
  wire::encode_control({wire::ControlCommand::pickup_failed, path, "no route"}, line);
  // A line does not end where a frame ends.
  co_await control->write_binary(asio::buffer(line.data(), 10));
  co_await control->write_binary(asio::buffer(line.data() + 10, line.size() - 10));
  co_await dials.join();
  EXPECT_TRUE(done);
  EXPECT_FALSE(result);
  EXPECT_NE(result.error().message().find("no route"), std::string::npos);
  control->close();
}

TEST(Hub, PassesOnWhyAPickupFailed) {
  World world;
  world.run(fail_a_pickup(world));
}

io::Task<void> reuse_a_request(World& world) {
  auto control = co_await open_control(world, "hydra-a");
  struct Dial {
    static io::Task<void> go(Hub& hub, io::StreamPtr& out) {
      auto stream = co_await hub.dial("hydra-a", 5s);
      if (stream) out = std::move(*stream);
    }
  };
  io::StreamPtr stream;
  io::TaskGroup dials(world.loop.get_executor(), quiet());
  dials.spawn("dial", Dial::go(world.hub, stream));
  const auto path = co_await next_conn_path(*control);
  io::TcpConnector api("127.0.0.1", world.listener->port(), false);
  wire::Fields none;
  auto first = co_await io::websocket::connect(api, "h", "/api/v1" + path, none, 5s);
  EXPECT_TRUE(first);
  co_await dials.join();
  EXPECT_TRUE(stream);

  // Used once already: 101, then the end.
  auto second = co_await io::websocket::connect(api, "h", "/api/v1" + path, none, 5s);
  EXPECT_TRUE(second);
  std::array<char, 16> buffer{};
  const auto size = co_await (*second)->read_bytes(asio::buffer(buffer));
  EXPECT_EQ(size.value(), 0U);

  // A dialer that nobody made: 500 before the upgrade.
  io::http::Request request;
  request.target = "/api/v1/revdial?revdial.dialer=00&revdial.req=00";
  const auto answer = co_await io::http::fetch(api, "h", request);
  EXPECT_EQ(answer.value().status, 500);
  control->close();
}

TEST(Hub, RefusesUsedRequestsAndUnknownDialers) {
  World world;
  world.run(reuse_a_request(world));
}

io::Task<void> drop_a_runner(World& world) {
  auto control = co_await open_control(world, "desktop-s");
  EXPECT_TRUE(world.hub.connected("desktop-s"));
  world.hub.drop("desktop-s");
  EXPECT_FALSE(world.hub.connected("desktop-s"));
  std::array<char, 4096> buffer{};
  while (true) {
    const auto size = co_await control->read_bytes(asio::buffer(buffer));
    if (!size || *size == 0) break;
  }
  const auto stream = co_await world.hub.dial("desktop-s", 5s);
  EXPECT_EQ(stream.error().code(), ErrorCode::unavailable);
}

TEST(Hub, ForgetsADroppedRunnerAtOnce) {
  World world;
  world.run(drop_a_runner(world));
}

}  // namespace
}  // namespace tunnel
