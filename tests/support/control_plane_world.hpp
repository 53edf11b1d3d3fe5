/// A control plane for tests: real HTTP, a real tunnel, a real database, and sandboxes that pretend.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <sodium.h>
#include <string>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include "io/http/client.hpp"
#include "server/control_plane.hpp"
#include "store/sqlite/stores.hpp"
#include "support/fake_sandbox.hpp"
#include "support/run.hpp"

namespace support {

class FakeClock : public base::Clock {
 public:
  [[nodiscard]] base::Time now() const override { return now_; }
  void advance(std::chrono::milliseconds by) { now_ += by; }

 private:
  base::Time now_{std::chrono::seconds(1'700'000'000)};
};

inline constexpr const char* kRunnerToken = "the shared token";

/// Tests derive from it; `run` gives them a loop and ends what is left.
/// Public, because the coroutines of a test take it as a parameter.
class World : public ::testing::Test {
 public:
  World() {
    EXPECT_GE(sodium_init(), 0);
    base::SystemRandom random;
    directory_ = std::filesystem::temp_directory_path() / ("helix-server-" + base::random_hex(8, random));
    std::filesystem::create_directory(directory_);
    options_.runner_token = base::Secret(kRunnerToken);
    options_.facts.version = "test";
    options_.launch.bridge = 2s;
    options_.launch.docker = 2s;
    options_.launch.failing = 50ms;
    options_.launch.sandbox = 2s;
    options_.launch.poll = 1ms;
    options_.launch.ask = 2ms;
    options_.launch.look = 10ms;
    options_.housekeeping.every = 10ms;
    options_.hub.wait_for_return = 50ms;
    stores_ = store::sqlite::Stores::open(directory_ / "helix.db", quiet()).value();
    listener_ = io::Listener::tcp(loop_.get_executor(), "127.0.0.1", 0).value();
  }
  ~World() override {
    plane_.reset();
    server_.reset();
    stores_.reset();
    std::filesystem::remove_all(directory_);
  }

  /// The control plane is up while `body` runs.
  void run(io::Task<void> body) { support::run(loop_, whole(std::move(body))); }

  void start() {
    const auto no_checks = []() -> io::Task<std::map<std::string, std::string>> {
      co_return std::map<std::string, std::string>{};
    };
    plane_ = std::make_unique<server::ControlPlane>(
        loop_.get_executor(),
        server::StoreSet{stores_->users, stores_->sandboxes, stores_->sessions, stores_->removals,
                         stores_->exposures, stores_->gateway},
        clock_, random_, options_, no_checks, server::FindAsset(), quiet());
    auto handler = [this](io::http::Exchange& exchange) { return plane_->serve(exchange); };
    server_ = std::make_unique<io::http::Server>(loop_.get_executor(), std::move(handler),
                                                 io::http::ServerLimits{}, quiet());
    accepting_ = std::make_unique<io::TaskGroup>(loop_.get_executor(), quiet());
    accepting_->spawn("listener", server_->run(*listener_));
    plane_->begin();
  }
  io::Task<void> stop() {
    accepting_->cancel();
    co_await accepting_->join();
    co_await server_->close();
    co_await plane_->close();
    plane_.reset();
    server_.reset();
  }

  /// A user, and the key that it calls with.
  io::Task<std::string> add_user(std::string name, wire::Role role = wire::Role::user) {
    wire::NewUser request{std::move(name), role};
    auto created = co_await plane_->people().create_user(std::move(request));
    co_return created.value().secret.expose();
  }

  /// A sandbox that is enrolled, online and connected.
  io::Task<FakeSandbox*> add_sandbox(std::string name, std::int64_t most_sessions = 10) {
    const auto enrolled = co_await call("POST", "/api/v1/sandboxes/" + name + "/enrol", kRunnerToken);
    tokens_[name] = boost::json::parse(enrolled.body).at("token").as_string();
    sandboxes_[name] = std::make_unique<FakeSandbox>(loop_, listener_->port(), name);
    co_await beat(name, most_sessions);
    sandboxes_[name]->connect(tokens_[name]);
    co_await wait_connected("hydra-" + name);
    co_return sandboxes_[name].get();
  }
  io::Task<void> beat(std::string name, std::int64_t most_sessions = 10) {
    wire::Heartbeat heartbeat;
    heartbeat.max_sessions = most_sessions;
    heartbeat.images = {"helix-headless:latest"};
    const auto answer = co_await call("POST", "/api/v1/sandboxes/" + name + "/heartbeat", tokens_[name],
                                      wire::encode(heartbeat));
    EXPECT_EQ(answer.status, 204) << answer.body;
  }
  io::Task<void> wait_connected(std::string runner, bool there = true) {
    while (plane_->hub().connected(runner) != there) co_await io::sleep_for(1ms);
  }

  io::Task<io::http::Response> call(std::string method, std::string target, std::string token,
                                    std::string body = "", wire::Fields fields = {}) {
    io::TcpConnector connector("127.0.0.1", listener_->port(), false);
    io::http::Request request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.fields = std::move(fields);
    request.body = std::move(body);
    if (!token.empty()) request.fields.add("Authorization", "Bearer " + token);
    auto answer = co_await io::http::fetch(connector, "helix.test:8080", std::move(request));
    EXPECT_TRUE(answer) << answer.error().message();
    co_return answer.value_or(io::http::Response{0, {}, ""});
  }

  /// The answer's JSON; its status is expected.
  io::Task<boost::json::object> ask(int status, std::string method, std::string target, std::string token,
                                    std::string body = "") {
    const auto answer = co_await call(method, target, std::move(token), std::move(body));
    EXPECT_EQ(answer.status, status) << method << " " << target << ": " << answer.body;
    boost::system::error_code error;
    const auto value = boost::json::parse(answer.body, error);
    if (error || !value.is_object()) co_return boost::json::object{};
    co_return value.get_object();
  }

  /// Until the session is in `state`; its JSON.
  io::Task<boost::json::object> wait_state(std::string id, std::string state, std::string token) {
    for (;;) {
      auto session = co_await ask(200, "GET", "/api/v1/sessions/" + id, token);
      if (session.empty()) co_return session;
      if (session.at("state").as_string() == state) co_return session;
      const auto now = std::string(session.at("state").as_string());
      const bool ended = now == "failed" || now == "running" || now == "stopped";
      EXPECT_TRUE(!ended || state == "stopped" || state == "failed")
          << now << ": " << session.at("status_message").as_string();
      if (ended && state != "stopped" && state != "failed") co_return session;
      co_await io::sleep_for(2ms);
    }
  }

  io::Task<std::string> create_session(std::string token, std::string body = "{}") {
    auto session = co_await ask(201, "POST", "/api/v1/sessions", std::move(token), std::move(body));
    if (session.empty()) co_return "";
    co_return std::string(session.at("id").as_string());
  }
  io::Task<std::string> running_session(std::string token, std::string body = "{}") {
    auto id = co_await create_session(token, std::move(body));
    co_await wait_state(id, "running", std::move(token));
    co_return id;
  }

  boost::asio::io_context loop_;
  std::filesystem::path directory_;
  FakeClock clock_;
  base::SystemRandom random_;
  server::ControlPlaneOptions options_;
  std::unique_ptr<store::sqlite::Stores> stores_;
  std::unique_ptr<io::Listener> listener_;
  std::unique_ptr<io::TaskGroup> accepting_;
  std::unique_ptr<server::ControlPlane> plane_;
  std::unique_ptr<io::http::Server> server_;
  std::map<std::string, std::unique_ptr<FakeSandbox>> sandboxes_;
  std::map<std::string, std::string> tokens_;

 private:
  io::Task<void> whole(io::Task<void> body) {
    start();
    auto limited = bounded(std::move(body));
    const auto done = co_await io::within(20s, std::move(limited));
    EXPECT_TRUE(done) << "the test did not end in time";
    for (auto& [name, sandbox] : sandboxes_) co_await sandbox->close();
    co_await stop();
  }
  static io::Task<base::Result<void>> bounded(io::Task<void> body) {
    co_await std::move(body);
    co_return base::Result<void>();
  }
};

}  // namespace support
