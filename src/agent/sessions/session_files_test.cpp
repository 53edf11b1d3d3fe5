#include "agent/sessions/session_files.hpp"

#include <chrono>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "agent/files.hpp"
#include "support/run.hpp"
#include "support/temporary_directory.hpp"

namespace agent {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

const auto kId = wire::SessionId::trusted("ses_01kftccz3g3n9hfdv42ma1dwjn");

class SessionFilesTest : public testing::Test {
 protected:
  /// A program as it is published, with a time that no copy gets by chance.
  void publish(const std::string& name, const std::string& content, int day) {
    fs::create_directories(source_);
    ASSERT_TRUE(replace_file(source_ / name, content, 0755));
    fs::last_write_time(source_ / name, fs::file_time_type{} + std::chrono::hours(24 * day));
  }
  base::Result<std::vector<std::string>> refresh() {
    return support::run(files_.refresh_programs(kId, source_));
  }
  [[nodiscard]] std::string copy_of(const std::string& name) const {
    return read_file(files_.paths(kId).programs() / name, 4096).value_or("unreadable");
  }

  support::TemporaryDirectory directory_;
  fs::path source_ = directory_.path() / "published";
  SessionFiles files_{directory_.path(), {{"HTTP_PROXY=http://proxy"}, "PEM"}};
};

TEST_F(SessionFilesTest, WritesTheVariablesForRootOnly) {
  const auto fresh = files_.prepare(kId, {"A=1"});

  ASSERT_TRUE(fresh) << fresh.error().message();
  EXPECT_TRUE(*fresh);
  const auto paths = files_.paths(kId);
  EXPECT_EQ(read_file(paths.env_file(), 4096).value(),
            "A=1\nHELIX_CA_CERTS=/run/helix/session/ca-certificates.pem\nHTTP_PROXY=http://proxy\n");
  struct stat file{};
  ASSERT_EQ(stat(paths.env_file().c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777U, 0600U);
  ASSERT_EQ(stat(paths.runtime().c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777U, 0700U);
}

TEST_F(SessionFilesTest, ARestartReplacesVariablesAndKeepsTheWorkspace) {
  ASSERT_TRUE(files_.prepare(kId, {"A=1"}));
  ASSERT_TRUE(replace_file(files_.paths(kId).workspace() / "mine", "x", 0644));

  const auto fresh = files_.prepare(kId, {"A=2"});

  ASSERT_TRUE(fresh);
  EXPECT_FALSE(*fresh);
  EXPECT_THAT(read_file(files_.paths(kId).env_file(), 4096).value(), testing::StartsWith("A=2\n"));
  EXPECT_TRUE(fs::exists(files_.paths(kId).workspace() / "mine"));
}

TEST_F(SessionFilesTest, WhatASessionPutsInTheWayIsNeitherOpenedNorFollowed) {
  ASSERT_TRUE(files_.prepare(kId, {"A=1"}));
  const auto runtime = files_.paths(kId).runtime();
  const auto victim = directory_.path() / "victim";
  ASSERT_TRUE(replace_file(victim, "untouched", 0600));
  // Opening a FIFO that nobody reads would wait for ever.
  fs::remove(runtime / "env");
  ASSERT_EQ(mkfifo((runtime / "env").c_str(), 0600), 0);
  ASSERT_EQ(mkfifo((runtime / "env.new").c_str(), 0600), 0);
  fs::remove(runtime / "ca-certificates.pem");
  fs::create_symlink(victim, runtime / "ca-certificates.pem");
  fs::create_symlink(victim, runtime / "ca-certificates.pem.new");

  const auto prepared = files_.prepare(kId, {"A=2"});

  ASSERT_TRUE(prepared) << prepared.error().message();
  EXPECT_TRUE(fs::is_regular_file(fs::symlink_status(runtime / "env")));
  EXPECT_THAT(read_file(runtime / "env", 4096).value(), testing::StartsWith("A=2\n"));
  EXPECT_TRUE(fs::is_regular_file(fs::symlink_status(runtime / "ca-certificates.pem")));
  EXPECT_EQ(read_file(victim, 4096).value(), "untouched");
}

TEST_F(SessionFilesTest, ADirectoryInTheWayIsAFailure) {
  ASSERT_TRUE(files_.prepare(kId, {}));
  fs::remove(files_.paths(kId).env_file());
  fs::create_directory(files_.paths(kId).env_file());

  EXPECT_FALSE(files_.prepare(kId, {}));
}

TEST_F(SessionFilesTest, ProgramsAreCopiesThatShareNothing) {
  publish("desktop-bridge", "one", 1);
  publish("helix", "two", 1);
  publish(".helix.new", "half", 1);

  const auto renewed = refresh();

  ASSERT_TRUE(renewed) << renewed.error().message();
  EXPECT_THAT(*renewed, ElementsAre("desktop-bridge", "helix"));
  const auto copy = files_.paths(kId).programs() / "helix";
  EXPECT_EQ(copy_of("helix"), "two");
  EXPECT_EQ(fs::hard_link_count(copy), 1U);
  EXPECT_FALSE(fs::equivalent(copy, source_ / "helix"));
  EXPECT_FALSE(fs::exists(files_.paths(kId).programs() / ".helix.new"));
  EXPECT_FALSE(fs::exists(files_.paths(kId).staging()));
}

TEST_F(SessionFilesTest, OnlyChangedProgramsAreCopiedAgain) {
  publish("desktop-bridge", "one", 1);
  publish("helix", "two", 1);
  ASSERT_TRUE(refresh());
  EXPECT_THAT(refresh().value(), IsEmpty());

  publish("helix", "TWO", 2);

  EXPECT_THAT(refresh().value(), ElementsAre("helix"));
  EXPECT_EQ(copy_of("helix"), "TWO");
  EXPECT_EQ(copy_of("desktop-bridge"), "one");
}

TEST_F(SessionFilesTest, WhatASessionMadeOfItsProgramsIsReplaced) {
  publish("desktop-bridge", "one", 1);
  publish("helix", "two", 1);
  publish("hydra", "three", 1);
  ASSERT_TRUE(refresh());
  const auto programs = files_.paths(kId).programs();
  fs::remove(programs / "desktop-bridge");
  ASSERT_EQ(mkfifo((programs / "desktop-bridge").c_str(), 0600), 0);
  fs::remove(programs / "helix");
  fs::create_symlink(source_ / "helix", programs / "helix");
  fs::remove(programs / "hydra");
  fs::create_hard_link(source_ / "hydra", programs / "hydra");

  const auto renewed = refresh();

  ASSERT_TRUE(renewed) << renewed.error().message();
  EXPECT_THAT(*renewed, ElementsAre("desktop-bridge", "helix", "hydra"));
  EXPECT_TRUE(fs::is_regular_file(fs::symlink_status(programs / "helix")));
  EXPECT_FALSE(fs::equivalent(programs / "hydra", source_ / "hydra"));
  EXPECT_EQ(copy_of("desktop-bridge") + copy_of("helix") + copy_of("hydra"), "onetwothree");
}

TEST_F(SessionFilesTest, WithoutProgramsThereIsNothingToStart) {
  EXPECT_EQ(refresh().error().code(), base::ErrorCode::not_found);
}

TEST_F(SessionFilesTest, RemovesTheCopyToo) {
  publish("helix", "two", 1);
  ASSERT_TRUE(refresh());
  EXPECT_THAT(files_.sessions(), ElementsAre(kId));

  EXPECT_TRUE(support::run(files_.remove(kId)));

  EXPECT_THAT(files_.sessions(), IsEmpty());
  EXPECT_TRUE(fs::exists(source_ / "helix"));
}

TEST_F(SessionFilesTest, RemovesEverythingAndIsRepeatable) {
  ASSERT_TRUE(files_.prepare(kId, {}));
  ASSERT_TRUE(files_.set_wants_stopped(kId, true));
  EXPECT_THAT(files_.sessions(), ElementsAre(kId));

  EXPECT_TRUE(support::run(files_.remove(kId)));
  EXPECT_TRUE(support::run(files_.remove(kId)));

  EXPECT_THAT(files_.sessions(), IsEmpty());
  EXPECT_FALSE(files_.wants_stopped(kId));
}

TEST_F(SessionFilesTest, RemembersThatASessionIsToStayStopped) {
  EXPECT_FALSE(files_.wants_stopped(kId));
  ASSERT_TRUE(files_.set_wants_stopped(kId, true));
  ASSERT_TRUE(files_.set_wants_stopped(kId, true));
  EXPECT_TRUE(files_.wants_stopped(kId));
  ASSERT_TRUE(files_.set_wants_stopped(kId, false));
  ASSERT_TRUE(files_.set_wants_stopped(kId, false));
  EXPECT_FALSE(files_.wants_stopped(kId));
}

TEST(EnvFile, TheSessionsOwnValueWins) {
  EXPECT_EQ(env_file_text({"A=outer", "B=x"}, {"A=inner", "EMPTY="}), "A=inner\nB=x\nEMPTY=\n");
}

}  // namespace
}  // namespace agent
