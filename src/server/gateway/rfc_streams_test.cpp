// Upgraded connections (RFC 6455 over RFC 9110 §7.8) and clients that leave, at socket level: what crosses is
// bytes, and an end or a break on one side is known on the other within 2 s.
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <gtest/gtest.h>

#include "support/gateway_world.hpp"
#include "wire/websocket_frame.hpp"

namespace server {
namespace {

using namespace std::string_literals;

using support::AppScript;
using support::GatewayWorld;
using support::kEnd;
using support::kReset;
using wire::WebSocketOpcode;
using Carrier = GatewayWorld::Carrier;

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

const std::string kAsk =
    "GET /chat HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Protocol: graphql-ws, chat.v2\r\n"
    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits, x-own\r\n\r\n";
const std::string kSwitched =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat.v2\r\n"
    "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n";

/// A frame of a client, masked; its payload is what masked bytes look like anyway.
std::string frame(WebSocketOpcode opcode, bool fin, const std::string& payload, bool reserved = false) {
  wire::WebSocketHeader header;
  header.opcode = opcode;
  header.fin = fin;
  header.mask = {1, 2, 3, 4};
  header.length = payload.size();
  std::string bytes;
  wire::encode_websocket_header(header, bytes);
  if (reserved) bytes[0] = static_cast<char>(bytes[0] | 0x40);  // RSV1: permessage-deflate
  return bytes + payload;
}

/// Answers the handshake, then gives back every byte.
io::Task<void> echo_upgraded(io::Stream& stream, std::string& got) {
  co_await support::read_into(stream, got, "\r\n\r\n");
  co_await support::say(stream, kSwitched);
  std::array<char, 65536> buffer{};
  while (true) {
    const std::size_t size = co_await stream.read_some(io::asio::buffer(buffer));
    if (size == 0) break;
    got.append(buffer.data(), size);
    co_await io::write_all(stream, io::asio::buffer(buffer.data(), size));
  }
  got += kEnd;
}

struct Frames {
  const char* name;
  std::string bytes;
};

TEST(RfcStreams, PassWebSocketsAsBytes) {
  const std::string close_payload = "\x0f\xa0"s;  // 4000
  const std::vector<Frames> rows{
      {"a message in fragments with control frames between them",
       frame(WebSocketOpcode::text, false, "one ") + frame(WebSocketOpcode::ping, true, "are you there") +
           frame(WebSocketOpcode::continuation, false, "two ") + frame(WebSocketOpcode::pong, true, "") +
           frame(WebSocketOpcode::continuation, true, "three")},
      {"a compressed frame", frame(WebSocketOpcode::binary, true, "\xaa\x56\x4a", true)},
      {"text that is not UTF-8", frame(WebSocketOpcode::text, true, "\xff\xfe")},
      {"a close frame with a code of the app's own",
       frame(WebSocketOpcode::close, true, close_payload + "enough")},
      {"a close frame without a code", frame(WebSocketOpcode::close, true, "")},
      {"what breaks every rule of WebSocket", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00zz"s},
      {"a message of 16 MB", frame(WebSocketOpcode::binary, true, std::string(16'000'000, 'm'))},
  };
  using namespace io::asio::experimental::awaitable_operators;
  for (const auto carrier : {Carrier::raw, Carrier::framed}) {
    GatewayWorld world(carrier);
    world.script.behave = echo_upgraded;
    const auto scene = [&](GatewayWorld& at) -> io::Task<void> {
      for (const auto& row : rows) {
        SCOPED_TRACE(row.name);
        at.forget();
        auto client = co_await at.open();
        co_await support::say(*client, kAsk);
        std::string answer;
        co_await support::read_into(*client, answer, "\r\n\r\n");
        EXPECT_TRUE(has(answer, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n")) << answer;
        EXPECT_TRUE(has(answer, "Sec-WebSocket-Protocol: chat.v2\r\n")) << answer;
        EXPECT_TRUE(has(answer, "Sec-WebSocket-Extensions: permessage-deflate\r\n")) << answer;

        std::string echoed;
        auto writing = support::say(*client, row.bytes);
        auto reading = [](io::Stream& from, std::string& into, std::size_t size) -> io::Task<void> {
          std::array<char, 65536> buffer{};
          while (into.size() < size) {
            const std::size_t count = co_await from.read_some(io::asio::buffer(buffer));
            if (count == 0) co_return;
            into.append(buffer.data(), count);
          }
        }(*client, echoed, row.bytes.size());
        auto both = std::move(writing) && std::move(reading);
        co_await std::move(both);
        EXPECT_TRUE(echoed == row.bytes) << "the client got " << echoed.size() << " bytes";
        const auto& got = at.got.front();
        const auto body = got.find("\r\n\r\n") + 4;
        EXPECT_TRUE(got.compare(body, std::string::npos, row.bytes) == 0) << "the app got other bytes";
        const std::string head = got.substr(0, body);
        for (const std::string line :
             {"Connection: Upgrade\r\n", "Upgrade: websocket\r\n",
              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
              "Sec-WebSocket-Protocol: graphql-ws, chat.v2\r\n",
              "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits, x-own\r\n"})
          EXPECT_TRUE(has(head, line)) << line << " in " << head;
      }
    };
    world.run(scene);
  }
}

TEST(RfcStreams, PassWhatComesRightBehindTheHeads) {
  GatewayWorld world;
  world.script.answer = kSwitched + "from the app";
  world.run([](GatewayWorld& at) -> io::Task<void> {
    auto client = co_await at.open();
    co_await support::say(*client, kAsk + "from the client");
    const auto answer = co_await support::read_until(*client, "from the app");
    EXPECT_TRUE(answer.ends_with("\r\n\r\nfrom the app")) << answer;
    const auto arrived = [&] { return at.got.front().ends_with("\r\n\r\nfrom the client"); };
    const bool soon = co_await GatewayWorld::soon(arrived);
    EXPECT_TRUE(soon) << at.got.front();
  });
}

TEST(RfcStreams, KeepTheOtherHalfOfAnUpgradedConnectionOpen) {
  GatewayWorld world;
  world.script.behave = [](io::Stream& stream, std::string& got) -> io::Task<void> {
    co_await support::read_into(stream, got, "\r\n\r\n");
    co_await support::say(stream, kSwitched);
    co_await support::read_into(stream, got, "");  // to the client's end
    co_await support::say(stream, "after your end");
  };
  world.run([](GatewayWorld& at) -> io::Task<void> {
    auto client = co_await at.open();
    co_await support::say(*client, kAsk);
    co_await support::read_until(*client, "\r\n\r\n");
    co_await support::say(*client, "all");
    co_await client->shutdown_write();
    const auto rest = co_await support::read_until(*client, "");
    EXPECT_EQ(rest, "after your end" + std::string(kEnd));
    EXPECT_TRUE(at.got.front().ends_with("\r\n\r\nall" + std::string(kEnd))) << at.got.front();
  });
}

TEST(RfcStreams, EndBothHalvesWhereTheTunnelHasNoHalfClose) {
  GatewayWorld world(Carrier::framed);
  world.script.behave = echo_upgraded;
  world.run([](GatewayWorld& at) -> io::Task<void> {
    auto client = co_await at.open();
    co_await support::say(*client, kAsk);
    co_await support::read_until(*client, "\r\n\r\n");
    co_await client->shutdown_write();
    const auto told = [&] { return at.got.front().ends_with(kEnd); };
    const bool soon = co_await GatewayWorld::soon(told);
    EXPECT_TRUE(soon);
  });
}

enum class Leave { end, close, reset };

struct Left {
  const char* name;
  std::string request;
  std::string answer;    // of the app, before the client leaves
  std::string wait_for;  // by the client, before it leaves
  Leave how;
};

TEST(RfcStreams, TellTheAppWithin2SecondsThatTheClientLeft) {
  const std::string get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  const std::string upload = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\nhalf";
  const std::string chunks = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n";
  const std::string stream = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n";
  const std::vector<Left> rows{
      {"an upload, ended", upload, "", "", Leave::end},
      {"an upload, closed", upload, "", "", Leave::close},
      {"an upload, reset", upload, "", "", Leave::reset},
      {"an upload in chunks, ended", chunks, "", "", Leave::end},
      {"an upload in chunks, reset", chunks, "", "", Leave::reset},
      {"an upload whose answer has begun, reset", upload, stream, "data", Leave::reset},
      {"waiting, ended", get, "", "", Leave::end},
      {"waiting, closed", get, "", "", Leave::close},
      {"waiting, reset", get, "", "", Leave::reset},
      {"streaming, ended", get, stream, "data", Leave::end},
      {"streaming, closed", get, stream, "data", Leave::close},
      {"streaming, reset", get, stream, "data", Leave::reset},
      {"a WebSocket, ended", kAsk, kSwitched, "\r\n\r\n", Leave::end},
      {"a WebSocket, closed", kAsk, kSwitched, "\r\n\r\n", Leave::close},
      {"a WebSocket, reset", kAsk, kSwitched, "\r\n\r\n", Leave::reset},
  };
  for (const auto carrier : {Carrier::raw, Carrier::framed}) {
    GatewayWorld world(carrier);
    const auto body = [&](GatewayWorld& at) -> io::Task<void> {
      for (const auto& row : rows) {
        SCOPED_TRACE(std::string(row.name) + (carrier == Carrier::raw ? ", raw" : ", framed"));
        at.forget();
        at.script.answer = row.answer;
        auto client = co_await at.open();
        co_await support::say(*client, row.request);
        const auto arrived = [&] { return !at.got.empty() && has(at.got.front(), "\r\n\r\n"); };
        const bool there = co_await GatewayWorld::soon(arrived);
        EXPECT_TRUE(there);
        if (!row.wait_for.empty()) co_await support::read_until(*client, row.wait_for);
        if (row.how == Leave::end) co_await client->shutdown_write();
        if (row.how == Leave::close) client->close();
        if (row.how == Leave::reset) client->reset();
        const auto told = [&] { return at.got.front().ends_with(kEnd) || at.got.front().ends_with(kReset); };
        const bool soon = co_await GatewayWorld::soon(told);
        EXPECT_TRUE(soon) << at.got.front();
        EXPECT_FALSE(has(at.got.front(), "\r\n0\r\n")) << "half a request was made to look complete";
      }
    };
    world.run(body);
  }
}

TEST(RfcStreams, TellTheClientThatAnUpgradedAppBroke) {
  GatewayWorld world;
  world.script.answer = kSwitched;
  world.script.end = AppScript::End::reset;
  world.run([](GatewayWorld& at) -> io::Task<void> {
    const auto broken = co_await at.ask(kAsk);
    EXPECT_TRUE(broken.ends_with(kReset)) << broken;
    at.script.end = AppScript::End::close;
    const auto ended = co_await at.ask(kAsk, std::string(kEnd));
    EXPECT_TRUE(ended.starts_with("HTTP/1.1 101 ")) << ended;
  });
}

TEST(RfcStreams, GiveUpOnAnAppThatStaysSilent) {
  AppProxyLimits limits;
  limits.idle = std::chrono::milliseconds(20);
  GatewayWorld world(Carrier::raw, limits);
  world.script.wait_for = "<never>";
  world.run([](GatewayWorld& at) -> io::Task<void> {
    const auto answer = co_await at.ask("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 504 ")) << answer;
  });
}

}  // namespace
}  // namespace server
