#include <csignal>
#include <fstream>
#include <future>
#include <regex>

#include <boost/json/parse.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/config_file.hpp"
#include "support/piped_program.hpp"
#include "support/scripted_api.hpp"

namespace cli {
namespace {

using support::run_helix;
using support::ScriptedApi;
using testing::HasSubstr;
using testing::Not;

const std::string kId = "ses_01kftccz3g3n9hfdv42ma1dwjn";

std::string session_json(const std::string& state, const std::string& message) {
  return R"({"id":")" + kId + R"(","name":"hello","state":")" + state + R"(","status_message":")" + message +
         R"(","sandbox_id":"local","created_at":"2026-11-21T11:34:40.123Z","exposed_ports":[{"port":8000}]})";
}

class SessionFlow : public testing::Test {
 protected:
  support::Variables variables() {
    return {{"HELIX_URL", api_.url()}, {"HELIX_API_KEY", "hl-key"}, {"HOME", home_.path()}};
  }
  support::Finished helix(const std::vector<std::string>& words) { return run_helix(words, variables()); }

  support::TemporaryHome home_;
  ScriptedApi api_;
};

TEST_F(SessionFlow, CreateWaitsAndTellsWhatIsBeingDone) {
  api_.on("POST /api/v1/sessions", {{201, session_json("starting", "placing")}});
  api_.on("GET /api/v1/sessions/" + kId,
          {{200, session_json("starting", "pulling image")}, {200, session_json("running", "")}});

  const auto done = helix(
      {"session", "create", "--wait", "--name", "hello", "--vcpus", "2", "-e", "A=1", "-e", "HELIX_API_KEY"});

  EXPECT_EQ(done.status, 0);
  EXPECT_EQ(done.out, kId + "\n");
  EXPECT_THAT(done.err, HasSubstr("hello is starting: pulling image (0 s)\n"));
  EXPECT_THAT(done.err, HasSubstr("hello is running"));
  EXPECT_EQ(api_.seen().front().body,
            R"({"name":"hello","vcpus":2,"env":{"A":"1","HELIX_API_KEY":"hl-key"}})");
  EXPECT_EQ(api_.seen().front().authorization, "Bearer hl-key");
}

TEST_F(SessionFlow, CreateThatFailsSaysWhyAndWhatToDo) {
  api_.on("POST /api/v1/sessions", {{201, session_json("starting", "placing")}});
  api_.on("GET /api/v1/sessions/" + kId, {{200, session_json("failed", "no such image")}});

  const auto done = helix({"session", "create", "--wait"});

  EXPECT_EQ(done.status, 9);
  EXPECT_THAT(done.err, HasSubstr("hello is failed: no such image"));
  EXPECT_THAT(done.err, HasSubstr("helix session delete hello"));
}

TEST_F(SessionFlow, AWaitThatIsInterruptedLeavesTheSessionAlone) {
  api_.on("GET /api/v1/sessions/" + kId, {{200, session_json("starting", "pulling image")}});
  const support::Pipe in;
  const support::Pipe out;
  support::Pipe err;
  const Environment environment(variables());
  const base::SystemClock clock;
  auto person = std::async(std::launch::async, [&] {
    auto seen = support::read_until(err.read_end(), "pulling image");
    ::kill(::getpid(), SIGINT);
    return seen + err.read_all();
  });

  const int status = run_program({"session", "show", "--wait", kId}, environment, clock,
                                 {in.read_end(), out.write_end(), err.write_end()});

  err.close_write();
  EXPECT_EQ(status, kExitInterrupted);
  EXPECT_THAT(person.get(), HasSubstr("helix session show --wait hello"));
  for (const auto& request : api_.seen()) EXPECT_THAT(request.what, HasSubstr("GET "));
}

TEST_F(SessionFlow, AServerThatIsAwayForAWhileIsWaitedFor) {
  api_.on("GET /api/v1/sessions/" + kId,
          {{503, R"({"status":503,"code":"unavailable","detail":"shutting down"})"},
           {200, session_json("running", "")}});

  const auto done = helix({"session", "show", "--wait", kId, "-o", "json"});

  EXPECT_EQ(done.status, 0);
  EXPECT_THAT(done.out, HasSubstr("\"state\": \"running\""));
  EXPECT_THAT(done.err, HasSubstr("shutting down"));
}

TEST_F(SessionFlow, AWaitEndsAtItsTimeout) {
  api_.on("GET /api/v1/sessions/" + kId, {{200, session_json("starting", "pulling image")}});

  const auto done = helix({"session", "show", "--wait", "--timeout", "1", kId});

  EXPECT_EQ(done.status, 8);
  EXPECT_THAT(done.err, HasSubstr("hello is still starting after 1 s"));
}

TEST_F(SessionFlow, ListIsATableOrTheServersJson) {
  const std::string list = R"({"sessions":[)" + session_json("running", "") + "]}";
  api_.on("GET /api/v1/sessions", {{200, list}});

  const auto table = helix({"session", "list"});
  const auto printed = helix({"session", "list", "-o", "json"});

  EXPECT_THAT(table.out, HasSubstr("NAME   STATE    AGE"));
  EXPECT_THAT(table.out, HasSubstr("hello  running  "));
  EXPECT_THAT(table.out, HasSubstr("8000     local    " + kId));
  EXPECT_EQ(boost::json::parse(printed.out), boost::json::parse(list));
}

TEST_F(SessionFlow, DeleteAsksNobodyWhereNobodySits) {
  api_.on("GET /api/v1/sessions", {{200, R"({"sessions":[)" + session_json("running", "") + "]}"}});
  api_.on("DELETE /api/v1/sessions/" + kId, {{204, ""}});

  const auto done = helix({"session", "delete", "hello"});

  EXPECT_EQ(done.status, 0);
  EXPECT_EQ(api_.seen().back().what, "DELETE /api/v1/sessions/" + kId);
}

TEST_F(SessionFlow, ABrokenRuleNamesTheField) {
  api_.on("POST /api/v1/sessions",
          {{422,
            R"({"status":422,"code":"invalid_argument","errors":[{"field":"name","rule":"must be a-z"}]})"}});

  const auto done = helix({"session", "create", "--name", "X"});

  EXPECT_EQ(done.status, 2);
  EXPECT_EQ(done.err, "helix: name: must be a-z\n");
}

TEST_F(SessionFlow, AnUnknownKeySaysHowToLogIn) {
  api_.on("GET /api/v1/sessions",
          {{401, R"({"status":401,"code":"unauthenticated","detail":"no such key"})"}});

  const auto done = helix({"session", "list"});

  EXPECT_EQ(done.status, 3);
  EXPECT_THAT(done.err, HasSubstr("helix login " + api_.url()));
  EXPECT_THAT(done.err, Not(HasSubstr("hl-key")));
}

TEST_F(SessionFlow, SomethingElseThanHelixApiIsTold) {
  api_.on("GET /api/v1/sessions", {{200, "<html>"}});

  const auto done = helix({"session", "list"});

  EXPECT_EQ(done.status, 2);
  EXPECT_THAT(done.err, HasSubstr("does not answer like helix-api"));
}

TEST_F(SessionFlow, LogsAreStreamed) {
  api_.on("GET /api/v1/sessions/" + kId + "/logs?follow=false&tail=5", {{200, "one\ntwo\n"}});

  const auto done = helix({"logs", "--tail", "5", kId});

  EXPECT_EQ(done.status, 0);
  EXPECT_EQ(done.out, "one\ntwo\n");
}

TEST_F(SessionFlow, LoginKeepsAKeyThatWorks) {
  api_.on("GET /api/v1/users/me", {{200, R"({"id":"usr_1","name":"anna","role":"user"})"}});
  const support::Variables nobody{{"HOME", home_.path()}};

  const auto done = run_helix({"login", api_.url()}, nobody, "hl-from-stdin\nmore\n");

  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_THAT(done.err, HasSubstr("as anna"));
  EXPECT_THAT(done.out + done.err, Not(HasSubstr("hl-from-stdin")));
  EXPECT_EQ(api_.seen().front().authorization, "Bearer hl-from-stdin");
  const auto again = run_helix({"whoami"}, nobody);
  EXPECT_THAT(again.out, HasSubstr("anna"));
  const auto out = run_helix({"logout"}, nobody);
  EXPECT_EQ(out.status, 0);
  EXPECT_EQ(run_helix({"whoami"}, nobody).status, 3);
}

TEST_F(SessionFlow, LoginKeepsNoKeyThatDoesNotWork) {
  api_.on("GET /api/v1/users/me",
          {{401, R"({"status":401,"code":"unauthenticated","detail":"no such key"})"}});
  const support::Variables nobody{{"HOME", home_.path()}};
  const auto key_file = home_.path() / "key";
  std::ofstream(key_file) << "hl-wrong\n";

  const auto done = run_helix({"login", "--url", api_.url(), "--key-file", key_file}, nobody);

  EXPECT_EQ(done.status, 3);
  EXPECT_THAT(done.err, HasSubstr("nothing was saved"));
  EXPECT_FALSE(std::filesystem::exists(home_.path() / ".config/helix/config.toml"));
}

TEST_F(SessionFlow, VersionNeedsNoKeyAndNoServer) {
  api_.on("GET /api/v1/health", {{200, R"({"status":"ok","version":"9.9"})"}});

  const auto there = run_helix({"version"}, {{"HELIX_URL", api_.url()}});
  const auto away = run_helix({"version", "-o", "json"}, {{"HELIX_URL", "http://127.0.0.1:1"}});

  EXPECT_THAT(there.out, HasSubstr("helix-api 9.9 at " + api_.url()));
  EXPECT_EQ(api_.seen().front().authorization, "");
  EXPECT_EQ(away.status, 0);
  EXPECT_THAT(away.out, HasSubstr("\"server\": null"));
}

/// What bash offers after `line`, by the script of `helix completion`.
std::string completed(const std::string& script, const std::string& line) {
  const std::string program = script + "\nCOMP_WORDS=(" + line +
                              " ''); COMP_CWORD=$((${#COMP_WORDS[@]}-1)); _helix; echo ${COMPREPLY[@]}";
  FILE* const pipe =
      ::popen(("bash -c '" + std::regex_replace(program, std::regex("'"), "'\\''") + "'").c_str(), "r");
  std::string words;
  for (int byte = 0; (byte = std::fgetc(pipe)) != EOF;) words.push_back(static_cast<char>(byte));
  ::pclose(pipe);
  return words;
}

TEST_F(SessionFlow, CompletionKnowsCommandsAndOptions) {
  const auto script = run_helix({"completion"}, {}).out;

  EXPECT_THAT(completed(script, "helix"), HasSubstr("login logout whoami session exec"));
  EXPECT_THAT(completed(script, "helix session"), HasSubstr("create list show stop start delete"));
  EXPECT_THAT(completed(script, "helix session create --wait"), HasSubstr("--memory-mb"));
  EXPECT_EQ(completed(script, "helix exec hello --"), "\n");
}

TEST_F(SessionFlow, UsersAndKeysPrintTheirSecretAlone) {
  api_.on("POST /api/v1/users", {{201, R"({"id":"usr_1","name":"anna","api_key":"hl-anna"})"}});
  api_.on("POST /api/v1/api-keys", {{201, R"({"id":"key_1","name":"ci","key":"hl-ci"})"}});

  EXPECT_EQ(helix({"user", "create", "anna", "--admin"}).out, "hl-anna\n");
  EXPECT_EQ(helix({"key", "create", "ci"}).out, "hl-ci\n");
  EXPECT_EQ(api_.seen().front().body, R"({"name":"anna","role":"admin"})");
}

TEST_F(SessionFlow, AKeyIsRevokedByAUniqueName) {
  const std::string one = "key_01kftccz3g3n9hfdv42ma1dwjn";
  const std::string two = "key_01kftccz3g3n9hfdv42ma1dwjm";
  const auto key = [](const std::string& id, const std::string& name) {
    return R"({"id":")" + id + R"(","name":")" + name + R"("})";
  };
  api_.on("GET /api/v1/api-keys",
          {{200, R"({"api_keys":[)" + key(one, "ci") + "," + key(two, "x") + "," + key(one, "x") + "]}"}});
  api_.on("DELETE /api/v1/api-keys/" + one, {{204, ""}});

  EXPECT_EQ(helix({"key", "revoke", "ci"}).status, 0);
  EXPECT_EQ(helix({"key", "revoke", "x"}).status, 6);
  EXPECT_EQ(helix({"key", "revoke", "nothing"}).status, 5);
}

TEST_F(SessionFlow, SandboxesAreListedShownAndDrained) {
  const std::string sandbox =
      R"({"id":"local","state":"online","version":"0.1","sessions":1,"max_sessions":8,"images":["helix-headless:latest"],)"
      R"("disk":{"total_bytes":2000000000,"free_bytes":1500000000},"docker_version":"28.0","last_seen_at":null,"depth":1})";
  api_.on("GET /api/v1/sandboxes", {{200, R"({"sandboxes":[)" + sandbox + "]}"}});
  api_.on("GET /api/v1/sandboxes/local", {{200, sandbox}});
  api_.on("POST /api/v1/sandboxes/local/drain", {{200, sandbox}});
  api_.on("POST /api/v1/sandboxes/local/re-enrol", {{204, ""}});
  api_.on("DELETE /api/v1/sandboxes/local", {{204, ""}});

  EXPECT_THAT(helix({"sandbox", "list"}).out,
              HasSubstr("local    online  1/8       1.5 GB     28.0    0.1      never"));
  EXPECT_THAT(helix({"sandbox", "show", "local"}).out, HasSubstr("1.5 GB free of 2.0 GB"));
  EXPECT_EQ(helix({"sandbox", "drain", "--undo", "local"}).status, 0);
  EXPECT_EQ(api_.seen().back().body, R"({"draining":false})");
  EXPECT_EQ(helix({"sandbox", "re-enrol", "local"}).status, 0);
  EXPECT_EQ(helix({"sandbox", "delete", "local"}).status, 0);
  EXPECT_EQ(helix({"sandbox", "show", "../users"}).status, 2);
}

}  // namespace
}  // namespace cli
