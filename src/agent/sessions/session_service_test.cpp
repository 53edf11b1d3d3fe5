#include "agent/sessions/session_service.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/files.hpp"
#include "io/timeout.hpp"
#include "support/fake_engine.hpp"
#include "support/run.hpp"
#include "support/temporary_directory.hpp"

namespace agent {
namespace {

using base::ErrorCode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;
using wire::DevContainerState;

const auto kFirst = wire::SessionId::trusted("ses_01kftccz3g3n9hfdv42ma1dwj1");
const auto kSecond = wire::SessionId::trusted("ses_01kftccz3g3n9hfdv42ma1dwj2");

base::Log silent() {
  return {"test", base::LogLevel::error, base::LogFormat::json, [](std::string_view) {}};
}

class SessionServiceTest : public testing::Test {
 protected:
  SessionServiceTest() {
    engine_.images.insert("helix-headless:latest");
    limits_.sessions = 2;
    limits_.data = directory_.path();
    limits_.docker_data = directory_.path();
    publish("desktop-bridge", "first");
    service_ =
        std::make_unique<SessionService>(loop_.get_executor(), engine_, files_, setup(), limits_, silent());
  }

  [[nodiscard]] SandboxSetup setup() const {
    SandboxSetup value;
    value.sandbox_id = "local";
    value.level.depth = 1;
    value.binaries = directory_.path() / "bin";
    return value;
  }

  void publish(const std::string& name, const std::string& content) {
    std::filesystem::create_directories(setup().binaries);
    if (!replace_file(setup().binaries / name, content, 0755)) throw std::runtime_error("cannot publish");
  }
  [[nodiscard]] std::string copy_of(const wire::SessionId& id, const std::string& name) const {
    return read_file(files_.paths(id).programs() / name, 1000).value_or("none");
  }

  static wire::NewDevContainer request(const wire::SessionId& id) {
    wire::NewDevContainer value;
    value.session_id = id.text();
    value.owner = "usr_1";
    value.env = {"USER_API_TOKEN=hl-1"};
    return value;
  }

  base::Result<SessionService::Created> create(const wire::SessionId& id) {
    return support::run(loop_, service_->create(request(id)));
  }

  /// Everything that a session leaves: container, volume, files.
  [[nodiscard]] bool nothing_left() const {
    return engine_.containers.empty() && engine_.volumes.empty() && files_.sessions().empty();
  }

  static io::Task<base::Result<void>> attach_or_throw(const bool& broken) {
    if (broken) throw std::runtime_error("broken");
    co_return base::Result<void>{};
  }

  boost::asio::io_context loop_;
  support::TemporaryDirectory directory_;
  support::FakeEngine engine_;
  SessionFiles files_{directory_.path(), {}};
  SessionLimits limits_;
  std::unique_ptr<SessionService> service_;
};

TEST_F(SessionServiceTest, CreatesARunningContainer) {
  const auto created = create(kFirst);

  ASSERT_TRUE(created) << created.error().message();
  EXPECT_TRUE(created->is_new);
  EXPECT_EQ(created->session.state, DevContainerState::running);
  EXPECT_EQ(created->session.container_name, "headless-external-01kftccz3g3n9hfdv42ma1dwj1");
  EXPECT_EQ(engine_.volumes.count("docker-data-" + kFirst.text()), 1U);
  EXPECT_EQ(read_file(files_.paths(kFirst).env_file(), 1000).value(), "USER_API_TOKEN=hl-1\n");
}

TEST_F(SessionServiceTest, CreatingAgainRenewsTheVariablesOnly) {
  ASSERT_TRUE(create(kFirst));
  auto again = request(kFirst);
  again.env = {"USER_API_TOKEN=hl-2"};

  const auto created = support::run(loop_, service_->create(again));

  ASSERT_TRUE(created);
  EXPECT_FALSE(created->is_new);
  EXPECT_EQ(engine_.containers.size(), 1U);
  EXPECT_EQ(read_file(files_.paths(kFirst).env_file(), 1000).value(), "USER_API_TOKEN=hl-2\n");
}

TEST_F(SessionServiceTest, StopKeepsEverythingAndStartBringsItBack) {
  ASSERT_TRUE(create(kFirst));

  const auto stopped = support::run(loop_, service_->stop(kFirst));
  const auto told = support::run(loop_, service_->get(kFirst));
  const auto started = create(kFirst);

  ASSERT_TRUE(stopped && told && started);
  EXPECT_EQ(stopped->state, DevContainerState::stopped);
  EXPECT_EQ(told->state, DevContainerState::stopped);
  EXPECT_FALSE(started->is_new);
  EXPECT_EQ(started->session.state, DevContainerState::running);
  EXPECT_EQ(engine_.volumes.size(), 1U);
}

TEST_F(SessionServiceTest, WhatEndsByItselfHasFailed) {
  ASSERT_TRUE(create(kFirst));
  auto& container = engine_.containers.begin()->second;
  container.status = engine::ContainerStatus::exited;
  container.exit_code = 137;

  const auto told = support::run(loop_, service_->get(kFirst));

  ASSERT_TRUE(told);
  EXPECT_EQ(told->state, DevContainerState::failed);
  EXPECT_THAT(told->error, HasSubstr("status 137"));
}

TEST_F(SessionServiceTest, AMissingImageSaysWhatToDoAndLeavesNothing) {
  engine_.images.clear();

  const auto created = create(kFirst);

  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().code(), ErrorCode::not_found);
  EXPECT_THAT(created.error().message(), HasSubstr("manifest unknown"));
  EXPECT_THAT(created.error().message(), HasSubstr("docker load"));
  EXPECT_TRUE(nothing_left());
}

TEST_F(SessionServiceTest, PullsAnImageThatTheRegistryHas) {
  engine_.images.clear();
  engine_.images_of_registry.insert("helix-headless:latest");

  EXPECT_TRUE(create(kFirst));
}

TEST_F(SessionServiceTest, WhereverItFailsNothingIsLeft) {
  for (const auto* call : {"ensure_volume", "create_container", "start_container"}) {
    engine_.fail(call);

    const auto created = create(kFirst);
    engine_.succeed(call);

    EXPECT_FALSE(created) << call;
    EXPECT_TRUE(nothing_left()) << call;
  }
  EXPECT_TRUE(create(kFirst));
}

TEST_F(SessionServiceTest, ANetworkThatCannotBeSetUpFailsTheSession) {
  service_->on_attached([]() -> io::Task<base::Result<void>> {
    co_return base::fail(ErrorCode::internal, "sessions cannot be kept apart");
  });

  EXPECT_FALSE(create(kFirst));
  EXPECT_TRUE(nothing_left());
}

TEST_F(SessionServiceTest, AFailureKeepsAWorkspaceThatWasThereBefore) {
  ASSERT_TRUE(files_.prepare(kFirst, {}));
  ASSERT_TRUE(replace_file(files_.paths(kFirst).workspace() / "work", "mine", 0644));
  engine_.fail("start_container");

  EXPECT_FALSE(create(kFirst));

  EXPECT_TRUE(engine_.containers.empty());
  EXPECT_EQ(read_file(files_.paths(kFirst).workspace() / "work", 100).value(), "mine");
}

TEST_F(SessionServiceTest, TheLastPlaceIsGivenOnce) {
  using namespace boost::asio::experimental::awaitable_operators;
  ASSERT_TRUE(create(wire::SessionId::trusted("ses_01kftccz3g3n9hfdv42ma1dwj9")));
  int made = 0;
  int full = 0;
  const auto count = [&](const base::Result<SessionService::Created>& created) {
    if (created) ++made;
    if (!created && created.error().code() == ErrorCode::conflict) ++full;
  };

  for (const auto& id : {kFirst, kSecond}) {
    boost::asio::co_spawn(
        loop_, service_->create(request(id)),
        [&](const std::exception_ptr&, base::Result<SessionService::Created> created) { count(created); });
  }
  loop_.restart();
  loop_.run();

  EXPECT_EQ(made, 1);
  EXPECT_EQ(full, 1);
}

TEST_F(SessionServiceTest, AStoppedSessionGivesItsPlaceFree) {
  ASSERT_TRUE(create(kFirst));
  ASSERT_TRUE(create(kSecond));
  const auto third = wire::SessionId::trusted("ses_01kftccz3g3n9hfdv42ma1dwj3");
  EXPECT_EQ(create(third).error().code(), ErrorCode::conflict);

  ASSERT_TRUE(support::run(loop_, service_->stop(kFirst)));

  EXPECT_TRUE(create(third));
  EXPECT_EQ(create(kFirst).error().code(), ErrorCode::conflict);
}

TEST_F(SessionServiceTest, DeleteIsCompleteAndRepeatable) {
  ASSERT_TRUE(create(kFirst));

  EXPECT_TRUE(support::run(loop_, service_->remove(kFirst)));
  EXPECT_TRUE(nothing_left());
  EXPECT_TRUE(support::run(loop_, service_->remove(kFirst)));
  EXPECT_EQ(support::run(loop_, service_->get(kFirst)).error().code(), ErrorCode::not_found);
}

TEST_F(SessionServiceTest, DeleteDuringAPullEndsTheCreation) {
  engine_.images.clear();
  engine_.images_of_registry.insert("helix-headless:latest");
  engine_.pull_time = std::chrono::hours(1);
  std::optional<base::Result<SessionService::Created>> created;
  std::string step;
  bool removed = false;

  boost::asio::co_spawn(loop_, service_->create(request(kFirst)),
                        [&](const std::exception_ptr&, base::Result<SessionService::Created> result) {
                          created.emplace(std::move(result));
                        });
  const auto look_and_delete = [](SessionService& service, std::string& seen, bool& done) -> io::Task<void> {
    co_await io::sleep_for(std::chrono::milliseconds(1));
    const auto told = co_await service.get(kFirst);
    if (told) seen = told->step;
    const auto gone = co_await service.remove(kFirst);
    done = gone.has_value();
  };
  support::run(loop_, look_and_delete(*service_, step, removed));

  EXPECT_THAT(step, HasSubstr("pulling image helix-headless:latest: Downloading"));
  EXPECT_TRUE(removed);
  ASSERT_TRUE(created.has_value());
  EXPECT_EQ(created->error().code(), ErrorCode::conflict);
  EXPECT_TRUE(nothing_left());
}

TEST_F(SessionServiceTest, StartsWithTheSandboxWhatWasNotStopped) {
  ASSERT_TRUE(create(kFirst));
  ASSERT_TRUE(create(kSecond));
  ASSERT_TRUE(support::run(loop_, service_->stop(kSecond)));
  support::run(loop_, service_->stop_all(std::chrono::seconds(1)));

  support::run(loop_, service_->start_wanted());

  EXPECT_EQ(support::run(loop_, service_->get(kFirst))->state, DevContainerState::running);
  EXPECT_EQ(support::run(loop_, service_->get(kSecond))->state, DevContainerState::stopped);
}

TEST_F(SessionServiceTest, ReconcileRemovesWhatNobodyKnows) {
  ASSERT_TRUE(create(kFirst));
  ASSERT_TRUE(create(kSecond));
  ASSERT_TRUE(files_.prepare(wire::SessionId::trusted("ses_01kftccz3g3n9hfdv42ma1dwj7"), {}));

  const auto dry = support::run(loop_, service_->reconcile({{kFirst.text()}, true, 0}));
  const auto young = support::run(loop_, service_->reconcile({{kFirst.text()}, false, 3600}));
  const auto real = support::run(loop_, service_->reconcile({{kFirst.text()}, false, 0}));

  ASSERT_TRUE(dry && young && real);
  EXPECT_THAT(dry->removed, UnorderedElementsAre(kSecond.text(), "ses_01kftccz3g3n9hfdv42ma1dwj7"));
  EXPECT_THAT(young->removed, ElementsAre("ses_01kftccz3g3n9hfdv42ma1dwj7"));
  EXPECT_THAT(real->removed, ElementsAre(kSecond.text()));
  EXPECT_TRUE(support::run(loop_, service_->get(kFirst)));
  EXPECT_EQ(engine_.containers.size(), 1U);
}

TEST_F(SessionServiceTest, EachSessionHasItsOwnProgramsAndGetsNewerOnesAtItsStart) {
  ASSERT_TRUE(create(kFirst));
  EXPECT_EQ(copy_of(kFirst, "desktop-bridge"), "first");
  ASSERT_TRUE(support::run(loop_, service_->stop(kFirst)));
  publish("desktop-bridge", "a newer one");

  ASSERT_TRUE(create(kFirst));

  EXPECT_EQ(copy_of(kFirst, "desktop-bridge"), "a newer one");
}

TEST_F(SessionServiceTest, BridgesThatRunAreToldOnlyWhenTheyAreNotTheNewest) {
  ASSERT_TRUE(create(kFirst));
  ASSERT_TRUE(create(kSecond));
  ASSERT_TRUE(support::run(loop_, service_->stop(kSecond)));

  support::run(loop_, service_->renew_programs());
  const auto without_news = engine_.told.size();
  publish("helix", "a tool");
  support::run(loop_, service_->renew_programs());
  const auto for_a_tool = engine_.told.size();
  publish("desktop-bridge", "a newer one");
  support::run(loop_, service_->renew_programs());

  EXPECT_EQ(without_news, 0U);
  EXPECT_EQ(for_a_tool, 0U);
  EXPECT_EQ(copy_of(kFirst, "helix"), "a tool");
  ASSERT_EQ(engine_.told.size(), 1U);
  EXPECT_EQ(engine_.told.front(), "sv hup /etc/helix/service/desktop-bridge");
  EXPECT_EQ(copy_of(kFirst, "desktop-bridge"), "a newer one");
  EXPECT_EQ(copy_of(kSecond, "desktop-bridge"), "first");
  EXPECT_FALSE(service_->busy());
}

TEST_F(SessionServiceTest, AHostileSessionSpoilsItsOwnRenewalOnly) {
  ASSERT_TRUE(create(kFirst));
  ASSERT_TRUE(create(kSecond));
  const auto mine = files_.paths(kFirst).programs() / "desktop-bridge";
  std::filesystem::remove(mine);
  std::filesystem::create_directory(mine);
  publish("desktop-bridge", "a newer one");

  support::run(loop_, service_->renew_programs());

  EXPECT_EQ(copy_of(kSecond, "desktop-bridge"), "a newer one");
  EXPECT_EQ(engine_.told.size(), 1U);
}

TEST_F(SessionServiceTest, AnExceptionGivesThePlaceFree) {
  limits_.sessions = 1;
  SessionService one(loop_.get_executor(), engine_, files_, setup(), limits_, silent());
  bool broken = true;
  one.on_attached([&broken]() -> io::Task<base::Result<void>> { return attach_or_throw(broken); });

  EXPECT_THROW(support::run(loop_, one.create(request(kFirst))), std::runtime_error);
  engine_.containers.clear();
  broken = false;

  EXPECT_TRUE(support::run(loop_, one.create(request(kSecond))));
}

TEST_F(SessionServiceTest, RefusesNewSessionsWithTheReason) {
  service_->refuse_new("the sandbox is stopping");
  const auto stopping = create(kFirst);
  service_->refuse_new("");
  auto gpu = request(kFirst);
  gpu.gpu_vendor = "nvidia";
  const auto with_gpu = support::run(loop_, service_->create(gpu));

  EXPECT_EQ(stopping.error().code(), ErrorCode::unavailable);
  EXPECT_EQ(stopping.error().message(), "the sandbox is stopping");
  EXPECT_EQ(with_gpu.error().code(), ErrorCode::invalid_argument);
}

TEST_F(SessionServiceTest, AFullDiskRefusesNewSessionsOnly) {
  ASSERT_TRUE(create(kFirst));
  limits_.least_free_part = 1.1;  // more than any disk has
  SessionService full(loop_.get_executor(), engine_, files_, setup(), limits_, silent());

  const auto refused = support::run(loop_, full.create(request(kSecond)));
  const auto old = support::run(loop_, full.create(request(kFirst)));

  EXPECT_EQ(refused.error().code(), ErrorCode::unavailable);
  EXPECT_THAT(refused.error().message(), HasSubstr("disk is full"));
  EXPECT_TRUE(old);
}

TEST_F(SessionServiceTest, ListTellsSessionsOfThisSandboxOnly) {
  ASSERT_TRUE(create(kFirst));
  engine_.containers["stranger"].id = "x";

  const auto listed = support::run(loop_, service_->list());

  ASSERT_TRUE(listed);
  ASSERT_EQ(listed->size(), 1U);
  EXPECT_EQ(listed->front().session_id, kFirst.text());
}

}  // namespace
}  // namespace agent
