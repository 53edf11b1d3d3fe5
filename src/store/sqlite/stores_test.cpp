#include "store/sqlite/stores.hpp"

#include <csignal>
#include <filesystem>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "store/sqlite/migrate.hpp"
#include "support/stores_world.hpp"

namespace store::sqlite {
namespace {

using base::ErrorCode;
using support::at;
using support::quiet_store;
using support::run;
using wire::SessionState;

class StoresTest : public support::StoresWorld {};

TEST_F(StoresTest, KeepsTheFileToItself) {
  struct stat info{};
  ASSERT_EQ(::stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  const auto second = Stores::open(path_, quiet_store());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), ErrorCode::conflict);
}

TEST_F(StoresTest, KeepsEverythingOverARestart) {
  add_sandbox("local");
  ASSERT_TRUE(add_session(1, ada_, {candidate("local", 1)}));

  stores_.reset();
  stores_ = Stores::open(path_, quiet_store()).value();

  const auto session = stores_->sessions.find(session_id(1));
  ASSERT_TRUE(session);
  EXPECT_EQ(session->sandbox->text(), "local");
  EXPECT_EQ(session->env.at("A"), "1");
  EXPECT_EQ(stores_->users.find_user(ada_.id)->name, "ada");
}

TEST_F(StoresTest, RefusesANewerSchema) {
  stores_.reset();
  auto database = Database::open(path_, false).value();
  ASSERT_TRUE(database->execute("PRAGMA user_version = 99"));
  database.reset();

  const auto opened = Stores::open(path_, quiet_store());

  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message().find("schema version 99"), std::string::npos)
      << opened.error().message();
}

TEST_F(StoresTest, BacksUpBeforeMigrating) {
  const auto path = directory_ / "other.db";
  auto database = Database::open(path, false).value();
  constexpr auto kSteps = std::to_array<Migration>({
      {"0001_a", "CREATE TABLE a (x INTEGER) STRICT; INSERT INTO a VALUES (7);"},
      {"0002_b", "ALTER TABLE a ADD COLUMN y INTEGER; UPDATE a SET x = 8;"},
  });
  ASSERT_TRUE(migrate(*database, path, std::span(kSteps).first(1), quiet_store()));
  EXPECT_FALSE(std::filesystem::exists(path.string() + ".v0.bak"));

  ASSERT_TRUE(migrate(*database, path, kSteps, quiet_store()));

  auto backup = Database::open(path.string() + ".v1.bak", true).value();
  auto old = backup->statement("SELECT x FROM a");
  ASSERT_TRUE(old.next());
  EXPECT_EQ(old.get_integer(0), 7);
  auto now = database->statement("SELECT x FROM a");
  ASSERT_TRUE(now.next());
  EXPECT_EQ(now.get_integer(0), 8);
}

TEST_F(StoresTest, LeavesTheSchemaAloneWhenAMigrationFails) {
  const auto path = directory_ / "other.db";
  auto database = Database::open(path, false).value();
  constexpr auto kSteps =
      std::to_array<Migration>({{"0001_a", "CREATE TABLE a (x INTEGER) STRICT; CREATE TABLE a"}});

  const auto migrated = migrate(*database, path, kSteps, quiet_store());

  ASSERT_FALSE(migrated);
  EXPECT_NE(migrated.error().message().find("0001_a"), std::string::npos);
  auto query = database->statement("SELECT count(*) FROM sqlite_master");
  ASSERT_TRUE(query.next());
  EXPECT_EQ(query.get_integer(0), 0);
}

TEST_F(StoresTest, PlacesWhereTheFewestSessionsAre) {
  add_sandbox("one");
  add_sandbox("two");
  const std::vector<Candidate> both{candidate("one", 5), candidate("two", 5)};

  std::map<std::string, int> placed;
  for (int number = 1; number <= 5; ++number)
    ++placed[add_session(number, ada_, both).value().sandbox->text()];

  EXPECT_EQ(placed["one"], 3);
  EXPECT_EQ(placed["two"], 2);
}

TEST_F(StoresTest, RefusesWhenNoSlotIsLeftAndCountsOnlyWhatHoldsOne) {
  add_sandbox("one");
  const std::vector<Candidate> full{candidate("one", 1)};
  ASSERT_TRUE(add_session(1, ada_, full));
  const auto second = add_session(2, ada_, full);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), ErrorCode::conflict);

  ASSERT_TRUE(set_state(1, SessionState::starting, {.state = SessionState::stopped}));

  EXPECT_TRUE(add_session(2, ada_, full));
  EXPECT_EQ(stores_->sessions.occupied().at(wire::SandboxId::trusted("one")), 1);
  const SessionEvent event{at(30), "starting again"};
  const auto again =
      run(stores_->sessions.restart(session_id(1), key("key_again", ada_.id, session_id(1)), full, event));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code(), ErrorCode::conflict);
}

TEST_F(StoresTest, LimitsAnOwnersSessionsAndKeepsNamesApart) {
  add_sandbox("one");
  const std::vector<Candidate> roomy{candidate("one", 100)};
  const auto bob = add_user("usr_00000000000000000000000002", "bob", wire::Role::user);
  ASSERT_TRUE(add_session(1, ada_, roomy, 1));

  const auto above = add_session(2, ada_, roomy, 1);
  ASSERT_FALSE(above);
  EXPECT_EQ(above.error().code(), ErrorCode::too_many);
  EXPECT_TRUE(add_session(3, bob, roomy, 1));

  SessionRecord twin = stores_->sessions.find(session_id(1)).value();
  twin.id = session_id(4);
  const auto taken = run(stores_->sessions.create(twin, key("key_twin", ada_.id, twin.id), roomy, 5));
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code(), ErrorCode::conflict);
  EXPECT_FALSE(stores_->users.find_key(key("key_twin", ada_.id).hash))
      << "the key must go with the refused session";
}

TEST_F(StoresTest, ChangesOnlyFromTheStatesNamed) {
  add_sandbox("one");
  ASSERT_TRUE(add_session(1, ada_, {candidate("one", 1)}));

  const auto wrong = set_state(1, SessionState::stopping, {.state = SessionState::stopped});
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code(), ErrorCode::conflict);
  EXPECT_EQ(stores_->sessions.find(session_id(1))->state, SessionState::starting);
  const auto missing = set_state(9, SessionState::starting, {.state = SessionState::running});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), ErrorCode::not_found);
}

TEST_F(StoresTest, EndsKeysAndOrdersTheCleanupInOneStep) {
  add_sandbox("one");
  ASSERT_TRUE(add_session(1, ada_, {candidate("one", 1)}));
  const auto hash = key("key_s1", ada_.id).hash;
  ASSERT_TRUE(stores_->users.find_key(hash));

  SessionChange failed;
  failed.state = SessionState::failed;
  failed.status_message = "no image";
  failed.drop_keys = true;
  failed.cleanup = Cleanup::remove;
  ASSERT_TRUE(set_state(1, SessionState::starting, failed));

  EXPECT_FALSE(stores_->users.find_key(hash));
  const auto removals = stores_->removals.list_removals(wire::SandboxId::trusted("one"));
  ASSERT_EQ(removals.size(), 1U);
  EXPECT_FALSE(removals[0].keep_data);
  ASSERT_TRUE(run(stores_->removals.finish_removal(session_id(1), wire::SandboxId::trusted("one"))));
  EXPECT_FALSE(stores_->removals.find_removal(session_id(1), wire::SandboxId::trusted("one")));
}

TEST_F(StoresTest, DeletesASessionWithAllThatHangsOnIt) {
  add_sandbox("one");
  ASSERT_TRUE(add_session(1, ada_, {candidate("one", 1)}));
  const auto exposure = exposed(1, 80, "web", ada_.id);
  ASSERT_TRUE(run(stores_->exposures.add_exposure(exposure, 32)));

  ASSERT_TRUE(run(stores_->sessions.remove(session_id(1), at(40))));

  EXPECT_FALSE(stores_->sessions.find(session_id(1)));
  EXPECT_TRUE(stores_->exposures.list_exposures(session_id(1)).empty());
  EXPECT_FALSE(stores_->users.find_key(key("key_s1", ada_.id).hash));
  EXPECT_TRUE(stores_->removals.find_removal(session_id(1), wire::SandboxId::trusted("one")));
  EXPECT_TRUE(stores_->sessions.events(session_id(1)).empty());
}

TEST_F(StoresTest, KeepsTheLastEvents) {
  add_sandbox("one");
  ASSERT_TRUE(add_session(1, ada_, {candidate("one", 1)}));
  SessionChange change;
  for (int i = 0; i < kMostEvents + 5; ++i) change.events.push_back({at(i), "event " + std::to_string(i)});
  ASSERT_TRUE(set_state(1, SessionState::starting, change));

  const auto events = stores_->sessions.events(session_id(1));

  ASSERT_EQ(events.size(), static_cast<std::size_t>(kMostEvents));
  EXPECT_EQ(events.back().message, "event " + std::to_string(kMostEvents + 4));
}

TEST_F(StoresTest, AnswersTheSameExposureAndRefusesOthers) {
  add_sandbox("one");
  ASSERT_TRUE(add_session(1, ada_, {candidate("one", 9)}));
  ASSERT_TRUE(add_session(2, ada_, {candidate("one", 9)}));
  const auto web = exposed(1, 80, "web", ada_.id);
  ASSERT_TRUE(run(stores_->exposures.add_exposure(web, 2)).value().created);

  EXPECT_FALSE(run(stores_->exposures.add_exposure(web, 2)).value().created);
  auto renamed = web;
  renamed.name = "other";
  EXPECT_EQ(run(stores_->exposures.add_exposure(renamed, 2)).error().code(), ErrorCode::conflict);
  auto taken = web;
  taken.session = session_id(2);
  EXPECT_EQ(run(stores_->exposures.add_exposure(taken, 2)).error().code(), ErrorCode::conflict);
  auto second = web;
  second.port = 81;
  second.name = "";
  EXPECT_TRUE(run(stores_->exposures.add_exposure(second, 2)));
  auto third = second;
  third.port = 82;
  EXPECT_EQ(run(stores_->exposures.add_exposure(third, 2)).error().code(), ErrorCode::too_many);
  EXPECT_TRUE(run(stores_->exposures.remove_exposure(session_id(1), 80)));
  EXPECT_EQ(run(stores_->exposures.remove_exposure(session_id(1), 80)).error().code(), ErrorCode::not_found);
  auto orphan = second;
  orphan.session = session_id(7);
  EXPECT_EQ(run(stores_->exposures.add_exposure(orphan, 2)).error().code(), ErrorCode::not_found);
}

TEST_F(StoresTest, EnrolsAgainOnlyUntilTheTokenWasUsed) {
  const auto local = wire::SandboxId::trusted("local");
  ASSERT_TRUE(run(stores_->sandboxes.enrol(local, TokenHash{"first"}, at(1))));
  ASSERT_TRUE(run(stores_->sandboxes.enrol(local, TokenHash{"second"}, at(2))));
  EXPECT_FALSE(stores_->sandboxes.find_sandbox(TokenHash{"first"}));
  EXPECT_TRUE(stores_->sandboxes.find_sandbox(TokenHash{"second"}));

  ASSERT_TRUE(run(stores_->sandboxes.mark_token_used(local)));
  EXPECT_EQ(run(stores_->sandboxes.enrol(local, TokenHash{"third"}, at(3))).error().code(),
            ErrorCode::conflict);

  ASSERT_TRUE(run(stores_->sandboxes.drop_token(local)));
  EXPECT_FALSE(stores_->sandboxes.find_sandbox(TokenHash{"second"}));
  EXPECT_TRUE(run(stores_->sandboxes.enrol(local, TokenHash{"third"}, at(4))));
}

TEST_F(StoresTest, RemovesASandboxOnlyWithoutSessions) {
  add_sandbox("one");
  ASSERT_TRUE(add_session(1, ada_, {candidate("one", 1)}));
  const auto one = wire::SandboxId::trusted("one");
  EXPECT_EQ(run(stores_->sandboxes.remove_sandbox(one)).error().code(), ErrorCode::conflict);

  ASSERT_TRUE(run(stores_->sessions.remove(session_id(1), at(2))));

  EXPECT_TRUE(run(stores_->sandboxes.remove_sandbox(one)));
  EXPECT_TRUE(stores_->removals.list_removals(one).empty());
  EXPECT_EQ(run(stores_->sandboxes.set_draining(one, true)).error().code(), ErrorCode::not_found);
}

TEST_F(StoresTest, EndsLoginsWithTheirKeyAndTheirTime) {
  const auto id = wire::KeyId::trusted("key_00000000000000000000000001");
  ASSERT_TRUE(run(stores_->users.create_login({TokenHash{"cookie"}, id, at(10), at(20)})));
  EXPECT_TRUE(stores_->users.find_login(TokenHash{"cookie"}, at(19)));
  EXPECT_FALSE(stores_->users.find_login(TokenHash{"cookie"}, at(20)));

  ASSERT_TRUE(run(stores_->users.remove_key(id)));

  EXPECT_FALSE(stores_->users.find_login(TokenHash{"cookie"}, at(19)));
  EXPECT_EQ(run(stores_->users.remove_key(id)).error().code(), ErrorCode::not_found);
}

TEST_F(StoresTest, KeepsTheLastAdminAndOwnersOfSessions) {
  add_sandbox("one");
  const auto bob = add_user("usr_00000000000000000000000002", "bob", wire::Role::user);
  ASSERT_TRUE(add_session(1, bob, {candidate("one", 1)}));

  EXPECT_EQ(run(stores_->users.remove_user(ada_.id)).error().code(), ErrorCode::conflict);
  EXPECT_EQ(run(stores_->users.remove_user(bob.id)).error().code(), ErrorCode::conflict);
  ASSERT_TRUE(run(stores_->sessions.remove(session_id(1), at(2))));
  EXPECT_TRUE(run(stores_->users.remove_user(bob.id)));
  EXPECT_EQ(run(stores_->users.remove_user(bob.id)).error().code(), ErrorCode::not_found);
}

TEST_F(StoresTest, IsUnwellFromAFailedWriteUntilOneWorksAgain) {
  EXPECT_TRUE(run(stores_->check()));
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit full = before;
  full.rlim_cur = 1;  // bytes a file may grow to: as good as a full disk
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &full), 0);

  const auto refused = run(stores_->users.create_key(key("key_more", ada_.id)));
  const auto unwell = run(stores_->check());
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, old_handler);
  const auto well = run(stores_->check());

  EXPECT_FALSE(refused);
  EXPECT_FALSE(unwell);
  EXPECT_TRUE(well);
  EXPECT_TRUE(run(stores_->users.create_key(key("key_more", ada_.id))));
}

}  // namespace
}  // namespace store::sqlite
