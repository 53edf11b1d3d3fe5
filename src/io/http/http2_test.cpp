// Server and client of HTTP/2 against each other over real loopback sockets.
#include <gtest/gtest.h>

#include "io/timeout.hpp"
#include "io/websocket/channel.hpp"
#include "support/http2_world.hpp"

namespace io::http {
namespace {

using namespace std::chrono_literals;
using base::ErrorCode;
using support::http2_request;
using support::read_to_end;
using World = support::Http2World;

constexpr wire::Framing kNoBody{};
constexpr wire::Framing kUnknown{wire::Framing::Kind::chunked, 0};

std::string long_text(std::size_t size) {
  std::string text(size, '\0');
  unsigned state = 1;
  for (char& c : text) {
    state = state * 1664525 + 1013904223;
    c = static_cast<char>(state >> 24);
  }
  return text;
}

/// Sends back what comes, as it comes; a trailer of the request becomes one of the answer.
Task<void> echo(Exchange& exchange) {
  wire::ResponseHead head;
  head.fields.add("X-Target", exchange.request().target);
  head.fields.add("X-Host", std::string(exchange.request().fields.find("Host").value_or("")));
  head.fields.add("Connection", "X-Dropped");
  head.fields.add("X-Dropped", "1");
  co_await exchange.start_response(std::move(head));
  while (true) {
    const auto piece = co_await exchange.read_body_some();
    if (!piece) {
      exchange.abandon();
      co_return;
    }
    if (piece->empty()) break;
    co_await exchange.write_body(asio::buffer(*piece));
  }
  wire::Fields trailers;
  trailers.add("X-End", std::string(exchange.trailers().find("x-sum").value_or("none")));
  co_await exchange.finish(std::move(trailers));
}

Task<void> converse(World& world) {
  auto client = co_await world.dial();
  const auto sent = co_await client->send_head(http2_request("POST", "/a//%2F/\xc3\xa4?b=c"), kUnknown);
  EXPECT_TRUE(sent);
  const auto head = co_await client->read_head();
  EXPECT_TRUE(head) << head.error().message();
  EXPECT_EQ(head->status, 200);
  EXPECT_EQ(head->fields.find("x-target"), "/a//%2F/\xc3\xa4?b=c");
  EXPECT_EQ(head->fields.find("x-host"), "example.test");
  EXPECT_EQ(head->fields.count("x-dropped"), 0U);
  for (const std::string word : {"one", "two", "three"}) {
    const auto written = co_await client->write_body(asio::buffer(word));
    EXPECT_TRUE(written);
    const auto back = co_await client->read_some();
    EXPECT_EQ(back.value(), word);
  }
  wire::Fields trailers;
  trailers.add("X-Sum", "42");
  const auto finished = co_await client->finish_body(std::move(trailers));
  EXPECT_TRUE(finished);
  const auto end = co_await client->read_some();
  EXPECT_EQ(end.value(), "");
  EXPECT_EQ(client->trailers().find("x-end"), "42");
}

TEST(Http2, CarriesBothDirectionsAtOnceWithTrailers) {
  World world(echo);
  world.run(converse(world));
}

Task<void> send_all(Http2ClientExchange& client, std::string text) {
  for (std::size_t at = 0; at < text.size(); at += 100000) {
    const auto piece = std::min<std::size_t>(100000, text.size() - at);
    const auto written = co_await client.write_body(asio::buffer(text.data() + at, piece));
    EXPECT_TRUE(written) << written.error().message();
  }
  wire::Fields none;
  const auto finished = co_await client.finish_body(std::move(none));
  EXPECT_TRUE(finished);
}

Task<void> send_much(World& world) {
  auto client = co_await world.dial();
  co_await client->send_head(http2_request("PUT", "/"), kUnknown);
  const auto text = long_text(5 * 1000 * 1000);
  TaskGroup sending(world.loop.get_executor(), support::quiet_log());
  sending.spawn("send", send_all(*client, text));
  const auto head = co_await client->read_head();
  EXPECT_EQ(head.value().status, 200);
  std::string failure;
  const auto got = co_await read_to_end(*client, failure);
  EXPECT_EQ(failure, "");
  EXPECT_TRUE(got == text) << got.size();
  co_await sending.join();
}

TEST(Http2, CarriesMoreThanAnyWindow) {
  World world(echo);
  world.run(send_much(world));
}

Task<void> kinds(Exchange& exchange) {
  const auto& target = exchange.request().target;
  if (target == "/interim") {
    wire::ResponseHead hints;
    hints.status = 103;
    hints.fields.add("Link", "</a>");
    co_await exchange.write_interim(std::move(hints));
  }
  if (target == "/throw") throw std::runtime_error("broken");
  if (target == "/nothing") co_return;
  auto response = make_response(target == "/204" ? 204 : 200, "text/plain", target == "/204" ? "" : "body");
  co_await exchange.respond(std::move(response));
}

Task<void> ask(World& world, std::string method, std::string target, std::string& summary) {
  auto client = co_await world.dial();
  co_await client->send_head(http2_request(std::move(method), std::move(target)), kNoBody);
  while (true) {
    const auto head = co_await client->read_head();
    if (!head) {
      summary += head.error().message();
      co_return;
    }
    summary += std::to_string(head->status) + " ";
    if (head->status >= 200) break;
  }
  std::string failure;
  const auto body = co_await read_to_end(*client, failure);
  if (body.size() < 20) summary += body;
  summary += failure;
}

std::string asked(std::string method, std::string target) {
  World world(kinds);
  std::string summary;
  world.run(ask(world, std::move(method), std::move(target), summary));
  return summary;
}

TEST(Http2, GivesEveryKindOfAnswer) {
  EXPECT_EQ(asked("GET", "/"), "200 body");
  EXPECT_EQ(asked("HEAD", "/"), "200 ");
  EXPECT_EQ(asked("GET", "/204"), "204 ");
  EXPECT_EQ(asked("GET", "/interim"), "103 200 body");
  EXPECT_EQ(asked("OPTIONS", "*"), "200 body");
  EXPECT_TRUE(asked("GET", "/throw").starts_with("500 "));
  EXPECT_TRUE(asked("GET", "/nothing").starts_with("500 "));
  EXPECT_TRUE(asked("GET", "/" + std::string(16 * 1024, 'a')).starts_with("414 "));
  EXPECT_TRUE(asked("GET", "/" + std::string(16 * 1024 - 1, 'a')).starts_with("200 "));
}

Task<void> ask_with_fields(World& world, std::size_t fields, std::string value, int& status) {
  auto client = co_await world.dial();
  auto head = http2_request("GET", "/");
  for (std::size_t i = 1; i < fields; ++i) head.fields.add("x" + std::to_string(i), value);
  co_await client->send_head(std::move(head), kNoBody);
  const auto answer = co_await client->read_head();
  status = answer ? answer->status : 0;
}

TEST(Http2, LimitsHeads) {
  struct Case {
    std::size_t fields;
    std::size_t value;
    int status;
  };
  for (const auto& [fields, value, status] :
       {Case{100, 1, 200}, Case{102, 1, 431}, Case{50, 1000, 200}, Case{70, 1000, 431}}) {
    World world(kinds);
    int got = 0;
    world.run(ask_with_fields(world, fields, std::string(value, 'v'), got));
    EXPECT_EQ(got, status) << fields << " fields of " << value;
  }
}

Task<void> cut_short(World& world) {
  auto client = co_await world.dial();
  co_await client->send_head(http2_request("GET", "/"), kNoBody);
  const auto head = co_await client->read_head();
  EXPECT_EQ(head.value().status, 200);
  std::string failure;
  const auto body = co_await read_to_end(*client, failure);
  EXPECT_EQ(body, "half");
  EXPECT_NE(failure, "");
}

Task<void> half(Exchange& exchange, bool abandons) {
  wire::ResponseHead head;
  co_await exchange.start_response(std::move(head));
  const std::string text = "half";
  co_await exchange.write_body(asio::buffer(text));
  if (abandons) exchange.abandon();
}

TEST(Http2, NeverEndsATruncatedAnswerCleanly) {
  for (const bool abandons : {false, true}) {
    World world([abandons](Exchange& exchange) { return half(exchange, abandons); });
    world.run(cut_short(world));
  }
}

Task<void> upload_for_ever(Http2ClientExchange& client, std::string& failure) {
  const auto text = long_text(100000);
  while (failure.empty()) {
    const auto written = co_await client.write_body(asio::buffer(text));
    if (!written) failure = written.error().message();
  }
}

Task<void> answered_early(World& world) {
  auto client = co_await world.dial();
  co_await client->send_head(http2_request("POST", "/"), kUnknown);
  TaskGroup sending(world.loop.get_executor(), support::quiet_log());
  std::string stopped;
  sending.spawn("send", upload_for_ever(*client, stopped));
  const auto head = co_await client->read_head();
  EXPECT_EQ(head.value().status, 403);
  std::string failure;
  const auto body = co_await read_to_end(*client, failure);
  EXPECT_EQ(body, "no");
  EXPECT_EQ(failure, "");
  co_await sending.join();
  EXPECT_NE(stopped.find("NO_ERROR"), std::string::npos) << stopped;
}

TEST(Http2, AnswersARunningUploadAndStopsIt) {
  World world([](Exchange& exchange) -> Task<void> {
    auto response = make_response(403, "text/plain", "no");
    co_await exchange.respond(std::move(response));
  });
  world.run(answered_early(world));
}

struct Watch {
  bool gone = false;
  bool started = false;
};

Task<void> leave_early(World& world, Watch& watch, bool resets) {
  auto session = co_await world.dial_session();
  auto stream = session->open(from_request(http2_request("GET", "/"), false), true);
  while (!watch.started) co_await sleep_for(1ms);
  if (resets)
    stream->reset(Http2Error::cancel);
  else
    session->close();
  while (!watch.gone) co_await sleep_for(1ms);
  session->close();
}

Task<void> wait_for_the_end(Exchange& exchange, Watch& watch) {
  watch.started = true;
  const bool gone = co_await exchange.client_gone();
  EXPECT_TRUE(gone);
  watch.gone = true;
  exchange.abandon();
}

TEST(Http2, TellsHandlersThatTheClientLeft) {
  for (const bool resets : {true, false}) {
    Watch watch;
    World world([&watch](Exchange& exchange) { return wait_for_the_end(exchange, watch); });
    world.run(leave_early(world, watch, resets));
    EXPECT_TRUE(watch.gone);
  }
}

/// /slow sends far more than a window; /sink never reads; others echo.
Task<void> uneven(Exchange& exchange) {
  if (exchange.request().target == "/sink") {
    const bool gone = co_await exchange.client_gone();
    EXPECT_TRUE(gone);
    exchange.abandon();
    co_return;
  }
  if (exchange.request().target != "/slow") co_return co_await echo(exchange);
  wire::ResponseHead head;
  co_await exchange.start_response(std::move(head));
  const auto text = long_text(3 * 1000 * 1000);
  co_await exchange.write_body(asio::buffer(text));
  co_await exchange.finish();
}

Task<void> fill(Http2Stream& stream, std::size_t size) {
  const std::string text(size, 'x');
  static_cast<void>(co_await stream.write(asio::buffer(text), 1h));
}

Task<void> one_is_slow(World& world) {
  auto session = co_await world.dial_session();
  auto slow = session->open(from_request(http2_request("GET", "/slow"), false), true);
  auto sink = session->open(from_request(http2_request("POST", "/sink"), false), false);
  TaskGroup filling(world.loop.get_executor(), support::quiet_log());
  filling.spawn("fill", fill(*sink, 1000 * 1000));
  for (int i = 0; i < 3; ++i) {
    auto quick = session->open(from_request(http2_request("POST", "/"), false), false);
    const auto text = long_text(150 * 1000);
    const auto written = co_await quick->write(asio::buffer(text), 1h);
    EXPECT_TRUE(written);
    wire::Fields none;
    co_await quick->finish(std::move(none), 1h);
    std::string got;
    while (got.size() < text.size()) {
      const auto piece = co_await quick->read_some(1h);
      if (!piece || piece->empty()) break;
      got += *piece;
    }
    EXPECT_TRUE(got == text) << got.size();
  }
  std::size_t total = 0;
  while (true) {
    const auto piece = co_await slow->read_some(1h);
    EXPECT_TRUE(piece);
    if (!piece || piece->empty()) break;
    total += piece->size();
  }
  EXPECT_EQ(total, 3U * 1000 * 1000);
  sink->reset(Http2Error::cancel);
  co_await filling.join();
  session->close();
}

TEST(Http2, LetsNoSlowStreamDelayAnother) {
  World world(uneven);
  world.run(one_is_slow(world));
}

Task<void> serve_websocket(Exchange& exchange) {
  EXPECT_TRUE(websocket::is_upgrade(exchange.request()));
  auto channel = co_await websocket::accept(exchange);
  while (true) {
    auto message = co_await channel->read_message(1 << 20);
    if (!message || !*message) break;
    const auto sent = co_await channel->write_text((*message)->payload);
    EXPECT_TRUE(sent);
  }
  co_await channel->send_close(1000, "bye");
}

Task<void> talk_websocket(World& world) {
  auto client = co_await world.dial();
  auto head = http2_request("GET", "/ws");
  head.fields.add("Upgrade", "websocket");
  head.fields.add("Connection", "Upgrade");
  head.fields.add("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
  head.fields.add("Sec-WebSocket-Version", "13");
  const auto sent = co_await client->send_head(std::move(head), kNoBody);
  EXPECT_TRUE(sent) << sent.error().message();
  const auto answer = co_await client->read_head();
  EXPECT_EQ(answer.value().status, 101);
  EXPECT_EQ(answer->fields.find("Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");  // RFC 6455 §1.3
  {
    websocket::Channel channel(client->release(), wire::WebSocketRole::client);
    for (const auto& text : {std::string("hello"), std::string(300000, 'a')}) {
      co_await channel.write_text(text);
      const auto back = co_await channel.read_message(1 << 20);
      EXPECT_TRUE(back && *back && (*back)->payload == text);
    }
    co_await channel.send_close(1000, "done");
    const auto end = co_await channel.read_message(1 << 20);
    EXPECT_TRUE(end && !*end);
    EXPECT_EQ(channel.peer_close_code(), 1000);
  }
}

TEST(Http2, CarriesWebSockets) {
  World world(serve_websocket);
  world.run(talk_websocket(world));
}

Task<void> end_by_halves(World& world) {
  auto client = co_await world.dial();
  auto head = http2_request("GET", "/ws");
  head.fields.add("Upgrade", "websocket");
  head.fields.add("Connection", "Upgrade");
  co_await client->send_head(std::move(head), kNoBody);
  const auto answer = co_await client->read_head();
  EXPECT_EQ(answer.value().status, 101);
  auto stream = client->release();
  const std::string text = "last words";
  co_await write_all(*stream, asio::buffer(text));
  co_await stream->shutdown_write();
  std::string got;
  std::array<char, 4> buffer{};
  while (true) {
    const std::size_t size = co_await stream->read_some(asio::buffer(buffer));
    if (size == 0) break;
    got.append(buffer.data(), size);
  }
  EXPECT_EQ(got, text);
}

TEST(Http2, HalfClosesUpgradedStreams) {
  World world([](Exchange& exchange) -> Task<void> {
    wire::ResponseHead head;
    head.status = 101;
    auto stream = co_await exchange.switch_protocols(std::move(head));
    std::array<char, 64> buffer{};
    std::string all;
    while (true) {
      const std::size_t size = co_await stream->read_some(asio::buffer(buffer));
      if (size == 0) break;
      all.append(buffer.data(), size);
    }
    co_await write_all(*stream, asio::buffer(all));
    co_await stream->shutdown_write();
  });
  world.run(end_by_halves(world));
}

Task<void> reset_upgraded(World& world) {
  auto client = co_await world.dial();
  auto head = http2_request("GET", "/ws");
  head.fields.add("Upgrade", "websocket");
  head.fields.add("Connection", "Upgrade");
  co_await client->send_head(std::move(head), kNoBody);
  const auto answer = co_await client->read_head();
  EXPECT_EQ(answer.value().status, 101);
  auto stream = client->release();
  std::array<char, 4> buffer{};
  bool failed = false;
  try {
    co_await stream->read_some(asio::buffer(buffer));
  } catch (const boost::system::system_error& error) {
    failed = error.code() == asio::error::connection_reset;
  }
  EXPECT_TRUE(failed);
}

TEST(Http2, ResetsUpgradedStreamsThatAreClosed) {
  World world([](Exchange& exchange) -> Task<void> {
    wire::ResponseHead head;
    head.status = 101;
    auto stream = co_await exchange.switch_protocols(std::move(head));
    stream->close();
  });
  world.run(reset_upgraded(world));
}

Task<void> wait_for_a_goaway(World& world, bool& ended) {
  auto session = co_await world.dial_session();
  auto stream = session->open(from_request(http2_request("GET", "/"), false), true);
  const auto head = co_await stream->read_head(1h);
  EXPECT_TRUE(head);
  co_await world.server.close();
  ended = co_await stream->wait_closed();
  auto late = session->open(from_request(http2_request("GET", "/"), false), true);
  const auto answer = co_await late->read_head(1h);
  EXPECT_FALSE(answer);
  EXPECT_FALSE(late->anything_received());
  session->close();
}

TEST(Http2, EndsWhatRunsWhenTheServerCloses) {
  World world([](Exchange& exchange) -> Task<void> {
    wire::ResponseHead head;
    co_await exchange.start_response(std::move(head));
    co_await sleep_for(1h);
  });
  bool ended = true;
  world.run(wait_for_a_goaway(world, ended));
  EXPECT_FALSE(ended);
}

}  // namespace
}  // namespace io::http
