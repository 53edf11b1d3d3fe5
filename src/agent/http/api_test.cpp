#include "agent/http/api.hpp"

#include <unistd.h>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/files.hpp"
#include "io/http/client.hpp"
#include "io/net.hpp"
#include "support/fake_engine.hpp"
#include "support/run.hpp"
#include "support/temporary_directory.hpp"
#include "wire/error_table.hpp"

namespace agent {
namespace {

using testing::HasSubstr;

const auto kId = wire::SessionId::trusted("ses_01kftccz3g3n9hfdv42ma1dwj1");

/// The whole API on a unix socket, with an engine in memory. "The session" has this process's network.
io::Task<wire::SystemStats> no_stats() {
  wire::SystemStats stats;
  co_return stats;
}

class ApiTest : public testing::Test {
 protected:
  ApiTest() {
    engine_.images.insert("helix-headless:latest");
    limits_.data = directory_.path();
    limits_.docker_data = directory_.path();
    SandboxSetup setup;
    setup.binaries = directory_.path() / "bin";
    std::filesystem::create_directories(setup.binaries);
    if (!replace_file(setup.binaries / "desktop-bridge", "program", 0755))
      throw std::runtime_error("no program");
    setup.level.depth = 1;
    sessions_ = std::make_unique<SessionService>(loop_.get_executor(), engine_, files_, setup, limits_, log_);
    dialer_ = std::make_unique<SessionDialer>(*sessions_);
    const auto healthy = [] { return Health{"ok", "", true, "26.1.5"}; };
    Api::Parts parts{*sessions_, *dialer_, files_, engine_, lines_, healthy, no_stats};
    api_ = std::make_unique<Api>(std::move(parts), log_);
    server_ = std::make_unique<io::http::Server>(
        loop_.get_executor(), [this](io::http::Exchange& exchange) { return api_->handle(exchange); },
        io::http::ServerLimits{}, log_);
    listener_ = io::Listener::unix_socket(loop_.get_executor(), directory_.path() / "hydra.sock").value();
    app_listener_ = io::Listener::tcp(loop_.get_executor(), "127.0.0.1", 0).value();
    app_ = std::make_unique<io::http::Server>(
        loop_.get_executor(), [this](io::http::Exchange& exchange) { return serve_app(exchange); },
        io::http::ServerLimits{}, log_);
  }

  io::Task<void> serve_app(io::http::Exchange& exchange) {
    const auto body = co_await exchange.read_body(1 << 20);
    app_target_ = exchange.request().target;
    app_body_ = body.value_or("");
    co_await exchange.respond(io::http::make_response(207, "text/plain", "from the app"));
  }

  io::http::Response ask(std::string method, std::string target, std::string body = {}) {
    io::http::Request request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.body = std::move(body);
    const auto all = [](ApiTest& test,
                        io::http::Request inner) -> io::Task<base::Result<io::http::Response>> {
      using namespace boost::asio::experimental::awaitable_operators;
      io::UnixConnector connector(test.directory_.path() / "hydra.sock");
      auto asking = io::http::fetch(connector, "hydra", std::move(inner));
      auto serving = test.server_->run(*test.listener_) || test.app_->run(*test.app_listener_);
      auto race = std::move(asking) || std::move(serving);
      auto winner = co_await std::move(race);
      co_await test.server_->close();
      co_await test.app_->close();
      co_return std::get<0>(std::move(winner));
    };
    auto answer = support::run(loop_, all(*this, std::move(request)));
    return answer ? std::move(*answer) : io::http::make_response(0, "", answer.error().message());
  }

  void make_session() {
    const auto created = ask("POST", "/api/v1/dev-containers", "{\"session_id\":\"" + kId.text() + "\"}");
    ASSERT_EQ(created.status, 201) << created.body;
    engine_.containers.begin()->second.pid = getpid();
  }

  [[nodiscard]] std::string proxy_path(const std::string& port) const {
    return "/api/v1/dev-containers/" + kId.text() + "/proxy/" + port;
  }
  [[nodiscard]] std::string app_port() const { return std::to_string(app_listener_->port()); }

  boost::asio::io_context loop_;
  support::TemporaryDirectory directory_;
  base::Log log_{"test", base::LogLevel::error, base::LogFormat::json, [](std::string_view) {}};
  support::FakeEngine engine_;
  SessionFiles files_{directory_.path(), {}};
  SessionLimits limits_;
  LogRing lines_;
  std::unique_ptr<SessionService> sessions_;
  std::unique_ptr<SessionDialer> dialer_;
  std::unique_ptr<Api> api_;
  std::unique_ptr<io::http::Server> server_;
  std::unique_ptr<io::http::Server> app_;
  std::unique_ptr<io::Listener> listener_;
  std::unique_ptr<io::Listener> app_listener_;
  std::string app_target_;
  std::string app_body_;
};

TEST_F(ApiTest, ASessionsLifeByHttp) {
  const std::string containers = "/api/v1/dev-containers";
  const std::string one = containers + "/" + kId.text();
  make_session();

  EXPECT_EQ(ask("POST", containers, "{\"session_id\":\"" + kId.text() + "\"}").status, 200);
  EXPECT_THAT(ask("GET", one).body, HasSubstr("\"state\":\"running\""));
  EXPECT_EQ(wire::decode_dev_containers(ask("GET", containers).body)->size(), 1U);
  EXPECT_THAT(ask("POST", one + "/stop").body, HasSubstr("\"state\":\"stopped\""));
  EXPECT_EQ(ask("DELETE", one).status, 204);
  EXPECT_EQ(ask("DELETE", one).status, 204);
  EXPECT_EQ(ask("GET", one).status, 404);
}

TEST_F(ApiTest, TellsWhatIsWrongAsProblemDocuments) {
  const auto broken = ask("POST", "/api/v1/dev-containers", "{");
  const auto invalid = ask("POST", "/api/v1/dev-containers", "{\"session_id\":\"x\"}");
  const auto method = ask("PUT", "/health");

  EXPECT_EQ(broken.status, 400);
  EXPECT_EQ(broken.fields.find("Content-Type"), wire::kProblemType);
  EXPECT_EQ(invalid.status, 422);
  EXPECT_THAT(invalid.body, HasSubstr("session_id"));
  EXPECT_EQ(ask("GET", "/nothing").status, 404);
  EXPECT_EQ(method.status, 405);
  EXPECT_EQ(method.fields.find("Allow"), "GET");
  EXPECT_EQ(ask("POST", "/api/v1/gc/reconcile", "{}").status, 422);
}

TEST_F(ApiTest, HealthSaysWhetherDockerIsReady) {
  const auto health = ask("GET", "/health");

  EXPECT_EQ(health.status, 200);
  EXPECT_THAT(health.body, HasSubstr("\"docker_ready\":true"));
}

TEST_F(ApiTest, TheProxyPassesRawTargetAndBody) {
  if (geteuid() != 0) GTEST_SKIP() << "entering a network namespace needs root";
  make_session();

  const auto answer = ask("POST", proxy_path(app_port()) + "/a//b/../%2F?x=%20&y", "body");

  EXPECT_EQ(answer.status, 207) << answer.body;
  EXPECT_EQ(answer.body, "from the app");
  EXPECT_EQ(app_target_, "/a//b/../%2F?x=%20&y");
  EXPECT_EQ(app_body_, "body");
}

TEST_F(ApiTest, TheProxySaysWhichAddressRefused) {
  if (geteuid() != 0) GTEST_SKIP() << "entering a network namespace needs root";
  make_session();
  engine_.containers.begin()->second.address = "127.0.0.9";
  const auto port = app_port();
  app_listener_->close();
  app_listener_ = io::Listener::tcp(loop_.get_executor(), "127.0.0.2", 0).value();

  const auto answer = ask("GET", proxy_path(port) + "/");

  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.fields.find(wire::kUnreachableField), "1");
  EXPECT_THAT(answer.body, HasSubstr("127.0.0.1: "));
  EXPECT_THAT(answer.body, HasSubstr("::1: "));
  EXPECT_THAT(answer.body, HasSubstr("127.0.0.9: "));
}

TEST_F(ApiTest, TheProxyKnowsSessionsThatAreAbsentOrStopped) {
  EXPECT_EQ(ask("GET", proxy_path("8000") + "/").status, 404);
  make_session();
  ASSERT_EQ(ask("POST", "/api/v1/dev-containers/" + kId.text() + "/stop").status, 200);

  EXPECT_EQ(ask("GET", proxy_path("8000") + "/").status, 409);
  EXPECT_EQ(ask("GET", proxy_path("0") + "/").status, 422);
}

TEST_F(ApiTest, ExecWithoutABridgeIsUnavailable) {
  make_session();

  const auto answer = ask("GET", "/api/v1/dev-containers/" + kId.text() + "/exec");

  EXPECT_EQ(answer.status, 503);
  EXPECT_THAT(answer.body, HasSubstr("bridge"));
}

}  // namespace
}  // namespace agent
