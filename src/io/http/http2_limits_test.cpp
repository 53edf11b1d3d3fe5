// What an HTTP/2 server refuses: requests that it must not guess at, and clients that cost more than they
// bring.
#include <gtest/gtest.h>

#include "io/timeout.hpp"
#include "support/http2_world.hpp"

namespace io::http {
namespace {

using namespace std::chrono_literals;
using World = support::Http2World;
namespace frames = support::frames;
using frames::frame;

/// Answers with what the request looks like in HTTP/1.1.
Task<void> describe(Exchange& exchange) {
  const auto& head = exchange.request();
  std::string text = head.method + " " + head.target + "\n";
  for (const auto& field : head.fields.all()) text += field.name + ": " + field.value + "\n";
  auto response = make_response(200, "text/plain", std::move(text));
  co_await exchange.respond(std::move(response));
}

struct Answer {
  int status = 0;
  std::string body;
  std::string failure;
};

Task<void> ask(World& world, wire::Fields fields, Answer& answer) {
  auto session = co_await world.dial_session();
  auto stream = session->open(fields, true);
  const auto head = co_await stream->read_head(1h);
  if (head)
    answer.status = head->status;
  else
    answer.failure = head.error().message();
  while (head) {
    const auto piece = co_await stream->read_some(1h);
    if (!piece || piece->empty()) break;
    answer.body += *piece;
  }
  session->close();
}

Answer asked(std::vector<wire::Field> fields) {
  wire::Fields all;
  all.all() = std::move(fields);
  World world(describe);
  Answer answer;
  world.run(ask(world, std::move(all), answer));
  return answer;
}

std::vector<wire::Field> get(std::vector<wire::Field> more) {
  std::vector<wire::Field> all{{":method", "GET"}, {":scheme", "http"}, {":path", "/"}};
  for (auto& field : more) all.push_back(std::move(field));
  return all;
}

TEST(Http2Requests, ReachHandlersAsTheyWouldOverHttp1) {
  const auto got = asked(
      get({{":authority", "h:1"}, {"cookie", "a=1"}, {"te", "trailers"}, {"cookie", "b=2"}, {"x", "\xe4"}}));

  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.body, "GET /\nhost: h:1\ncookie: a=1; b=2\nte: trailers\nx: \xe4\n");
}

TEST(Http2Requests, MayNameTheirHostInEitherWay) {
  EXPECT_EQ(asked(get({{"host", "h"}})).body, "GET /\nhost: h\n");
  EXPECT_EQ(asked(get({{":authority", "h"}, {"host", "h"}})).body, "GET /\nhost: h\n");
  EXPECT_EQ(asked(get({{":authority", "h"}, {"host", "other"}})).status, 400);
  EXPECT_EQ(asked(get({{":authority", "a b"}})).status, 0);
  EXPECT_EQ(asked(get({{":authority", "a/b"}})).status, 0);
  EXPECT_EQ(asked(get({{":authority", "a:b"}})).status, 400);
}

TEST(Http2Requests, AreRefusedWhereTheyMustNotBeGuessedAt) {
  EXPECT_EQ(asked({{":method", "CONNECT"}, {":authority", "evil.example:443"}}).status, 405);
  EXPECT_EQ(asked({{":method", "CONNECT"},
                   {":protocol", "connect-udp"},
                   {":scheme", "http"},
                   {":path", "/"},
                   {":authority", "h"}})
                .status,
            501);
  EXPECT_EQ(asked({{":method", "GET"}, {":scheme", "ftp"}, {":path", "/"}, {":authority", "h"}}).status, 400);
  for (const auto& field : {wire::Field{"connection", "x"},
                            {"transfer-encoding", "chunked"},
                            {"te", "gzip"},
                            {"upgrade", "h2c"},
                            {"keep-alive", "1"},
                            {"content-length", "1"}}) {
    const auto got = asked(get({{":authority", "h"}, field}));
    EXPECT_EQ(got.status, 0) << field.name;
    EXPECT_NE(got.failure.find("PROTOCOL_ERROR"), std::string::npos) << field.name << ": " << got.failure;
  }
}

Task<void> write_quietly(Stream& stream, std::string text) {
  try {
    co_await write_all(stream, asio::buffer(text));
  } catch (const boost::system::system_error&) {
    // The server ended the connection before it had read all.
  }
}

/// Sends `text`; gives the frames that came until the end, or until one of type `last`.
Task<void> exchange_frames(World& world, std::string text, int last, std::vector<frames::Frame>& got,
                           std::size_t piece) {
  auto stream = co_await world.connector.connect();
  TaskGroup writing(world.loop.get_executor(), support::quiet_log());
  for (std::size_t at = 0; piece > 0 && at < std::min<std::size_t>(60, text.size()); at += piece) {
    co_await write_all(**stream, asio::buffer(text.substr(at, std::min<std::size_t>(piece, 60 - at))));
    auto turn = sleep_for(0ms);
    co_await std::move(turn);
  }
  if (piece > 0) text.erase(0, 60);
  writing.spawn("write", write_quietly(**stream, std::move(text)));
  std::string bytes;
  std::array<char, 65536> buffer{};
  bool done = false;
  while (!done) {
    std::size_t size = 0;
    try {
      size = co_await (*stream)->read_some(asio::buffer(buffer));
    } catch (const boost::system::system_error&) {
      size = 0;
    }
    if (size == 0) break;
    bytes.append(buffer.data(), size);
    for (auto& each : frames::take(bytes)) {
      done = done || each.type == last;
      got.push_back(std::move(each));
    }
  }
  (*stream)->close();
  co_await writing.join();
}

std::vector<frames::Frame> sent(World& world, std::string text, int last = -1, std::size_t piece = 0) {
  std::vector<frames::Frame> got;
  world.run(exchange_frames(world, std::move(text), last, got, piece));
  return got;
}

const frames::Frame* last_of(const std::vector<frames::Frame>& all, int type) {
  for (auto it = all.rbegin(); it != all.rend(); ++it)
    if (it->type == type) return &*it;
  return nullptr;
}

std::string get_head(std::uint32_t stream) {
  return frame(frames::kHeaders, frames::kEndStream | frames::kEndHeaders, stream,
               frames::request_fields("GET", "/"));
}

TEST(Http2Preface, IsKnownInPiecesOfAnySize) {
  for (const std::size_t piece : {1U, 2U, 7U, 59U}) {
    World world(describe);
    const auto got = sent(world, frames::opening() + get_head(1), frames::kHeaders, piece);
    const auto* answer = last_of(got, frames::kHeaders);
    ASSERT_NE(answer, nullptr) << piece;
    EXPECT_EQ(answer->payload.front(), '\x88');  // :status 200, RFC 7541 appendix A
  }
}

Task<void> talk(World& world, std::string text, std::string& got) {
  auto stream = co_await world.connector.connect();
  co_await write_all(**stream, asio::buffer(text));
  std::array<char, 65536> buffer{};
  while (true) {
    const std::size_t size = co_await (*stream)->read_some(asio::buffer(buffer));
    if (size == 0) co_return;
    got.append(buffer.data(), size);
  }
}

TEST(Http2Preface, IsNotTakenForAMethodThatBeginsLikeIt) {
  for (const std::string request : {"PRI /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
                                    "PRI * HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
                                    "PRIME / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
                                    "P / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"}) {
    World world(describe);
    std::string got;
    world.run(talk(world, request, got));
    EXPECT_TRUE(got.starts_with("HTTP/1.1 200 ")) << request << got;
  }
}

TEST(Http2Preface, MustComeInTime) {
  ServerLimits limits;
  limits.head_time = 20ms;
  World world(describe, limits);
  std::string got;
  world.run(talk(world, "PRI * HT", got));
  EXPECT_TRUE(got.starts_with("HTTP/1.1 408 ")) << got;
}

void expect_goaway(const std::vector<frames::Frame>& got, unsigned error) {
  const auto* last = last_of(got, frames::kGoAway);
  ASSERT_NE(last, nullptr);
  EXPECT_EQ(last->error(), error);
}

TEST(Http2Limits, EndsIdleConnectionsWithAGoaway) {
  ServerLimits limits;
  limits.head_time = 20ms;
  limits.keep_alive_time = 30ms;
  World silent(describe, limits);
  expect_goaway(sent(silent, frames::opening()), 0);
  World answered(describe, limits);
  const auto got = sent(answered, frames::opening() + get_head(1));
  expect_goaway(got, 0);
  EXPECT_NE(last_of(got, frames::kHeaders), nullptr);
}

TEST(Http2Limits, WaitsForNoHeadForEver) {
  ServerLimits limits;
  limits.head_time = 20ms;
  World world(describe, limits);
  expect_goaway(
      sent(world, frames::opening() + frame(frames::kHeaders, 0, 1, frames::request_fields("GET", "/"))),
      0xb);
}

std::string repeated(std::size_t times, const std::string& text) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

TEST(Http2Limits, EndsFloodsOfFramesThatMoveNothing) {
  const auto head = frame(frames::kHeaders, frames::kEndHeaders, 1, frames::request_fields("POST", "/"));
  for (const auto& one : {frame(frames::kPing, 0, 0, "12345678"), frame(frames::kSettings, 0, 0, ""),
                          frame(frames::kData, 0, 1, "")}) {
    World world([](Exchange& exchange) -> Task<void> {
      static_cast<void>(co_await exchange.read_body(1000));
      co_await exchange.client_gone();
    });
    expect_goaway(sent(world, frames::opening() + head + repeated(3000, one)), 0xb);
  }
}

TEST(Http2Limits, AllowsAsManyPingsAsThereIsTraffic) {
  World world([](Exchange& exchange) -> Task<void> {
    auto response = make_response(200, "text/plain", "");
    co_await exchange.respond(std::move(response));
  });
  const auto ping = frame(frames::kPing, 0, 0, "12345678");
  const auto got = sent(world, frames::opening() + repeated(900, ping) + get_head(1), frames::kHeaders);
  EXPECT_EQ(got.back().type, frames::kHeaders);
}

TEST(Http2Limits, EndsFloodsOfContinuations) {
  World world(describe);
  const auto start = frame(frames::kHeaders, frames::kEndStream, 1, frames::request_fields("GET", "/"));
  const auto more = frame(frames::kContinuation, 0, 1, frames::field("x", "y"));
  const auto got = sent(world, frames::opening() + start + repeated(1000, more));
  EXPECT_EQ(last_of(got, frames::kHeaders), nullptr);
}

TEST(Http2Limits, EndsConnectionsThatResetWhatTheyAsk) {
  World world(describe);
  std::string text = frames::opening();
  for (std::uint32_t id = 1; id < 20000; id += 2)
    text += get_head(id) + frame(frames::kReset, 0, id, std::string("\0\0\0\x8", 4));
  EXPECT_NE(last_of(sent(world, std::move(text), frames::kGoAway), frames::kGoAway), nullptr);
}

struct Count {
  std::size_t running = 0;
};

Task<void> work_for_ever(Exchange&, Count& count) {
  ++count.running;
  co_await sleep_for(1h);
}

/// Each request is reset while its handler works on.
Task<void> ask_and_reset(World& world, const Count& count, std::string& refusal) {
  auto session = co_await world.dial_session();
  const auto fields = from_request(support::http2_request("GET", "/"), false);
  for (std::size_t round = 1; round <= 4; ++round) {
    std::vector<Http2StreamPtr> streams;
    for (int i = 0; i < 50; ++i) streams.push_back(session->open(fields, true));
    while (count.running < 50 * round) co_await sleep_for(1ms);
    for (const auto& stream : streams) stream->reset(Http2Error::cancel);
  }
  auto late = session->open(fields, true);
  const auto answer = co_await late->read_head(1h);
  if (!answer) refusal = answer.error().message();
  session->close();
}

/// CVE-2023-44487: the limit of streams alone does not bound what they left behind.
TEST(Http2Limits, BoundsWhatRapidResetsLeaveRunning) {
  Count count;
  std::string refusal;
  World world([&count](Exchange& exchange) { return work_for_ever(exchange, count); });
  world.run(ask_and_reset(world, count, refusal));
  EXPECT_EQ(count.running, 200U);
  EXPECT_NE(refusal.find("REFUSED_STREAM"), std::string::npos) << refusal;
}

TEST(Http2Limits, RefusesTooManyStreamsAtOnce) {
  World world([](Exchange& exchange) -> Task<void> { co_await exchange.client_gone(); });
  std::string text = frames::opening();
  for (std::uint32_t id = 1; id < 2 * 101 + 1; id += 2) text += get_head(id);
  const auto got = sent(world, std::move(text), frames::kReset);
  EXPECT_EQ(got.back().stream, 201U);
  EXPECT_EQ(got.back().error(), 7U);  // REFUSED_STREAM
}

}  // namespace
}  // namespace io::http
