// Server and client of HTTP/1.1 over real loopback sockets; the raw cases speak bytes by hand.
#include <array>
#include <functional>

#include <gtest/gtest.h>

#include "io/http/client.hpp"
#include "io/http/server.hpp"
#include "io/timeout.hpp"
#include "support/run.hpp"

namespace io::http {
namespace {

using namespace std::chrono_literals;
using base::ErrorCode;

base::Log quiet() {
  return base::Log("test", base::LogLevel::error, base::LogFormat::text, [](std::string_view) {});
}

struct World {
  explicit World(Handler handler, ServerLimits limits = {})
      : server(loop.get_executor(), std::move(handler), limits, quiet()),
        tasks(loop.get_executor(), quiet()),
        listener(std::move(Listener::tcp(loop.get_executor(), "127.0.0.1", 0).value())),
        connector("127.0.0.1", listener->port(), false) {
    tasks.spawn("server", server.run(*listener));
  }

  Task<void> with_end(Task<void> body) {
    co_await std::move(body);
    tasks.cancel();
    co_await tasks.join();
    co_await server.close();
  }

  void run(Task<void> body) { support::run(loop, with_end(std::move(body))); }

  /// Sends `text` and returns all that comes until the server ends the connection.
  std::string talk(std::string text) {
    std::string got;
    run(talk_to(std::move(text), got));
    return got;
  }

  Task<void> talk_to(std::string text, std::string& got) {
    auto stream = co_await connector.connect();
    co_await write_all(**stream, asio::buffer(text));
    std::array<char, 65536> buffer{};
    while (true) {
      const std::size_t size = co_await (*stream)->read_some(asio::buffer(buffer));
      if (size == 0) co_return;
      got.append(buffer.data(), size);
    }
  }

  asio::io_context loop{1};
  Server server;
  TaskGroup tasks;
  std::unique_ptr<Listener> listener;
  TcpConnector connector;
};

/// Answers with method, target and body.
Task<void> mirror(Exchange& exchange) {
  const auto body = co_await exchange.read_body(100);
  if (!body) {
    auto response =
        make_response(body.error().code() == ErrorCode::too_large ? 413 : 400, "text/plain", "bad");
    co_await exchange.respond(std::move(response));
    co_return;
  }
  auto response =
      make_response(200, "text/plain", exchange.request().method + exchange.request().target + *body);
  co_await exchange.respond(std::move(response));
}

TEST(HttpServer, AnswersPipelinedRequestsInOrder) {
  World world(mirror);
  const auto got = world.talk(
      "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nPOST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"
      "\r\nPUT /3 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nConnection: "
      "close\r\n\r\n2\r\nde\r\n0\r\n\r\n");
  const auto first = got.find("GET/1");
  const auto second = got.find("POST/2abc");
  const auto third = got.find("PUT/3de");
  EXPECT_LT(first, second) << got;
  EXPECT_LT(second, third) << got;
  EXPECT_NE(third, std::string::npos) << got;
}

TEST(HttpServer, RefusesWhatItMustNotGuess) {
  struct Case {
    const char* request;
    const char* status;
  };
  for (const auto& [request, status] :
       {Case{"GET / HTTP/1.1\r\n\r\n", "400"}, Case{"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"},
        Case{"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "400"},
        Case{"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "400"},
        Case{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "400"},
        Case{"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n", "405"},
        Case{"GET http://a b/ HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
        Case{"GET / HTTP/3.0\r\nHost: a\r\n\r\n", "505"}, Case{"rubbish\r\n\r\n", "400"}}) {
    World world(mirror);
    const auto got = world.talk(request);
    EXPECT_TRUE(got.starts_with(std::string("HTTP/1.1 ") + status)) << request << " → " << got;
    EXPECT_NE(got.find("Connection: close"), std::string::npos);
  }
}

TEST(HttpServer, ServesTheAbsoluteFormByItsPath) {
  for (const std::string target :
       {"http://other.example:99", "HTTP://other.example", "http://other.example?q"}) {
    World world([](Exchange& exchange) -> Task<void> {
      const auto host = exchange.request().fields.find("Host").value_or("");
      auto response =
          make_response(200, "text/plain", exchange.request().target + " of " + std::string(host));
      co_await exchange.respond(std::move(response));
    });
    const auto got = world.talk("GET " + target + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    EXPECT_NE(got.find("\r\n\r\n/"), std::string::npos) << got;
    EXPECT_NE(got.find(" of other.example"), std::string::npos) << got;
  }
}

TEST(HttpServer, KeepsTimeAndSizeLimits) {
  ServerLimits limits;
  limits.head_time = 20ms;
  {
    World world(mirror, limits);
    EXPECT_TRUE(world.talk("GET / HT").starts_with("HTTP/1.1 408 "));
  }
  {
    World world(mirror, limits);
    EXPECT_EQ(world.talk(""), "");  // nothing begun, nothing answered
  }
  World world(mirror);
  EXPECT_TRUE(
      world.talk("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 101\r\n\r\n").starts_with("HTTP/1.1 413 "));
}

Task<void> open_two(World& world) {
  auto first = co_await world.connector.connect();
  const std::string text = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  std::array<char, 4096> buffer{};
  co_await write_all(**first, asio::buffer(text));
  const std::size_t answered = co_await (*first)->read_some(asio::buffer(buffer));
  EXPECT_GT(answered, 0U);
  auto second = co_await world.connector.connect();
  const std::size_t refused = co_await (*second)->read_some(asio::buffer(buffer));
  EXPECT_EQ(refused, 0U);
}

TEST(HttpServer, LetsNoAddressTakeAllConnections) {
  ServerLimits limits;
  limits.connections_per_peer = 1;
  World world(mirror, limits);
  world.run(open_two(world));
}

TEST(HttpServer, SaysContinueOnlyWhenItReadsTheBody) {
  World world(mirror);
  const auto got = world.talk(
      "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\nConnection: "
      "close\r\n\r\nok");
  EXPECT_TRUE(got.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")) << got;
}

TEST(HttpServer, ServesHeadAndHttp10WithoutChunks) {
  const auto stream_out = [](Exchange& exchange) -> Task<void> {
    wire::ResponseHead head;
    co_await exchange.start_response(std::move(head));
    const std::string text = "part";
    co_await exchange.write_body(asio::buffer(text));
    co_await exchange.finish();
  };
  {
    World world(stream_out);
    EXPECT_TRUE(world.talk("GET / HTTP/1.0\r\n\r\n").ends_with("\r\n\r\npart"));
  }
  World world(stream_out);
  EXPECT_TRUE(world.talk("HEAD / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").ends_with("\r\n\r\n"));
}

TEST(HttpServer, AnswersForAHandlerThatFails) {
  World world([](Exchange& exchange) -> Task<void> {
    if (exchange.request().target == "/throw") throw std::runtime_error("broken");
    co_return;
  });
  EXPECT_TRUE(world.talk("GET /throw HTTP/1.1\r\nHost: h\r\n\r\n").starts_with("HTTP/1.1 500 "));
}

Task<void> fetch_all(World& world) {
  Request request;
  request.method = "POST";
  request.target = "/x?y";
  request.body = "body";
  const auto response = co_await fetch(world.connector, "h", std::move(request));
  EXPECT_EQ(response.value().status, 200);
  EXPECT_EQ(response.value().body, "POST/x?ybody");
}

TEST(HttpClient, FetchesFromTheServer) {
  World world(mirror);
  world.run(fetch_all(world));
}

Task<void> fetch_broken(World& world) {
  Request request;
  const auto response = co_await fetch(world.connector, "h", std::move(request));
  EXPECT_FALSE(response);
  EXPECT_EQ(response.error().code(), ErrorCode::peer_closed);
}

TEST(HttpClient, ReportsAnAnswerThatWasCutShort) {
  World world([](Exchange& exchange) -> Task<void> {
    wire::ResponseHead head;
    head.fields.add("Content-Length", "100");
    co_await exchange.start_response(std::move(head));
    const std::string text = "half";
    co_await exchange.write_body(asio::buffer(text));
  });
  world.run(fetch_broken(world));
}

Task<void> fetch_too_much(World& world) {
  Request request;
  ClientLimits limits;
  limits.body_bytes = 3;
  const auto response = co_await fetch(world.connector, "h", std::move(request), limits);
  EXPECT_EQ(response.error().code(), ErrorCode::too_large);
}

TEST(HttpClient, BoundsTheBody) {
  World world(mirror);
  world.run(fetch_too_much(world));
}

Task<void> fetch_slow(World& world) {
  Request request;
  ClientLimits limits;
  limits.connect_and_head = 10ms;
  const auto response = co_await fetch(world.connector, "h", std::move(request), limits);
  EXPECT_EQ(response.error().code(), ErrorCode::timed_out);
}

TEST(HttpClient, GivesUpOnASilentServer) {
  World world([](Exchange&) -> Task<void> { co_await sleep_for(1h); });
  world.run(fetch_slow(world));
}

Task<void> fetch_nowhere() {
  TcpConnector nowhere("127.0.0.1", 1, false);
  Request request;
  const auto response = co_await fetch(nowhere, "h", std::move(request));
  EXPECT_EQ(response.error().code(), ErrorCode::unavailable);
  EXPECT_NE(response.error().message().find("refused"), std::string::npos) << response.error().message();
}

TEST(HttpClient, SaysThatNobodyListens) { support::run(fetch_nowhere()); }

TEST(Endpoint, TakesHttpUrlsApart) {
  const auto plain = parse_endpoint("http://host:8080/");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->host, "host");
  EXPECT_EQ(plain->port, 8080);
  EXPECT_EQ(plain->base_path, "");
  const auto secure = parse_endpoint("https://[::1]/helix/");
  ASSERT_TRUE(secure);
  EXPECT_EQ(secure->host, "::1");
  EXPECT_EQ(secure->authority, "[::1]");
  EXPECT_EQ(secure->port, 443);
  EXPECT_EQ(secure->base_path, "/helix");
  for (const auto* text : {"host:8080", "ftp://host", "http://", "http://u:p@host", "http://host?x", ""})
    EXPECT_FALSE(parse_endpoint(text)) << text;
}

}  // namespace
}  // namespace io::http
