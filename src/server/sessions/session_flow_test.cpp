// Lives of sessions against a hydra and a bridge that pretend.
#include <sqlite3.h>

#include "support/control_plane_world.hpp"

namespace server {
namespace {

using namespace std::chrono_literals;
using boost::json::object;

class SessionFlow : public support::World {
 public:
  /// Behind the store's back, as a damaged disk or a clumsy operator would.
  void change_database(const char* sql) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open((directory_ / "helix.db").c_str(), &database), SQLITE_OK);
    sqlite3_busy_timeout(database, 5000);
    EXPECT_EQ(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(database);
    sqlite3_close(database);
  }
  io::Task<void> until_gone(support::FakeSandbox* sandbox, std::string id) {
    while (sandbox->containers.contains(id)) co_await io::sleep_for(1ms);
  }
  io::Task<void> until_no_removals(std::string sandbox) {
    while (!stores_->removals.list_removals(wire::SandboxId::trusted(sandbox)).empty())
      co_await io::sleep_for(1ms);
  }
};

TEST_F(SessionFlow, RunsOnceItsOwnDockerAnswered) {
  const auto body = [](SessionFlow& t) -> io::Task<void> {
    const auto ada = co_await t.add_user("ada");
    auto* sandbox = co_await t.add_sandbox("local");
    const auto id = co_await t.running_session(ada, R"({"name":"hello","env":{"COLOUR":"red"}})");

    const auto session = co_await t.ask(200, "GET", "/api/v1/sessions/" + id, ada);
    EXPECT_EQ(session.at("docker_version").as_string(), "26.1.5");
    EXPECT_EQ(session.at("sandbox_id").as_string(), "local");
    EXPECT_FALSE(session.at("started_at").is_null());
    const auto& env = sandbox->containers.at(id).env;
    EXPECT_EQ(env.at("COLOUR"), "red");
    EXPECT_EQ(env.at("HELIX_SESSION_ID"), id);
    const auto key = env.at("USER_API_TOKEN");
    for (const auto* name : {"HELIX_API_TOKEN", "ZED_HELIX_TOKEN", "ANTHROPIC_API_KEY", "OPENAI_API_KEY"})
      EXPECT_EQ(env.at(name), key) << name;
    for (const auto& [name, value] : env)
      EXPECT_EQ(value.find(support::kRunnerToken), std::string::npos) << name;
    const auto me = co_await t.ask(200, "GET", "/api/v1/users/me", key);
    EXPECT_EQ(me.at("session_id").as_string(), id);
    const auto log = co_await t.call("GET", "/api/v1/sessions/" + id + "/logs", ada);
    EXPECT_NE(log.body.find("helix: creating the container"), std::string::npos) << log.body;
    EXPECT_NE(log.body.find("helix: running"), std::string::npos) << log.body;
    EXPECT_NE(log.body.find("line of the container"), std::string::npos) << log.body;
  };
  run(body(*this));
}

TEST_F(SessionFlow, DeletesWithEverythingThatHangsOnIt) {
  const auto body = [](SessionFlow& t) -> io::Task<void> {
    const auto ada = co_await t.add_user("ada");
    auto* sandbox = co_await t.add_sandbox("local");
    const auto id = co_await t.running_session(ada);
    const auto key = sandbox->containers.at(id).env.at("USER_API_TOKEN");

    co_await t.ask(204, "DELETE", "/api/v1/sessions/" + id, ada);

    co_await t.ask(401, "GET", "/api/v1/users/me", key);
    co_await t.ask(404, "GET", "/api/v1/sessions/" + id, ada);
    co_await t.until_gone(sandbox, id);
    co_await t.until_no_removals("local");
  };
  run(body(*this));
}

TEST_F(SessionFlow, GivesTheLastPlaceToOneOfTwo) {
  const auto body = [](SessionFlow& t) -> io::Task<void> {
    const auto ada = co_await t.add_user("ada");
    co_await t.add_sandbox("local", 1);
    co_await t.create_session(ada);

    const auto refused = co_await t.ask(409, "POST", "/api/v1/sessions", ada, "{}");

    EXPECT_EQ(refused.at("code").as_string(), "conflict");
    const auto all = co_await t.ask(200, "GET", "/api/v1/sessions", ada);
    EXPECT_EQ(all.at("sessions").as_array().size(), 1U);
  };
  run(body(*this));
}

TEST_F(SessionFlow, WaitsForAPlaceThatADeletedSessionStillHolds) {
  const auto body = [](SessionFlow& t) -> io::Task<void> {
    const auto ada = co_await t.add_user("ada");
    auto* sandbox = co_await t.add_sandbox("local", 1);
    const auto first = co_await t.running_session(ada);
    sandbox->places = 1;
    sandbox->delete_takes = 50ms;
    co_await t.ask(204, "DELETE", "/api/v1/sessions/" + first, ada);

    co_await t.running_session(ada);

    EXPECT_FALSE(sandbox->containers.contains(first));
    EXPECT_EQ(sandbox->containers.size(), 1U);
  };
  run(body(*this));
}

TEST_F(SessionFlow, FailsWithTheReasonAndLeavesNothing) {
  const auto body = [](SessionFlow& t) -> io::Task<void> {
    const auto ada = co_await t.add_user("ada");
    auto* sandbox = co_await t.add_sandbox("local");
    sandbox->create_error = "no such image";
    const auto id = co_await t.create_session(ada);

    const auto session = co_await t.wait_state(id, "failed", ada);

    EXPECT_EQ(session.at("status_message").as_string(),
              "creating the container on sandbox local failed: no such image");
    co_await t.until_no_removals("local");
    EXPECT_EQ(sandbox->calls.back(), "DELETE /api/v1/dev-containers/" + id);
    const auto log = co_await t.call("GET", "/api/v1/sessions/" + id + "/logs", ada);
    EXPECT_NE(log.body.find("no such image"), std::string::npos);
    co_await t.ask(204, "DELETE", "/api/v1/sessions/" + id, ada);
  };
  run(body(*this));
}

TEST_F(SessionFlow, TellsAnImageThatNoSandboxHas) {
  const auto body = [](SessionFlow& t) -> io::Task<void> {
    const auto ada = co_await t.add_user("ada");
    co_await t.ask(503, "POST", "/api/v1/sessions", ada, "{}");
    co_await t.add_sandbox("local");

    const auto session = co_await t.ask(201, "POST", "/api/v1/sessions", ada, R"({"image":"nothing:1"})");

    EXPECT_EQ(session.at("state").as_string(), "failed");
    EXPECT_EQ(session.at("status_message").as_string(), "no sandbox has the image nothing:1");
    co_await t.ask(204, "DELETE", "/api/v1/sessions/" + std::string(session.at("id").as_string()), ada);
  };
  run(body(*this));
}

TEST_F(SessionFlow, GivesUpOnABridgeThatDoesNotDialIn) {
  options_.launch.bridge = 40ms;
  const auto body = [](SessionFlow& t) -> io::Task<void> {
    const auto ada = co_await t.add_user("ada");
    auto* sandbox = co_await t.add_sandbox("local");
    sandbox->bridges_dial = false;
    const auto id = co_await t.create_session(ada);

    const auto session = co_await t.wait_state(id, "failed", ada);

    EXPECT_NE(session.at("status_message").as_string().find("did not dial in"), std::string::npos);
    co_await t.until_gone(sandbox, id);
  };
  run(body(*this));
}

TEST_F(SessionFlow, GivesUpOnADockerThatKeepsFailing) {
  const auto body = [](SessionFlow& t) -> io::Task<void> {
    const auto ada = co_await t.add_user("ada");
    auto* sandbox = co_await t.add_sandbox("local");
    sandbox->health = {wire::BridgeStatus::failing, false, "", "starting dockerd",
                       "dockerd: no space left on device"};
    const auto id = co_await t.create_session(ada);

    const auto session = co_await t.wait_state(id, "failed", ada);

    EXPECT_NE(session.at("status_message").as_string().find("no space left on device"), std::string::npos);
    co_await t.until_gone(sandbox, id);
  };
  run(body(*this));
}

TEST_F(SessionFlow, StopsAndStartsWithANewKeyAndWhatItHeld) {
  const auto body = [](SessionFlow& t) -> io::Task<void> {
    const auto ada = co_await t.add_user("ada");
    auto* sandbox = co_await t.add_sandbox("local");
    const auto id = co_await t.running_session(ada);
    const std::string one = "/api/v1/sessions/" + id;
    co_await t.ask(201, "POST", one + "/expose", ada, R"({"port":8000})");
    const auto old_key = sandbox->containers.at(id).env.at("USER_API_TOKEN");

    co_await t.ask(202, "POST", one + "/stop", ada);
    co_await t.ask(401, "GET", one, old_key);
    co_await t.wait_state(id, "stopped", ada);
    EXPECT_EQ(sandbox->containers.at(id).state.state, wire::DevContainerState::stopped);
    co_await t.ask(200, "POST", one + "/stop", ada);
    co_await t.ask(409, "POST", one + "/expose", ada, R"({"port":8001})");

    co_await t.ask(202, "POST", one + "/start", ada);
    const auto session = co_await t.wait_state(id, "running", ada);
    EXPECT_EQ(session.at("exposed_ports").as_array().size(), 1U);
    const auto new_key = sandbox->containers.at(id).env.at("USER_API_TOKEN");
    EXPECT_NE(new_key, old_key);
    co_await t.ask(200, "GET", one, new_key);
    co_await t.ask(200, "POST", one + "/start", ada);
  };
  run(body(*this));
}

TEST_F(SessionFlow, KeepsTheDataOfASessionWhoseRestartFails) {
  const auto body = [](SessionFlow& t) -> io::Task<void> {
    const auto ada = co_await t.add_user("ada");
    auto* sandbox = co_await t.add_sandbox("local");
    const auto id = co_await t.running_session(ada);
    co_await t.ask(202, "POST", "/api/v1/sessions/" + id + "/stop", ada);
    co_await t.wait_state(id, "stopped", ada);
    sandbox->create_error = "engine is broken";

    co_await t.ask(202, "POST", "/api/v1/sessions/" + id + "/start", ada);
    co_await t.wait_state(id, "failed", ada);
    co_await t.until_no_removals("local");

    EXPECT_TRUE(sandbox->containers.contains(id));
    sandbox->create_error.clear();
    co_await t.ask(202, "POST", "/api/v1/sessions/" + id + "/start", ada);
    co_await t.wait_state(id, "running", ada);
  };
  run(body(*this));
}

TEST_F(SessionFlow, DeletesAtOnceWhileTheSandboxIsAway) {
  const auto body = [](SessionFlow& t) -> io::Task<void> {
    const auto ada = co_await t.add_user("ada");
    auto* sandbox = co_await t.add_sandbox("local");
    const auto id = co_await t.running_session(ada);
    co_await sandbox->disconnect();
    co_await t.wait_connected("hydra-local", false);
    t.clock_.advance(20s);
    const auto away = co_await t.ask(200, "GET", "/api/v1/sessions/" + id, ada);
    EXPECT_EQ(away.at("state").as_string(), "running");
    EXPECT_TRUE(away.at("status_message").as_string().starts_with("sandbox local is away since "));

    co_await t.ask(204, "DELETE", "/api/v1/sessions/" + id, ada);
    EXPECT_TRUE(sandbox->containers.contains(id));

    sandbox->connect(t.tokens_.at("local"));
    co_await t.until_gone(sandbox, id);
    co_await t.until_no_removals("local");
  };
  run(body(*this));
}

// One read that failed ended housekeeping for good: nothing that was deleted later ever went.
TEST_F(SessionFlow, TidiesUpAgainAfterTheStoreCouldNotBeRead) {
  const auto body = [](SessionFlow& t) -> io::Task<void> {
    const auto ada = co_await t.add_user("ada");
    auto* sandbox = co_await t.add_sandbox("local");
    const auto id = co_await t.running_session(ada);

    t.change_database("ALTER TABLE sandboxes RENAME TO sandboxes_away");
    while (t.plane_->housekeeper().well()) co_await io::sleep_for(1ms);
    t.change_database("ALTER TABLE sandboxes_away RENAME TO sandboxes");

    co_await t.ask(204, "DELETE", "/api/v1/sessions/" + id, ada);
    co_await t.until_gone(sandbox, id);
    EXPECT_TRUE(t.plane_->housekeeper().well());
  };
  run(body(*this));
}

TEST_F(SessionFlow, TakesUpAfterARestartWhatWasUnderWay) {
  const auto body = [](SessionFlow& t) -> io::Task<void> {
    const auto ada = co_await t.add_user("ada");
    auto* sandbox = co_await t.add_sandbox("local");
    const auto kept = co_await t.running_session(ada);
    const auto stopping = co_await t.running_session(ada);
    sandbox->create_takes = 30ms;
    const auto starting = co_await t.create_session(ada);
    co_await sandbox->disconnect();  // what is asked now is not answered in this life
    co_await t.ask(202, "POST", "/api/v1/sessions/" + stopping + "/stop", ada);

    co_await t.stop();
    t.start();
    sandbox->connect(t.tokens_.at("local"));

    co_await t.wait_state(starting, "running", ada);
    co_await t.wait_state(stopping, "stopped", ada);
    co_await t.wait_state(kept, "running", ada);
    EXPECT_EQ(sandbox->containers.size(), 3U);
    co_await t.ask(200, "GET", "/api/v1/users/me", sandbox->containers.at(starting).env.at("USER_API_TOKEN"));
  };
  run(body(*this));
}

TEST_F(SessionFlow, RemovesWhatTheStoreDoesNotKnowAfterTheGracePeriod) {
  options_.housekeeping.orphan_grace = 50ms;
  const auto body = [](SessionFlow& t) -> io::Task<void> {
    const auto ada = co_await t.add_user("ada");
    auto* sandbox = co_await t.add_sandbox("local");
    const auto kept = co_await t.running_session(ada);
    co_await sandbox->disconnect();
    sandbox->remains = {"ses_01kftccz3g3n9hfdv42ma1dwjn"};

    sandbox->connect(t.tokens_.at("local"));
    while (!sandbox->remains.empty()) co_await io::sleep_for(1ms);

    EXPECT_TRUE(sandbox->containers.contains(kept));
  };
  run(body(*this));
}

TEST_F(SessionFlow, TellsASessionWhoseContainerEndedByItself) {
  options_.housekeeping.watch = 5ms;
  const auto body = [](SessionFlow& t) -> io::Task<void> {
    const auto ada = co_await t.add_user("ada");
    auto* sandbox = co_await t.add_sandbox("local");
    const auto id = co_await t.running_session(ada);
    const auto key = sandbox->containers.at(id).env.at("USER_API_TOKEN");
    sandbox->containers.at(id).state.state = wire::DevContainerState::failed;
    sandbox->containers.at(id).state.error = "out of memory";

    const auto session = co_await t.wait_state(id, "failed", ada);

    EXPECT_EQ(session.at("status_message").as_string(), "the container ended: out of memory");
    co_await t.ask(401, "GET", "/api/v1/users/me", key);
    EXPECT_TRUE(sandbox->containers.contains(id));
  };
  run(body(*this));
}

TEST_F(SessionFlow, SpreadsOverSandboxesAndSparesOneThatDrains) {
  const auto body = [](SessionFlow& t) -> io::Task<void> {
    const auto root = co_await t.add_user("root", wire::Role::admin);
    auto* one = co_await t.add_sandbox("one");
    auto* two = co_await t.add_sandbox("two");
    for (int i = 0; i < 4; ++i) co_await t.running_session(root);
    EXPECT_EQ(one->containers.size(), 2U);
    EXPECT_EQ(two->containers.size(), 2U);

    const auto drained = co_await t.ask(200, "POST", "/api/v1/sandboxes/one/drain", root);
    EXPECT_EQ(drained.at("state").as_string(), "draining");
    co_await t.running_session(root);
    co_await t.running_session(root);

    EXPECT_EQ(one->containers.size(), 2U);
    EXPECT_EQ(two->containers.size(), 4U);
    co_await t.ask(409, "DELETE", "/api/v1/sandboxes/one", root);
  };
  run(body(*this));
}

TEST_F(SessionFlow, PrefersASandboxThatIsThereToOneThatMayReturn) {
  const auto body = [](SessionFlow& t) -> io::Task<void> {
    const auto ada = co_await t.add_user("ada");
    auto* one = co_await t.add_sandbox("one");
    auto* two = co_await t.add_sandbox("two");
    co_await one->disconnect();
    co_await t.wait_connected("hydra-one", false);

    for (int i = 0; i < 2; ++i) co_await t.running_session(ada);

    EXPECT_EQ(two->containers.size(), 2U);
  };
  run(body(*this));
}

}  // namespace
}  // namespace server
