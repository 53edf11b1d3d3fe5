// Hub and Runner against a peer of another stack (tests/peers/revdial, gorilla/websocket) that fragments and
// closes as deployed ones do.
#include <array>
#include <cstdlib>

#include <gtest/gtest.h>

#include "io/process.hpp"
#include "io/timeout.hpp"
#include "support/tunnel_world.hpp"
#include "tunnel/hub.hpp"
#include "tunnel/runner.hpp"

namespace tunnel {
namespace {

using namespace std::chrono_literals;

using support::quiet;
using World = support::TunnelWorld;

std::string peer_program() {
#ifdef HELIX_REVDIAL_PEER
  return HELIX_REVDIAL_PEER;
#else
  return "";
#endif
}

io::Task<std::string> read_line(io::BufferedStream& stream) {
  while (stream.buffered().find('\n') == std::string_view::npos) {
    const std::size_t size = co_await stream.fill();
    if (size == 0) break;
  }
  std::string line(stream.buffered().substr(0, stream.buffered().find('\n')));
  stream.consume(line.size() + 1);
  co_return line;
}

io::Task<void> dial_and_echo(World& world, std::size_t size) {
  auto stream = co_await world.hub.dial("hydra-go", 20s);
  EXPECT_TRUE(stream) << stream.error().message();
  if (!stream) co_return;
  std::string sent(size, '\0');
  world.random.fill(std::as_writable_bytes(std::span(sent)));
  io::TaskGroup writer(world.loop.get_executor(), quiet());
  writer.spawn("write", io::write_all(**stream, asio::buffer(sent)));
  std::string got;
  std::array<char, 65536> buffer{};
  while (got.size() < sent.size()) {
    const std::size_t count = co_await (*stream)->read_some(asio::buffer(buffer));
    if (count == 0) break;
    got.append(buffer.data(), count);
  }
  co_await writer.join();
  EXPECT_TRUE(got == sent) << got.size() << " of " << sent.size();
}

io::Task<void> serve_a_go_runner(World& world) {
  io::ProcessOptions options;
  options.argv = {peer_program(), "runner", "http://127.0.0.1:" + std::to_string(world.listener->port()),
                  "hydra-go",     "token",  "127.0.0.1:" + std::to_string(world.echo_listener->port())};
  options.out = io::Stdio::null;
  auto process = io::Process::start(world.loop.get_executor(), options);
  EXPECT_TRUE(process);
  for (int i = 0; i < 5000 && !world.hub.connected("hydra-go"); ++i) co_await io::sleep_for(2ms);
  for (const std::size_t size : {1UL, 4095UL, 4096UL, 4097UL, 1000000UL}) co_await dial_and_echo(world, size);
  (*process)->signal(SIGKILL);
  co_await (*process)->wait();
}

TEST(RevdialPeer, HubServesADeployedRunner) {
  if (peer_program().empty()) GTEST_SKIP() << "no Go compiler, so no peer of another stack";
  World world;
  world.run(serve_a_go_runner(world));
}

io::Task<void> serve_a_go_server(World& world) {
  io::ProcessOptions options;
  options.argv = {peer_program(), "server"};
  options.in = io::Stdio::pipe;
  options.out = io::Stdio::pipe;
  auto process = io::Process::start(world.loop.get_executor(), options);
  EXPECT_TRUE(process);
  auto input = io::adopt_pipe(world.loop.get_executor(), (*process)->take_in());
  io::BufferedStream output(io::adopt_pipe(world.loop.get_executor(), (*process)->take_out()));
  const std::string port = co_await read_line(output);

  RunnerOptions runner_options;
  runner_options.api = io::parse_endpoint("http://127.0.0.1:" + port).value();
  runner_options.runner_id = "hydra-a";
  runner_options.token = [] { return base::Secret("t"); };
  Runner runner(world.loop.get_executor(), runner_options, world.local, world.random, quiet());
  io::TaskGroup tasks(world.loop.get_executor(), quiet());
  tasks.spawn("runner", runner.run());
  for (const std::string size : {"1", "4096", "4097", "1000000"}) {
    const std::string command = "dial " + size + "\n";
    co_await io::write_all(*input, asio::buffer(command));
    const std::string answer = co_await read_line(output);
    EXPECT_EQ(answer, "ok " + size);
  }
  (*process)->signal(SIGKILL);
  co_await (*process)->wait();
  tasks.cancel();
  co_await tasks.join();
}

TEST(RevdialPeer, RunnerServesADeployedServer) {
  if (peer_program().empty()) GTEST_SKIP() << "no Go compiler, so no peer of another stack";
  World world;
  world.run(serve_a_go_server(world));
}

}  // namespace
}  // namespace tunnel
