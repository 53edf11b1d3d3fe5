/// Sandboxes that pretend, for tests of the control plane: real HTTP and a real tunnel, no containers.
#pragma once

#include <map>
#include <memory>
#include <set>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "io/http/server.hpp"
#include "io/timeout.hpp"
#include "io/websocket/channel.hpp"
#include "support/fake_runner.hpp"
#include "wire/bridge_health.hpp"
#include "wire/dev_container.hpp"
#include "wire/error_table.hpp"

namespace support {

/// A sandbox: a hydra whose containers are entries of a map, each with a bridge that says what it is told to
/// say.
class FakeSandbox : public tunnel::TargetConnector {
 public:
  struct Container {
    wire::DevContainer state;
    std::map<std::string, std::string> env;
    std::unique_ptr<FakeRunner> bridge;
  };

  FakeSandbox(boost::asio::io_context& loop, std::uint16_t api_port, std::string name)
      : loop_(loop), api_port_(api_port), name_(std::move(name)) {}

  void connect(std::string token) {
    auto handler = [this](io::http::Exchange& exchange) { return serve(exchange); };
    hydra_ = std::make_unique<FakeRunner>(loop_.get_executor(), api_port_, "hydra-" + name_, std::move(token),
                                          std::move(handler), this);
  }
  io::Task<void> disconnect() {
    if (hydra_) co_await hydra_->close();
    hydra_.reset();
  }
  io::Task<void> close() {
    co_await disconnect();
    for (auto& [id, container] : containers) co_await hang_up(container);
  }

  std::map<std::string, Container> containers;  // by session
  std::map<std::uint16_t, std::uint16_t> apps;  // by port in any session: where it listens on this machine
  std::set<std::string> remains;                // sessions that reconcile would find besides
  std::vector<std::string> calls;               // "POST /api/v1/dev-containers", …
  std::string ports;                            // what bridges answer to /ports; "": they know no such path
  std::string create_error;                     // makes creates fail
  std::chrono::milliseconds create_takes{0}, delete_takes{0};
  std::size_t places = 100;
  bool bridges_dial = true;
  wire::BridgeHealth health{wire::BridgeStatus::ok, true, "26.1.5", "", ""};

 private:
  static io::Task<void> hang_up(Container& container) {
    if (container.bridge) co_await container.bridge->close();
    container.bridge.reset();
  }

  io::Task<base::Result<io::StreamPtr>> connect(wire::SessionId session, std::uint16_t port) override {
    const auto app = apps.find(port);
    if (!containers.contains(session.text()) || app == apps.end())
      co_return base::fail(base::ErrorCode::unavailable, "127.0.0.1 refused port " + std::to_string(port));
    co_return co_await io::connect_tcp("127.0.0.1", app->second, 5s);
  }

  io::Task<void> serve(io::http::Exchange& exchange) {
    const std::string path(exchange.request().path());
    const auto method = exchange.request().method;
    auto body = co_await exchange.read_body(1024 * 1024);
    calls.push_back(method + " " + path);
    auto response = io::http::make_response(404, "application/problem+json",
                                            R"({"code":"not_found","detail":"no such session"})");
    const std::string base = "/api/v1/dev-containers";
    const std::string id = path.starts_with(base + "/") ? path.substr(base.size() + 1, 30) : "";
    if (path == base && method == "POST") response = co_await create(*body);
    if (path == base && method == "GET") response = list();
    if (path == "/api/v1/gc/reconcile") response = reconcile(*body);
    const auto found = containers.find(id);
    if (found != containers.end() && method == "GET" && path == base + "/" + id)
      response = ok(wire::encode(found->second.state));
    if (found != containers.end() && method == "GET" && path.ends_with("/logs"))
      response = io::http::make_response(200, "text/plain", "line of the container\n");
    if (found != containers.end() && path.ends_with("/stop")) response = co_await stop(found->second);
    if (!id.empty() && method == "DELETE") {
      co_await io::sleep_for(delete_takes);
      if (found != containers.end()) co_await hang_up(found->second);
      containers.erase(id);
      remains.erase(id);
      response = ok("{}");
    }
    co_await exchange.respond(std::move(response));
  }

  static io::http::Response ok(std::string body) {
    return io::http::make_response(200, "application/json", std::move(body));
  }

  io::Task<io::http::Response> create(std::string body) {
    if (create_takes > 0ms) co_await io::sleep_for(create_takes);
    const auto request = wire::decode_new_dev_container(body).value();
    const bool full = containers.size() >= places && !containers.contains(request.session_id);
    if (full || !create_error.empty()) {
      const base::Error error(full ? base::ErrorCode::conflict : base::ErrorCode::not_found,
                              full ? "full" : create_error);
      const auto problem = wire::make_problem(error);
      co_return io::http::make_response(problem.status, "application/problem+json", wire::encode(problem));
    }
    auto& container = containers[request.session_id];
    container.state.session_id = request.session_id;
    container.state.image = request.image;
    container.state.state = wire::DevContainerState::running;
    container.env.clear();
    for (const auto& line : request.env)
      container.env[line.substr(0, line.find('='))] = line.substr(line.find('=') + 1);
    co_await hang_up(container);
    if (bridges_dial) dial(request.session_id, container);
    co_return ok(wire::encode(container.state));
  }

  void dial(const std::string& session, Container& container) {
    auto handler = [this](io::http::Exchange& exchange) { return serve_bridge(exchange); };
    container.bridge = std::make_unique<FakeRunner>(loop_.get_executor(), api_port_, "desktop-" + session,
                                                    container.env["USER_API_TOKEN"], std::move(handler));
  }

  io::Task<void> serve_bridge(io::http::Exchange& exchange) {
    const auto path = exchange.request().path();
    if (path == "/exec") {
      // Echoes messages until the other side ends.
      auto channel = co_await io::websocket::accept(exchange);
      for (;;) {
        auto message = co_await channel->read_message(1024);
        if (!message || !*message) co_return;
        if (!co_await channel->write_text((*message)->payload)) co_return;
      }
    }
    auto response = ok(R"({"ServerVersion":"26.1.5"})");
    if (path == "/health") response = ok(wire::encode(health));
    if (path == "/ports") response = ports.empty() ? io::http::Response{404, {}, ""} : ok(ports);
    co_await exchange.respond(std::move(response));
  }

  io::Task<io::http::Response> stop(Container& container) {
    container.state.state = wire::DevContainerState::stopped;
    co_await hang_up(container);
    co_return ok(wire::encode(container.state));
  }

  io::http::Response list() {
    std::vector<wire::DevContainer> all;
    for (const auto& [id, container] : containers) all.push_back(container.state);
    return ok(wire::encode(all));
  }

  io::http::Response reconcile(const std::string& body) {
    const auto request = wire::decode_reconcile(body).value();
    EXPECT_TRUE(request.dry_run) << "the control plane only asks; it removes by DELETE";
    wire::Reconciled answer{{}, true};
    auto all = remains;
    for (const auto& [id, container] : containers) all.insert(id);
    for (const auto& id : request.sessions) all.erase(id);
    answer.removed.assign(all.begin(), all.end());
    return ok(wire::encode(answer));
  }

  boost::asio::io_context& loop_;
  std::uint16_t api_port_;
  std::string name_;
  std::unique_ptr<FakeRunner> hydra_;
};

}  // namespace support
