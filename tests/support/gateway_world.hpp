/// The gateway between raw bytes: a client that writes what it likes, an app that records what it got and
/// says what it was told to, and between them a real listener, AppProxy, hub and runner over loopback
/// sockets.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include <boost/system/system_error.hpp>
#include <gtest/gtest.h>

#include "server/gateway/app_proxy.hpp"
#include "support/raw_bytes.hpp"
#include "support/tunnel_world.hpp"
#include "tunnel/target.hpp"

namespace support {

/// What the app does on each connection.
struct AppScript {
  enum class End { hold, close, reset };  // hold: reads on until the other side ends

  std::string wait_for = "\r\n\r\n";  // in what it got, before it speaks
  std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  End end = End::hold;
  /// Instead of all that.
  std::function<io::Task<void>(io::Stream&, std::string& got)> behave;
  /// Or as a real server, which speaks HTTP/2 to whoever begins with it.
  io::http::Handler handle;
};

class GatewayWorld : tunnel::TargetConnector {
 public:
  enum class Carrier {
    raw,
    framed,
    hydra  // a runner that knows no targets: the app is in hydra's place
  };

  explicit GatewayWorld(Carrier carrier = Carrier::raw, server::AppProxyLimits limits = {},
                        tunnel::HubLimits hub_limits = {})
      : tunnel(hub_limits),
        app_listener_(std::move(io::Listener::tcp(tunnel.loop.get_executor(), "127.0.0.1", 0).value())),
        front_listener_(std::move(io::Listener::tcp(tunnel.loop.get_executor(), "127.0.0.1", 0).value())),
        proxy_(tunnel.loop.get_executor(), tunnel.hub, quiet(), limits),
        front_(
            tunnel.loop.get_executor(), [this](io::http::Exchange& exchange) { return serve(exchange); }, {},
            quiet()),
        app_server_(
            tunnel.loop.get_executor(),
            [this](io::http::Exchange& exchange) { return script.handle(exchange); }, {}, quiet()),
        hydra_("127.0.0.1", app_listener_->port(), false),
        runner_(tunnel.loop.get_executor(), runner_options(carrier), hydra_, tunnel.random, quiet()) {
    request.session = wire::SessionId::trusted("ses_01hzzzzzzzzzzzzzzzzzzzzzzz");
    request.sandbox = wire::SandboxId::trusted("box");
    request.port = 3000;
    request.way = server::AppRequest::Way::host;
  }

  /// Runs `body` within 20 s, then ends everything.
  void run(std::function<io::Task<void>(GatewayWorld&)> body) { tunnel.run(whole(std::move(body))); }

  io::Task<io::StreamPtr> open() {
    auto stream = co_await io::connect_tcp("127.0.0.1", front_listener_->port(), 5s);
    co_return std::move(stream.value());
  }

  /// Sends `bytes` on a connection of its own and reads until `mark`, or to the end.
  io::Task<std::string> ask(std::string bytes, std::string mark = "") {
    auto stream = co_await open();
    co_await say(*stream, std::move(bytes));
    std::string answer;
    co_await read_into(*stream, answer, std::move(mark));
    co_return answer;
  }

  /// What comes from here on is at the front of `got`. Connections under way still write what they had.
  void forget() { past_.splice(past_.end(), got); }

  /// Until `holds`, or 2 s: contracts.md's limit for what reaches the app.
  static io::Task<bool> soon(std::function<bool()> holds) {
    const auto end = std::chrono::steady_clock::now() + 2s;
    while (!holds() && std::chrono::steady_clock::now() < end) co_await io::sleep_for(1ms);
    co_return holds();
  }

  TunnelWorld tunnel;
  server::AppRequest request;  // what every request is taken for; target and client are the request's own
  AppScript script;
  std::list<std::string> got;  // by the app, one entry a connection
  std::string refusal;         // of the runner's side: the port does not take connections, in these words
  int dials = 0;
  std::chrono::milliseconds first_dial_takes{0};

 private:
  io::Task<void> whole(std::function<io::Task<void>(GatewayWorld&)> body) {
    io::TaskGroup beside(tunnel.loop.get_executor(), quiet());
    beside.spawn("app", serve_apps(beside));
    beside.spawn("front", front_.run(*front_listener_));
    beside.spawn("runner", runner_.run());
    for (int i = 0; i < 5000 && !tunnel.hub.connected("hydra-box"); ++i) co_await io::sleep_for(1ms);
    auto guarded = guard(std::move(body));
    const auto done = co_await io::within(20s, std::move(guarded));
    EXPECT_TRUE(done) << "did not end in time";
    beside.cancel();
    co_await beside.join();
    co_await front_.close();
    co_await app_server_.close();
    co_await proxy_.close();
  }

  io::Task<base::Result<void>> guard(std::function<io::Task<void>(GatewayWorld&)> body) {
    try {
      co_await body(*this);
    } catch (const boost::system::system_error& error) {
      ADD_FAILURE() << error.what();
    }
    co_return base::Result<void>();
  }

  tunnel::RunnerOptions runner_options(Carrier carrier) {
    auto options = tunnel.options("hydra-box");
    options.raw = carrier == Carrier::raw;
    if (carrier != Carrier::hydra) options.targets = this;
    return options;
  }

  io::Task<base::Result<io::StreamPtr>> connect(wire::SessionId session, std::uint16_t port) override {
    EXPECT_EQ(session.text(), request.session.text());
    EXPECT_EQ(port, request.port);
    if (++dials == 1) co_await io::sleep_for(first_dial_takes);
    if (!refusal.empty()) co_return base::fail(base::ErrorCode::unavailable, refusal);
    co_return co_await io::connect_tcp("127.0.0.1", app_listener_->port(), 5s);
  }

  io::Task<void> serve(io::http::Exchange& exchange) {
    auto one = request;
    one.target = exchange.request().target;
    if (one.target.starts_with(one.prefix)) one.target.erase(0, one.prefix.size());
    if (one.client.empty()) one.client = exchange.peer();
    co_await proxy_.serve(exchange, std::move(one));
  }

  io::Task<void> serve_apps(io::TaskGroup& beside) {
    while (true) {
      std::string peer;
      auto stream = co_await app_listener_->accept(peer);
      beside.spawn("app", serve_app(std::move(stream), got.emplace_back()));
    }
  }

  io::Task<void> serve_app(io::StreamPtr stream, std::string& seen) {
    const auto mine = script;
    if (mine.handle) {
      io::http::ConnectionInfo info;
      info.peer = "the gateway";
      co_await app_server_.serve(std::move(stream), std::move(info));
      co_return;
    }
    if (mine.behave) {
      co_await mine.behave(*stream, seen);
      co_return;
    }
    co_await read_into(*stream, seen, mine.wait_for);
    co_await say(*stream, mine.answer);
    if (mine.end == AppScript::End::hold) co_await read_into(*stream, seen, "");
    if (mine.end == AppScript::End::reset) stream->reset();
  }

  std::list<std::string> past_;
  std::unique_ptr<io::Listener> app_listener_;
  std::unique_ptr<io::Listener> front_listener_;
  server::AppProxy proxy_;
  io::http::Server front_;
  io::http::Server app_server_;
  io::TcpConnector hydra_;
  tunnel::Runner runner_;
};

}  // namespace support
