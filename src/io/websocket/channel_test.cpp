// WebSocket channels in both roles; the raw cases write frames by hand as odd peers do.
#include "io/websocket/channel.hpp"

#include <array>
#include <functional>

#include <gtest/gtest.h>

#include "io/timeout.hpp"
#include "support/run.hpp"

namespace io::websocket {
namespace {

using namespace std::chrono_literals;
using base::ErrorCode;

base::Log quiet() {
  return base::Log("test", base::LogLevel::error, base::LogFormat::text, [](std::string_view) {});
}

using Serve = std::function<Task<void>(Channel&)>;

/// A WebSocket server whose connections `serve` handles.
struct World {
  explicit World(Serve behaviour)
      : serve(std::move(behaviour)),
        server(
            loop.get_executor(), [this](http::Exchange& exchange) { return handle(exchange); }, {}, quiet()),
        tasks(loop.get_executor(), quiet()),
        listener(std::move(Listener::tcp(loop.get_executor(), "127.0.0.1", 0).value())),
        connector("127.0.0.1", listener->port(), false) {
    tasks.spawn("server", server.run(*listener));
  }

  Task<void> handle(http::Exchange& exchange) {
    if (!is_upgrade(exchange.request())) {
      auto response = http::make_response(426, "application/problem+json", R"({"detail":"upgrade, please"})");
      co_await exchange.respond(std::move(response));
      co_return;
    }
    auto channel = co_await accept(exchange);
    co_await serve(*channel);
  }

  Task<ChannelPtr> open() {
    wire::Fields none;
    auto channel = co_await connect(connector, "h", "/", std::move(none), 5s);
    co_return std::move(channel.value());
  }

  Task<void> with_end(Task<void> body) {
    co_await std::move(body);
    tasks.cancel();
    co_await tasks.join();
    co_await server.close();
  }

  void run(Task<void> body) { support::run(loop, with_end(std::move(body))); }

  asio::io_context loop{1};
  Serve serve;
  http::Server server;
  TaskGroup tasks;
  std::unique_ptr<Listener> listener;
  TcpConnector connector;
};

Task<void> echo(Channel& channel) {
  while (true) {
    auto message = co_await channel.read_message(1 << 24U);
    if (!message || !*message) co_return;
    if ((*message)->text)
      co_await channel.write_text(std::move((*message)->payload));
    else
      co_await channel.write_binary(asio::buffer((*message)->payload));
  }
}

Task<void> talk(World& world) {
  auto channel = co_await world.open();
  for (const std::size_t size : {0UL, 1UL, 125UL, 126UL, 65535UL, 65536UL, 5000000UL}) {
    const std::string payload(size, 'x');
    co_await channel->write_binary(asio::buffer(payload));
    const auto answer = co_await channel->read_message(1 << 24U);
    EXPECT_EQ((*answer)->payload.size(), size);
    EXPECT_FALSE((*answer)->text);
  }
  co_await channel->send_close(4001, "done");
  const auto end = co_await channel->read_message(100);
  EXPECT_TRUE(end && !*end);
  EXPECT_EQ(channel->peer_close_code(), 4001);
}

TEST(WebSocket, EchoesMessagesOfEverySizeAndTheCloseCode) {
  World world(echo);
  world.run(talk(world));
}

/// Frames as deployed Go peers send them: FIN=0, then continuations, the last one empty, a ping in between.
Task<void> send_fragments(Channel& channel) {
  const std::string frames(
      "\x02\x03"
      "abc"
      "\x89\x01p"
      "\x00\x02"
      "de"
      "\x80\x00",
      14);
  co_await write_all(channel.transport(), asio::buffer(frames));
  std::array<char, 6> pong{};
  std::size_t got = 0;
  while (got < pong.size())
    got += co_await channel.transport().read_some(asio::buffer(pong.data() + got, 6 - got));
  EXPECT_EQ(pong[0], static_cast<char>(0x8a));
}

Task<void> read_fragments_as_message(World& world) {
  auto channel = co_await world.open();
  const auto message = co_await channel->read_message(5);
  EXPECT_EQ((*message)->payload, "abcde");
  const auto end = co_await channel->read_message(5);  // TCP closed without a close frame: a normal end
  EXPECT_TRUE(end && !*end);
  EXPECT_EQ(channel->peer_close_code(), 1006);
}

TEST(WebSocket, JoinsFragmentsAndTakesAPlainEndAsTheEnd) {
  World world(send_fragments);
  world.run(read_fragments_as_message(world));
}

Task<void> read_fragments_as_bytes(World& world) {
  auto channel = co_await world.open();
  std::string got;
  std::array<char, 2> buffer{};
  while (true) {
    const auto size = co_await channel->read_bytes(asio::buffer(buffer));
    if (!size || *size == 0) break;
    got.append(buffer.data(), *size);
  }
  EXPECT_EQ(got, "abcde");
}

TEST(WebSocket, GivesBytesAcrossFrames) {
  World world(send_fragments);
  world.run(read_fragments_as_bytes(world));
}

Task<void> read_too_big(World& world) {
  auto channel = co_await world.open();
  const auto message = co_await channel->read_message(4);
  EXPECT_EQ(message.error().code(), ErrorCode::too_large);
}

TEST(WebSocket, RefusesAMessageAboveTheLimit) {
  World world([](Channel& channel) -> Task<void> {
    const std::string text = "hello";
    co_await channel.write_binary(asio::buffer(text));
    const auto end = co_await channel.read_message(100);
    EXPECT_TRUE(end && !*end);
    EXPECT_EQ(channel.peer_close_code(), 1009);
  });
  world.run(read_too_big(world));
}

Task<void> read_rubbish(World& world) {
  auto channel = co_await world.open();
  const auto message = co_await channel->read_message(100);
  EXPECT_EQ(message.error().code(), ErrorCode::malformed);
}

TEST(WebSocket, RefusesFramesOutOfPlace) {
  for (const std::string& frames : {std::string("\x80\x00", 2), std::string("\x02\x00\x82\x00", 4),
                                    std::string("\x83\x00", 2), std::string("\xf2\x00", 2)}) {
    World world([&frames](Channel& channel) -> Task<void> {
      co_await write_all(channel.transport(), asio::buffer(frames));
      co_await channel.read_message(100);
      EXPECT_EQ(channel.peer_close_code(), 1002);
    });
    world.run(read_rubbish(world));
  }
}

Task<void> read_text_as_bytes(World& world) {
  auto channel = co_await world.open();
  std::array<char, 16> buffer{};
  const auto size = co_await channel->read_bytes(asio::buffer(buffer));
  EXPECT_EQ(size.error().code(), ErrorCode::malformed);
}

TEST(WebSocket, RefusesATextFrameWhereBytesAreDue) {
  World world([](Channel& channel) -> Task<void> { co_await channel.write_text("no"); });
  world.run(read_text_as_bytes(world));
}

Task<void> connect_refused(World& world) {
  wire::Fields fields;
  fields.add("Connection", "close");
  http::Request request;
  const auto plain = co_await http::fetch(world.connector, "h", std::move(request));
  EXPECT_EQ(plain.value().status, 426);
}

TEST(WebSocket, IsRefusedToThoseWhoDoNotUpgrade) {
  World world(echo);
  world.run(connect_refused(world));
}

Task<void> stream_both_ways(World& world) {
  auto channel = co_await world.open();
  auto stream = make_framed_stream(std::move(channel));
  const std::string sent(3000000, 'y');
  std::string got;
  TaskGroup tasks(world.loop.get_executor(), quiet());
  tasks.spawn("write", write_all(*stream, asio::buffer(sent)));
  std::array<char, 65536> buffer{};
  while (got.size() < sent.size()) {
    const std::size_t size = co_await stream->read_some(asio::buffer(buffer));
    if (size == 0) break;
    got.append(buffer.data(), size);
  }
  co_await tasks.join();
  EXPECT_EQ(got.size(), sent.size());
  EXPECT_EQ(got, sent);
  co_await stream->shutdown_write();
  const std::size_t end = co_await stream->read_some(asio::buffer(buffer));
  EXPECT_EQ(end, 0U);
}

TEST(FramedStream, CarriesBytesBothWaysAtOnce) {
  World world([](Channel& channel) -> Task<void> {
    std::array<char, 65536> buffer{};
    while (true) {
      const auto size = co_await channel.read_bytes(asio::buffer(buffer));
      if (!size || *size == 0) co_return;
      co_await channel.write_binary(asio::buffer(buffer.data(), *size));
    }
  });
  world.run(stream_both_ways(world));
}

}  // namespace
}  // namespace io::websocket
