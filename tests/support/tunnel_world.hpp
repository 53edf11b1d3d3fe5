/// A hub behind a real HTTP server, and an echo server as the local target of runners, for the tunnel's
/// tests.
#pragma once

#include <array>
#include <chrono>
#include <exception>
#include <memory>
#include <string>

#include "io/net.hpp"
#include "io/timeout.hpp"
#include "support/run.hpp"
#include "tunnel/hub.hpp"
#include "tunnel/runner.hpp"

namespace support {

namespace asio = boost::asio;
using namespace std::chrono_literals;

inline base::Log quiet() {
  return base::Log("test", base::LogLevel::error, base::LogFormat::text, [](std::string_view) {});
}

/// Answers each connection with what it gets, until the other side ends.
inline io::Task<void> echo(io::StreamPtr stream) {
  std::array<char, 65536> buffer{};
  while (true) {
    const std::size_t size = co_await stream->read_some(asio::buffer(buffer));
    if (size == 0) co_return;
    co_await io::write_all(*stream, asio::buffer(buffer.data(), size));
  }
}

inline io::Task<void> serve_echo(io::Listener& listener, io::TaskGroup& tasks) {
  while (true) {
    std::string peer;
    auto stream = co_await listener.accept(peer);
    tasks.spawn("echo", echo(std::move(stream)));
  }
}

/// A hub behind a real HTTP server, and an echo server as the local target of runners.
struct TunnelWorld {
  explicit TunnelWorld(tunnel::HubLimits limits = {})
      : hub(loop.get_executor(), limits, random, quiet()),
        server(
            loop.get_executor(), [this](io::http::Exchange& exchange) { return route(exchange); }, {},
            quiet()),
        tasks(loop.get_executor(), quiet()),
        listener(std::move(io::Listener::tcp(loop.get_executor(), "127.0.0.1", 0).value())),
        echo_listener(std::move(io::Listener::tcp(loop.get_executor(), "127.0.0.1", 0).value())),
        local("127.0.0.1", echo_listener->port(), false) {
    tasks.spawn("server", server.run(*listener));
    tasks.spawn("echo", serve_echo(*echo_listener, tasks));
  }

  io::Task<void> route(io::http::Exchange& exchange) {
    const auto query = exchange.request().query();
    const auto runner = wire::query_value(query, "runnerid");
    if (runner) {
      co_await hub.serve_control(*runner, exchange);
      co_return;
    }
    auto anyone = [](const std::string&) { return true; };
    co_await hub.serve_data(exchange, std::move(anyone));
  }

  tunnel::RunnerOptions options(const std::string& id) {
    tunnel::RunnerOptions result;
    result.api = io::parse_endpoint("http://127.0.0.1:" + std::to_string(listener->port())).value();
    result.runner_id = id;
    result.token = [] { return base::Secret("t"); };
    result.backoff_first = 5ms;
    result.backoff_most = 20ms;
    return result;
  }

  /// Runs `body`, then ends everything that runs beside it.
  void run(io::Task<void> body) { support::run(loop, with_end(std::move(body))); }

  io::Task<void> with_end(io::Task<void> body) {
    std::exception_ptr failure;
    try {
      co_await std::move(body);
    } catch (...) {
      failure = std::current_exception();
    }
    tasks.cancel();
    co_await tasks.join();
    co_await server.close();
    if (failure) std::rethrow_exception(failure);
  }

  asio::io_context loop{1};
  base::SystemRandom random;
  tunnel::Hub hub;
  io::http::Server server;
  io::TaskGroup tasks;
  std::unique_ptr<io::Listener> listener;
  std::unique_ptr<io::Listener> echo_listener;
  io::TcpConnector local;
};

}  // namespace support
