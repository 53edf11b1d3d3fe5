// The HTTP/2 client against servers that do what servers should not, frame by frame.
#include <gtest/gtest.h>

#include "io/timeout.hpp"
#include "support/http2_world.hpp"

namespace io::http {
namespace {

using namespace std::chrono_literals;
using base::ErrorCode;
namespace frames = support::frames;
using frames::frame;

/// Sends `answer` once a request's head is there, and reads on until the client ends.
Task<void> play_server(Listener& listener, std::string greeting, std::string answer) {
  std::string peer;
  auto stream = co_await listener.accept(peer);
  co_await write_all(*stream, asio::buffer(greeting));
  std::string bytes;
  std::array<char, 65536> buffer{};
  bool answered = false;
  while (true) {
    std::size_t size = 0;
    try {
      size = co_await stream->read_some(asio::buffer(buffer));
    } catch (const boost::system::system_error&) {
      co_return;
    }
    if (size == 0) co_return;
    bytes.append(buffer.data(), size);
    if (bytes.size() < kHttp2Preface.size() || answered) continue;
    if (bytes.starts_with(kHttp2Preface)) bytes.erase(0, kHttp2Preface.size());
    for (const auto& each : frames::take(bytes)) answered = answered || each.type == frames::kHeaders;
    if (answered) co_await write_all(*stream, asio::buffer(answer));
    if (answered && answer.empty()) stream->close();
  }
}

struct Outcome {
  base::Result<void> sent;
  std::string heads;
  std::string length;  // Content-Length of the last head
  std::string body;
  std::optional<ErrorCode> failure;
  std::string words;
  bool anything_received = false;

  void fail(const base::Error& error) {
    failure = error.code();
    words = error.message();
  }
};

Task<void> ask(Http2ClientExchange& client, bool websocket, Outcome& outcome) {
  auto head = support::http2_request("GET", "/");
  if (websocket) head.fields.add("Upgrade", "websocket");
  if (websocket) head.fields.add("Connection", "Upgrade");
  outcome.sent = co_await client.send_head(std::move(head), wire::Framing{});
  if (!outcome.sent) co_return outcome.fail(outcome.sent.error());
  while (!outcome.heads.ends_with("200 ")) {
    const auto answer = co_await client.read_head();
    outcome.anything_received = client.anything_received();
    if (!answer) co_return outcome.fail(answer.error());
    outcome.heads += std::to_string(answer->status) + " ";
    outcome.length = answer->fields.find("Content-Length").value_or("none");
  }
  while (true) {
    const auto piece = co_await client.read_some();
    if (!piece) co_return outcome.fail(piece.error());
    if (piece->empty()) co_return;
    outcome.body += *piece;
  }
}

Task<void> play(asio::io_context& loop, std::string greeting, std::string answer, bool websocket,
                Outcome& outcome) {
  auto listener = std::move(Listener::tcp(loop.get_executor(), "127.0.0.1", 0).value());
  TaskGroup tasks(loop.get_executor(), support::quiet_log());
  tasks.spawn("server", play_server(*listener, std::move(greeting), std::move(answer)));
  auto stream = co_await connect_tcp("127.0.0.1", listener->port(), 10s);
  {
    Http2ClientExchange client(std::move(stream.value()), tasks);
    co_await ask(client, websocket, outcome);
  }
  co_await tasks.join();
}

Outcome answered(std::string answer, bool websocket = false,
                 std::string greeting = frame(frames::kSettings, 0, 0, "")) {
  asio::io_context loop{1};
  Outcome outcome;
  support::run(loop, play(loop, std::move(greeting), std::move(answer), websocket, outcome));
  return outcome;
}

std::string head_of(std::string_view status, std::string more = {}, int flags = frames::kEndHeaders) {
  return frame(frames::kHeaders, flags, 1, frames::field(":status", status) + more);
}

constexpr int kWhole = frames::kEndHeaders | frames::kEndStream;

TEST(Http2Client, ReadsAnAnswerThatComesInParts) {
  const auto got = answered(head_of("103") + head_of("200") + frame(frames::kData, 0, 1, "a") +
                            frame(frames::kData, frames::kEndStream, 1, "b"));
  EXPECT_EQ(got.heads, "103 200 ");
  EXPECT_EQ(got.body, "ab");
  EXPECT_FALSE(got.failure);
}

TEST(Http2Client, SaysThatAnAnswerEndedWithItsHead) {
  EXPECT_EQ(answered(head_of("200", "", kWhole)).length, "0");
  EXPECT_EQ(answered(head_of("200") + frame(frames::kData, frames::kEndStream, 1, "b")).length, "none");
  const auto with_trailers =
      head_of("200") + frame(frames::kHeaders, kWhole, 1, frames::field("own", "kept"));
  EXPECT_EQ(answered(with_trailers).length, "none") << "trailers need a body to follow";
}

TEST(Http2Client, TakesNothingCutShortForWhole) {
  const auto reset = answered(head_of("200") + frame(frames::kData, 0, 1, "half") +
                              frame(frames::kReset, 0, 1, std::string("\0\0\0\2", 4)));
  EXPECT_EQ(reset.body, "half");
  EXPECT_EQ(reset.failure, ErrorCode::peer_closed);
  EXPECT_NE(reset.words.find("INTERNAL_ERROR"), std::string::npos) << reset.words;
  const auto nothing = answered("");
  EXPECT_EQ(nothing.failure, ErrorCode::peer_closed);
  EXPECT_FALSE(nothing.anything_received);
}

TEST(Http2Client, KnowsWhatMayBeSentAgain) {
  const auto refused = answered(frame(frames::kReset, 0, 1, std::string("\0\0\0\7", 4)));
  EXPECT_EQ(refused.failure, ErrorCode::peer_closed);
  EXPECT_FALSE(refused.anything_received);
  const auto gone = answered(frame(frames::kGoAway, 0, 0, std::string(8, '\0')));
  EXPECT_EQ(gone.failure, ErrorCode::peer_closed);
  EXPECT_FALSE(gone.anything_received);
}

TEST(Http2Client, SaysThatAnAnswerIsMalformed) {
  const auto wrong_length = head_of("200", frames::field("content-length", "5")) +
                            frame(frames::kData, frames::kEndStream, 1, "four");
  EXPECT_EQ(answered(wrong_length).failure, ErrorCode::malformed);
  for (const auto& answer :
       {head_of("200", frames::field("connection", "x"), kWhole), head_of("101", {}, kWhole),
        frame(frames::kHeaders, kWhole, 1, frames::field("x", "y")), head_of("abc", {}, kWhole),
        head_of("100", {}, kWhole), head_of("200", frames::field("X", "y"), kWhole)}) {
    const auto got = answered(answer);
    EXPECT_EQ(got.failure, ErrorCode::malformed) << got.words;
    EXPECT_EQ(got.heads, "");
  }
}

TEST(Http2Client, BoundsInterimAnswersAndHeads) {
  std::string flood;
  for (int i = 0; i < 1000; ++i) flood += head_of("103");
  EXPECT_EQ(answered(flood).failure, ErrorCode::malformed);
  std::string many;
  for (int i = 0; i < 101; ++i) many += frames::field("x", "y");
  EXPECT_EQ(answered(head_of("200", many, kWhole)).failure, ErrorCode::malformed);
}

TEST(Http2Client, AsksForNoWebSocketThatTheServerHasNotOffered) {
  const auto got = answered("", true);
  EXPECT_EQ(got.failure, ErrorCode::malformed);
  EXPECT_NE(got.words.find("RFC 8441"), std::string::npos);
}

Task<void> ask_the_silent(asio::io_context& loop, Outcome& outcome) {
  auto listener = std::move(Listener::tcp(loop.get_executor(), "127.0.0.1", 0).value());
  TaskGroup tasks(loop.get_executor(), support::quiet_log());
  tasks.spawn("server", play_server(*listener, "", ""));
  auto stream = co_await connect_tcp("127.0.0.1", listener->port(), 10s);
  {
    Http2ClientExchange client(std::move(stream.value()), tasks, 20ms);
    co_await ask(client, true, outcome);
  }
  co_await tasks.join();
}

TEST(Http2Client, WaitsForAServersFirstWordOnlySoLong) {
  asio::io_context loop{1};
  Outcome outcome;
  support::run(loop, ask_the_silent(loop, outcome));
  EXPECT_EQ(outcome.failure, ErrorCode::malformed);
  EXPECT_NE(outcome.words.find("does not speak HTTP/2"), std::string::npos) << outcome.words;
}

TEST(Http2Client, SaysThatAServerSpeaksNoHttp2) {
  const auto got = answered("", false, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(got.failure, ErrorCode::malformed);
  EXPECT_NE(got.words.find("does not speak HTTP/2"), std::string::npos) << got.words;
}

}  // namespace
}  // namespace io::http
