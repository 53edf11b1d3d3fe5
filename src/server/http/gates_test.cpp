// What every request meets before and after its handler, exposures, exec and the tunnel's claims.
#include <functional>
#include <thread>

#include "support/control_plane_world.hpp"

namespace server {
namespace {

using namespace std::chrono_literals;

class Gates : public support::World {
 public:
  io::Task<io::websocket::ChannelPtr> open_exec(std::string session, std::string key) {
    io::TcpConnector connector("127.0.0.1", listener_->port(), false);
    wire::Fields fields;
    fields.add("Authorization", "Bearer " + key);
    auto channel = co_await io::websocket::connect(
        connector, "helix.test", "/api/v1/sessions/" + session + "/exec", std::move(fields), 5s);
    EXPECT_TRUE(channel) << channel.error().message();
    co_return channel ? std::move(*channel) : nullptr;
  }
  /// Code of the failure of a tunnel's control connection.
  io::Task<base::ErrorCode> claim(std::string runner, std::string token) {
    io::TcpConnector connector("127.0.0.1", listener_->port(), false);
    wire::Fields fields;
    fields.add("Authorization", "Bearer " + token);
    const auto channel = co_await io::websocket::connect(
        connector, "helix.test", "/api/v1/revdial?runnerid=" + runner, std::move(fields), 5s);
    EXPECT_FALSE(channel) << runner << " was claimed";
    if (channel) co_return base::ErrorCode::internal;
    co_return channel.error().code();
  }
};

TEST_F(Gates, AnswersProblemsWithARequestId) {
  const auto body = [](Gates& t) -> io::Task<void> {
    const auto answer = co_await t.call("GET", "/api/v1/nothing", "");
    EXPECT_EQ(answer.status, 404);
    EXPECT_EQ(answer.fields.find("Content-Type"), "application/problem+json");
    const auto problem = boost::json::parse(answer.body);
    EXPECT_EQ(problem.at("code").as_string(), "not_found");
    EXPECT_EQ(answer.fields.find("X-Request-Id"), std::string(problem.at("request_id").as_string()));

    const auto wrong_method = co_await t.call("PUT", "/api/v1/sessions", "");
    EXPECT_EQ(wrong_method.status, 405);
    EXPECT_EQ(wrong_method.fields.find("Allow"), "GET, POST");
    EXPECT_EQ((co_await t.call("HEAD", "/health", "")).status, 200);
    EXPECT_EQ((co_await t.call("GET", "/api/v1/sessions/%2e%2e/users", "")).status, 404);
  };
  run(body(*this));
}

TEST_F(Gates, NeverAnswersAPersonAtTheRootWith404) {
  const auto body = [](Gates& t) -> io::Task<void> {
    const auto page = co_await t.call("GET", "/", "");
    EXPECT_EQ(page.status, 200);
    const auto unframed = [](const io::http::Response& answer) {
      const auto policy = answer.fields.find("Content-Security-Policy").value_or("");
      return policy.find("frame-ancestors 'none'") != std::string_view::npos;
    };
    EXPECT_TRUE(unframed(page));
    wire::Fields browser;
    browser.add("Accept", "text/html");
    const auto own_path = co_await t.call("GET", "/sessions/x", "", "", browser);
    EXPECT_EQ(own_path.status, 200);
    EXPECT_TRUE(unframed(own_path));
    EXPECT_EQ((co_await t.call("GET", "/sessions/x", "")).status, 404);
    EXPECT_EQ((co_await t.call("POST", "/", "")).status, 404);
  };
  run(body(*this));
}

TEST_F(Gates, BoundsAndChecksBodies) {
  const auto body = [](Gates& t) -> io::Task<void> {
    const auto ada = co_await t.add_user("ada");
    const std::string at_limit = R"({"name":"a"})" + std::string(t.options_.api.body_bytes - 12, ' ');
    EXPECT_EQ((co_await t.call("POST", "/api/v1/sessions", ada, at_limit)).status, 503)
        << "read, then no sandbox";
    EXPECT_EQ((co_await t.call("POST", "/api/v1/sessions", ada, at_limit + " ")).status, 413);
    EXPECT_EQ((co_await t.call("POST", "/api/v1/sessions", ada, "not json")).status, 400);
    const auto unknown = co_await t.ask(422, "POST", "/api/v1/sessions", ada, R"({"colour":"red"})");
    EXPECT_EQ(unknown.at("errors").as_array().at(0).at("field").as_string(), "colour");
    EXPECT_EQ((co_await t.call("POST", "/api/v1/sessions", ada, R"({"name":"a","name":"b"})")).status, 422);
  };
  run(body(*this));
}

TEST_F(Gates, ExposesAsTheSeedPrintsIt) {
  options_.gateway.ports.reset();  // so that the URL by path is the only one
  const auto body = [](Gates& t) -> io::Task<void> {
    const auto ada = co_await t.add_user("ada");
    co_await t.add_sandbox("local");
    const auto id = co_await t.running_session(ada);
    const std::string expose = "/api/v1/sessions/" + id + "/expose";
    const std::string url = "http://helix.test:8080/api/v1/sessions/" + id + "/proxy/8080/";

    const auto made =
        co_await t.ask(201, "POST", expose, ada, R"({"port": 8080, "protocol": "http", "name": "api"})");
    EXPECT_EQ(made.at("session_id").as_string(), id);
    EXPECT_EQ(made.at("urls").as_array().at(0).as_string(), url);
    EXPECT_EQ(made.at("status").as_string(), "active");
    co_await t.ask(200, "POST", expose, ada, R"({"port": 8080, "name": "api"})");
    co_await t.ask(409, "POST", expose, ada, R"({"port": 8080})");
    co_await t.ask(409, "POST", expose, ada, R"({"port": 8081, "name": "api"})");
    co_await t.ask(400, "POST", expose, ada, "{");
    const auto invalid = co_await t.ask(422, "POST", expose, ada, R"({"port": 0})");
    EXPECT_EQ(invalid.at("errors").as_array().at(0).at("field").as_string(), "port");

    const auto list = co_await t.ask(200, "GET", expose, ada);
    EXPECT_EQ(list.at("exposed_ports").as_array().at(0).at("url").as_string(), url);
    co_await t.ask(204, "DELETE", expose + "/8080", ada);
    co_await t.ask(404, "DELETE", expose + "/8080", ada);
    co_await t.ask(422, "DELETE", expose + "/0", ada);
  };
  run(body(*this));
}

TEST_F(Gates, RelaysExecUntilTheSessionEnds) {
  const auto body = [](Gates& t) -> io::Task<void> {
    const auto ada = co_await t.add_user("ada");
    co_await t.add_sandbox("local");
    const auto id = co_await t.running_session(ada);
    const std::string one = "/api/v1/sessions/" + id;
    EXPECT_EQ((co_await t.call("GET", one + "/exec", ada)).status, 426);
    const auto channel = co_await t.open_exec(id, ada);
    if (!channel) co_return;

    const auto sent = co_await channel->write_text("hello");
    EXPECT_TRUE(sent);
    const auto echoed = co_await channel->read_message(1024);
    EXPECT_TRUE(echoed && *echoed && (*echoed)->payload == "hello");
    co_await t.ask(202, "POST", one + "/stop", ada);

    const auto end = co_await channel->read_message(1024);
    EXPECT_TRUE(!end || !*end) << "a stopped session's exec must end";
    co_await t.wait_state(id, "stopped", ada);
  };
  run(body(*this));
}

TEST_F(Gates, EnrolsAgainUntilTheTokenWasUsed) {
  const auto body = [](Gates& t) -> io::Task<void> {
    const auto root = co_await t.add_user("root", wire::Role::admin);
    const std::string enrol = "/api/v1/sandboxes/edge/enrol";
    const auto lost = co_await t.ask(201, "POST", enrol, support::kRunnerToken);
    const auto kept = co_await t.ask(201, "POST", enrol, support::kRunnerToken);
    t.tokens_["edge"] = std::string(kept.at("token").as_string());
    const std::string heartbeat = R"({"version":"1","max_sessions":1,"images":[]})";
    co_await t.ask(401, "POST", "/api/v1/sandboxes/edge/heartbeat", std::string(lost.at("token").as_string()),
                   heartbeat);
    co_await t.beat("edge");

    co_await t.ask(409, "POST", enrol, support::kRunnerToken);
    co_await t.ask(403, "POST", "/api/v1/sandboxes/edge/heartbeat", support::kRunnerToken, heartbeat);
    co_await t.ask(204, "POST", "/api/v1/sandboxes/edge/re-enrol", root);
    co_await t.ask(401, "POST", "/api/v1/sandboxes/edge/heartbeat", t.tokens_["edge"], heartbeat);
    co_await t.ask(201, "POST", enrol, support::kRunnerToken);
  };
  run(body(*this));
}

TEST_F(Gates, LetsNobodyClaimAnothersRunner) {
  const auto body = [](Gates& t) -> io::Task<void> {
    const auto ada = co_await t.add_user("ada");
    auto* sandbox = co_await t.add_sandbox("local");
    co_await t.add_sandbox("second");
    const auto mine = co_await t.running_session(ada);
    const auto other = co_await t.running_session(ada);
    const auto where = [&t](const std::string& id) {
      return t.sandboxes_.at("local")->containers.contains(id) ? "local" : "second";
    };
    const auto key = t.sandboxes_.at(where(mine))->containers.at(mine).env.at("USER_API_TOKEN");
    using enum base::ErrorCode;

    EXPECT_EQ(co_await t.claim("desktop-" + other, key), forbidden);
    EXPECT_EQ(co_await t.claim("hydra-local", key), forbidden);
    EXPECT_EQ(co_await t.claim("hydra-local", t.tokens_.at("second")), forbidden);
    EXPECT_EQ(co_await t.claim("desktop-" + mine, t.tokens_.at("local")), forbidden);
    EXPECT_EQ(co_await t.claim("hydra-local", support::kRunnerToken), forbidden);
    EXPECT_EQ(co_await t.claim("desktop-" + mine, support::kRunnerToken), forbidden);
    EXPECT_EQ(co_await t.claim("hydra-local", ada), forbidden);
    EXPECT_EQ(co_await t.claim("hydra-local", "nonsense"), unauthenticated);
    EXPECT_EQ(co_await t.claim("other-local", t.tokens_.at("local")), invalid_argument);
    EXPECT_EQ((co_await t.call("GET", "/api/v1/revdial?runnerid=hydra-local", t.tokens_.at("local"))).status,
              426);
    EXPECT_NE(sandbox, nullptr);
  };
  run(body(*this));
}

TEST_F(Gates, TakesTheSharedTokenOfOldSandboxesUnlessSwitchedOff) {
  options_.sandboxes.legacy_tokens = false;
  const auto body = [](Gates& t) -> io::Task<void> {
    const std::string heartbeat = R"({"version":"1","max_sessions":1,"images":[]})";
    co_await t.ask(403, "POST", "/api/v1/sandboxes/old/heartbeat", support::kRunnerToken, heartbeat);
    EXPECT_EQ(co_await t.claim("hydra-old", support::kRunnerToken), base::ErrorCode::forbidden);

    co_await t.stop();
    t.options_.sandboxes.legacy_tokens = true;
    t.start();
    co_await t.ask(204, "POST", "/api/v1/sandboxes/old/heartbeat", support::kRunnerToken, heartbeat);
    auto old = std::make_unique<support::FakeSandbox>(t.loop_, t.listener_->port(), "old");
    old->connect(support::kRunnerToken);
    co_await t.wait_connected("hydra-old");
    t.sandboxes_["old"] = std::move(old);
  };
  run(body(*this));
}

TEST_F(Gates, CountsASandboxAsOfflineAfterThreeLostHeartbeats) {
  const auto body = [](Gates& t) -> io::Task<void> {
    const auto ada = co_await t.add_user("ada");
    co_await t.add_sandbox("local");
    const std::string one = "/api/v1/sandboxes/local";
    t.clock_.advance(90s);
    EXPECT_EQ((co_await t.ask(200, "GET", one, ada)).at("state").as_string(), "online");
    t.clock_.advance(1s);
    EXPECT_EQ((co_await t.ask(200, "GET", one, ada)).at("state").as_string(), "offline");
    co_await t.ask(503, "POST", "/api/v1/sessions", ada, "{}");
    co_await t.beat("local");
    EXPECT_EQ((co_await t.ask(200, "GET", one, ada)).at("state").as_string(), "online");
  };
  run(body(*this));
}

TEST_F(Gates, AnswersWhatIsUnderWayBeforeItEnds) {
  const auto body = [](Gates& t) -> io::Task<void> {
    const auto ada = co_await t.add_user("ada");
    io::TaskGroup clients(t.loop_.get_executor(), support::quiet());
    io::http::Response answer;
    const auto ask = [](Gates& world, std::string key, io::http::Response& into) -> io::Task<void> {
      into = co_await world.call("POST", "/api/v1/api-keys", key, R"({"name":"late"})");
    };
    // Holds the writer's thread, so that the request has to wait.
    std::function<base::Result<void>(store::sqlite::Database&)> hold =
        [](store::sqlite::Database&) -> base::Result<void> {
      std::this_thread::sleep_for(100ms);
      return {};
    };
    const auto holding =
        [](Gates& world, std::function<base::Result<void>(store::sqlite::Database&)> work) -> io::Task<void> {
      const auto done = co_await world.stores_->connections->write(std::move(work));
      EXPECT_TRUE(done);
    };
    clients.spawn("holding", holding(t, hold));
    clients.spawn("asking", ask(t, ada, answer));
    co_await io::sleep_for(30ms);

    co_await t.plane_->api().drain(5s);
    co_await t.stop();
    co_await clients.join();
    t.start();

    EXPECT_EQ(answer.status, 201) << answer.body;
  };
  run(body(*this));
}

TEST_F(Gates, TellsOperatorsTheContractsFigures) {
  const auto body = [](Gates& t) -> io::Task<void> {
    const auto ada = co_await t.add_user("ada");
    co_await t.add_sandbox("local");
    co_await t.running_session(ada);
    const auto text = t.plane_->render_metrics();
    for (const auto* line : {"helix_sandbox_sessions_active{sandbox=\"local\"} 1\n",
                             "helix_sandbox_sessions_total{sandbox=\"local\"} 1\n",
                             "helix_sandbox_gpu_utilization{sandbox=\"local\"} 0\n",
                             "helix_sandbox_disk_usage_bytes{sandbox=\"local\"} 0\n",
                             "helix_session_start_step_seconds_count{step=\"create\",outcome=\"ok\"} 1\n",
                             "helix_tunnel_reconnects_total 0\n"})
      EXPECT_NE(text.find(line), std::string::npos) << line << text;
  };
  run(body(*this));
}

}  // namespace
}  // namespace server
