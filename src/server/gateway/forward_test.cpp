// The gateway's forwarding at socket level: a raw client, a raw app that records the bytes it got, no HTTP
// library.
#include "server/gateway/forward.hpp"

#include <array>
#include <functional>

#include <gtest/gtest.h>

#include "io/http/http1_client_exchange.hpp"
#include "io/http/server.hpp"
#include "io/timeout.hpp"
#include "server/gateway/field_rules.hpp"
#include "server/gateway/holding_page.hpp"
#include "server/gateway/hydra_exchange.hpp"
#include "support/run.hpp"

namespace server {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

base::Log quiet() {
  return base::Log("test", base::LogLevel::error, base::LogFormat::text, [](std::string_view) {});
}

constexpr std::string_view kReset = "<reset>";

io::Task<std::string> read_until(io::Stream& stream, std::string mark) {
  std::string text;
  std::array<char, 65536> buffer{};
  while (mark.empty() || text.find(mark) == std::string::npos) {
    std::size_t size = 0;
    try {
      size = co_await stream.read_some(asio::buffer(buffer));
    } catch (const boost::system::system_error&) {
      text += kReset;
    }
    if (size == 0) break;
    text.append(buffer.data(), size);
  }
  co_return text;
}

/// Opens the app over a TCP connection, as if by hydra where `by_hydra`.
class TcpOpener : public AppOpener {
 public:
  explicit TcpOpener(std::uint16_t port) : connector_("127.0.0.1", port, false) {}

  io::Task<base::Result<AppExchange>> open() override {
    auto stream = co_await connector_.connect();
    if (!stream) co_return tl::unexpected(stream.error());
    if (by_hydra) co_return std::make_unique<HydraExchange>(std::move(*stream), "/hydra");
    co_return std::make_unique<io::http::Http1ClientExchange>(std::move(*stream));
  }

  bool by_hydra = false;

 private:
  io::TcpConnector connector_;
};

using App = std::function<io::Task<void>(io::Stream&)>;

/// A client and an app with the gateway between them.
struct World {
  explicit World(App behaviour)
      : app(std::move(behaviour)),
        server(
            loop.get_executor(), [this](io::http::Exchange& exchange) { return handle(exchange); }, {},
            quiet()),
        tasks(loop.get_executor(), quiet()),
        front(std::move(io::Listener::tcp(loop.get_executor(), "127.0.0.1", 0).value())),
        back(std::move(io::Listener::tcp(loop.get_executor(), "127.0.0.1", 0).value())),
        opener(back->port()) {
    tasks.spawn("gateway", server.run(*front));
    tasks.spawn("app", serve_app());
  }

  io::Task<void> handle(io::http::Exchange& exchange) {
    ForwardPlan plan;
    plan.head.method = exchange.request().method;
    plan.head.target = exchange.request().target;
    ClientSide side;
    side.address = exchange.peer();
    plan.head.fields = request_fields(exchange.request(), side);
    plan.on_response = apply_path_rules;
    const auto& request = exchange.request();
    plan.unreachable = [&request](std::string detail) { return holding_response(request, 80, detail); };
    plan.idle = idle;
    co_await forward(exchange, opener, std::move(plan), quiet());
  }

  io::Task<void> serve_app() {
    while (true) {
      std::string peer;
      auto stream = co_await back->accept(peer);
      co_await app(*stream);
    }
  }

  io::Task<io::StreamPtr> open() {
    auto stream = co_await io::connect_tcp("127.0.0.1", front->port(), 5s);
    co_return std::move(stream.value());
  }

  io::Task<void> drive(std::function<io::Task<void>(io::Stream&)> client) {
    auto stream = co_await open();
    co_await client(*stream);
    stream->close();
    tasks.cancel();
    co_await tasks.join();
    co_await server.close();
  }

  void run(std::function<io::Task<void>(io::Stream&)> client) {
    support::run(loop, drive(std::move(client)));
  }

  asio::io_context loop{1};
  App app;
  std::chrono::milliseconds idle{5000};
  io::http::Server server;
  io::TaskGroup tasks;
  std::unique_ptr<io::Listener> front;
  std::unique_ptr<io::Listener> back;
  TcpOpener opener;
};

io::Task<void> say(io::Stream& stream, std::string text) {
  co_await io::write_all(stream, asio::buffer(text));
}

TEST(Forward, PassesRawTargetAndAnswerAndKeepsTheClientsConnection) {
  std::string seen;
  World world([&](io::Stream& stream) -> io::Task<void> {
    seen = co_await read_until(stream, "\r\n\r\n");
    co_await say(stream,
                 "HTTP/1.1 200 Fine\r\nContent-Length: 5\r\nX-App: a\r\nSet-Cookie: x=1\r\n\r\nhello");
  });
  world.run([&](io::Stream& client) -> io::Task<void> {
    for (int i = 0; i < 2; ++i) {
      co_await say(client, "GET /a%2Fb//../c?d=%20 HTTP/1.1\r\nHost: h\r\n\r\n");
      const std::string answer = co_await read_until(client, "hello");
      EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 Fine\r\n")) << answer;
      EXPECT_EQ(answer.find("Set-Cookie"), std::string::npos);
      EXPECT_TRUE(seen.starts_with("GET /a%2Fb//../c?d=%20 HTTP/1.1\r\n")) << seen;
    }
  });
}

TEST(Forward, CarriesChunksAndTrailersBothWays) {
  std::string seen;
  World world([&](io::Stream& stream) -> io::Task<void> {
    seen = co_await read_until(stream, "T: 1\r\n\r\n");
    co_await say(stream,
                 "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-T: 2\r\n\r\n");
  });
  world.run([&](io::Stream& client) -> io::Task<void> {
    co_await say(client,
                 "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nT: "
                 "1\r\n\r\n");
    const std::string answer = co_await read_until(client, "X-T: 2\r\n\r\n");
    EXPECT_NE(answer.find("3\r\nabc\r\n0\r\nX-T: 2\r\n\r\n"), std::string::npos) << answer;
    EXPECT_NE(seen.find("\r\n\r\n5\r\nhello\r\n0\r\nT: 1\r\n\r\n"), std::string::npos) << seen;
  });
}

TEST(Forward, NeverMakesATruncatedAnswerLookComplete) {
  for (const std::string answer :
       {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\nhalf",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n"}) {
    World world([&](io::Stream& stream) -> io::Task<void> {
      co_await read_until(stream, "\r\n\r\n");
      co_await say(stream, answer);
    });
    world.run([&](io::Stream& client) -> io::Task<void> {
      co_await say(client, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
      const std::string got = co_await read_until(client, "");
      EXPECT_NE(got.find("half"), std::string::npos) << got;
      EXPECT_EQ(got.find("\r\n0\r\n"), std::string::npos) << got;
      EXPECT_TRUE(got.ends_with(kReset)) << got;
    });
  }
}

TEST(Forward, AnswersForAnAppThatGivesNoneOrRubbish) {
  for (const std::string answer :
       {"", "rubbish\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"}) {
    World world([&](io::Stream& stream) -> io::Task<void> {
      co_await read_until(stream, "\r\n\r\n");
      co_await say(stream, answer);
    });
    world.run([&](io::Stream& client) -> io::Task<void> {
      co_await say(client, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
      const std::string got = co_await read_until(client, "");
      EXPECT_TRUE(got.starts_with("HTTP/1.1 502 ")) << got;
      EXPECT_NE(got.find("application/problem+json"), std::string::npos);
    });
  }
}

TEST(Forward, TellsThatTheTargetIsNotUp) {
  std::string seen;
  World world([&](io::Stream& stream) -> io::Task<void> {
    seen = co_await read_until(stream, "\r\n\r\n");
    co_await say(stream,
                 "HTTP/1.1 503 x\r\nX-Helix-Unreachable: 1\r\nContent-Length: 58\r\n\r\n"
                 R"({"status":503,"title":"t","detail":"127.0.0.1:80 refused"})");
  });
  world.opener.by_hydra = true;
  world.run([&](io::Stream& client) -> io::Task<void> {
    co_await say(client,
                 "GET / HTTP/1.1\r\nHost: h\r\nSec-Fetch-Mode: navigate\r\nConnection: close\r\n\r\n");
    const std::string got = co_await read_until(client, "");
    EXPECT_TRUE(got.starts_with("HTTP/1.1 503 ")) << got;
    EXPECT_NE(got.find("text/html"), std::string::npos);
    EXPECT_NE(got.find("http-equiv=\"refresh\""), std::string::npos);
    EXPECT_NE(got.find("127.0.0.1:80 refused"), std::string::npos) << got;
    EXPECT_TRUE(seen.starts_with("GET /hydra/ HTTP/1.1\r\n")) << seen;
  });
}

TEST(Forward, RelaysAnUpgradedConnection) {
  World world([](io::Stream& stream) -> io::Task<void> {
    co_await read_until(stream, "\r\n\r\n");
    co_await say(stream,
                 "HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\nfirst");
    std::array<char, 4096> buffer{};
    while (true) {
      const std::size_t size = co_await stream.read_some(asio::buffer(buffer));
      if (size == 0) co_return;
      co_await io::write_all(stream, asio::buffer(buffer.data(), size));
    }
  });
  world.run([](io::Stream& client) -> io::Task<void> {
    co_await say(client, "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
    const std::string head = co_await read_until(client, "first");
    EXPECT_TRUE(head.starts_with("HTTP/1.1 101 ")) << head;
    EXPECT_NE(head.find("Upgrade: echo\r\n"), std::string::npos);
    co_await say(client, "ping");
    const std::string echoed = co_await read_until(client, "ping");
    EXPECT_EQ(echoed, "ping");
  });
}

TEST(Forward, PassesInterimAndEarlyAnswersDuringAnUpload) {
  World world([](io::Stream& stream) -> io::Task<void> {
    co_await read_until(stream, "\r\n\r\n");
    co_await say(stream, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n");
    co_await say(stream, "HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nno");
  });
  world.run([](io::Stream& client) -> io::Task<void> {
    co_await say(client,
                 "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 1000000\r\n\r\n");
    const std::string got = co_await read_until(client, "");
    EXPECT_TRUE(got.starts_with("HTTP/1.1 100 Continue\r\n")) << got;
    EXPECT_NE(got.find("HTTP/1.1 103 Early Hints\r\nLink: x\r\n"), std::string::npos) << got;
    EXPECT_NE(got.find("HTTP/1.1 413 No\r\n"), std::string::npos) << got;
    EXPECT_NE(got.find("Connection: close\r\n"), std::string::npos) << got;
  });
}

TEST(Forward, EndsTheAppsConnectionWhenTheClientLeaves) {
  bool app_saw_end = false;
  World world([&](io::Stream& stream) -> io::Task<void> {
    co_await read_until(stream, "\r\n\r\n");
    std::array<char, 16> buffer{};
    const std::size_t size = co_await stream.read_some(asio::buffer(buffer));  // never answers
    app_saw_end = size == 0;
  });
  world.run([&](io::Stream& client) -> io::Task<void> {
    co_await say(client, "GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
    co_await client.shutdown_write();
    const std::string got = co_await read_until(client, "");
    EXPECT_EQ(got, "");
    for (int i = 0; i < 2000 && !app_saw_end; ++i) co_await io::sleep_for(1ms);
    EXPECT_TRUE(app_saw_end);
  });
}

TEST(Forward, TellsTheClientThatItsUploadIsMalformed) {
  World world([](io::Stream& stream) -> io::Task<void> { co_await read_until(stream, ""); });
  world.run([](io::Stream& client) -> io::Task<void> {
    co_await say(client, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello");
    const std::string got = co_await read_until(client, "");
    EXPECT_TRUE(got.starts_with("HTTP/1.1 400 ")) << got;
    EXPECT_NE(got.find("Connection: close"), std::string::npos);
  });
}

// An upgraded client that went without a word held its whole chain, and the app was never told.
TEST(Forward, TellsTheAppThatAnUpgradedClientLeft) {
  bool app_saw_end = false;
  World world([&](io::Stream& stream) -> io::Task<void> {
    co_await read_until(stream, "\r\n\r\n");
    co_await say(stream,
                 "HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\nhi");
    std::array<char, 16> buffer{};
    const std::size_t size = co_await stream.read_some(asio::buffer(buffer));
    app_saw_end = size == 0;
  });
  world.run([&](io::Stream& client) -> io::Task<void> {
    co_await say(client, "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
    co_await read_until(client, "hi");
    client.close();
    for (int i = 0; i < 2000 && !app_saw_end; ++i) co_await io::sleep_for(1ms);
    EXPECT_TRUE(app_saw_end);
  });
}

TEST(Forward, GivesUpOnAnAppThatStaysSilent) {
  World world([](io::Stream& stream) -> io::Task<void> { co_await read_until(stream, ""); });
  world.idle = 20ms;
  world.run([](io::Stream& client) -> io::Task<void> {
    co_await say(client, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    const std::string got = co_await read_until(client, "");
    EXPECT_TRUE(got.starts_with("HTTP/1.1 504 ")) << got;
  });
}

TEST(Forward, WaitsForAQuietAppAsLongAsTheUploadMoves) {
  constexpr int kPieces = 20;
  World world([](io::Stream& stream) -> io::Task<void> {
    co_await read_until(stream, "0\r\n\r\n");
    co_await say(stream, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nall!");
  });
  world.idle = 800ms;
  world.run([](io::Stream& client) -> io::Task<void> {
    co_await say(client, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int piece = 0; piece < kPieces; ++piece) {
      // The time is what is tested: more than the limit in all, far less between two pieces.
      co_await io::sleep_for(50ms);
      co_await say(client, "1\r\nx\r\n");
    }
    co_await say(client, "0\r\n\r\n");
    const std::string got = co_await read_until(client, "all!");
    EXPECT_TRUE(got.starts_with("HTTP/1.1 200 ")) << got;
  });
}

}  // namespace
}  // namespace server
