/// Stores over a database file of their own, with an admin in it.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "store/sqlite/stores.hpp"
#include "support/run.hpp"

namespace support {

inline base::Log quiet_store() {
  return {"test", base::LogLevel::error, base::LogFormat::json, [](std::string_view) {}};
}

inline base::Time at(int seconds) { return base::Time(std::chrono::seconds(seconds)); }

class StoresWorld : public testing::Test {
 public:
  StoresWorld() {
    base::SystemRandom random;
    directory_ = std::filesystem::temp_directory_path() / ("helix-store-" + base::random_hex(8, random));
    std::filesystem::create_directory(directory_);
    path_ = directory_ / "helix.db";
    stores_ = store::sqlite::Stores::open(path_, quiet_store()).value();
    ada_ = add_user("usr_00000000000000000000000001", "ada", wire::Role::admin);
  }
  ~StoresWorld() override {
    stores_.reset();
    std::filesystem::remove_all(directory_);
  }

  wire::User add_user(const std::string& id, const std::string& name, wire::Role role) {
    const wire::User user{wire::UserId::trusted(id), name, role, at(1)};
    const auto made = run(stores_->users.create_user(user, key("key_" + id.substr(4), user.id)));
    EXPECT_TRUE(made) << made.error().message();
    return user;
  }

  static store::KeyRecord key(const std::string& id, const wire::UserId& owner,
                              std::optional<wire::SessionId> session = std::nullopt) {
    store::KeyRecord record;
    record.id = wire::KeyId::trusted(id);
    record.owner = owner;
    record.session = std::move(session);
    record.hash.bytes = "hash of " + id;
    return record;
  }

  void add_sandbox(const std::string& id) {
    ASSERT_TRUE(run(stores_->sandboxes.note_heartbeat(wire::SandboxId::trusted(id), {}, at(5))));
  }

  base::Result<store::SessionRecord> add_session(int number, const wire::User& owner,
                                                 std::vector<store::Candidate> candidates,
                                                 std::int64_t limit = 20) {
    store::SessionRecord session;
    session.id = session_id(number);
    session.owner = owner.id;
    session.name = "s" + std::to_string(number);
    session.env = {{"A", "1"}};
    session.created_at = at(10);
    return run(stores_->sessions.create(session, key("key_s" + std::to_string(number), owner.id, session.id),
                                        std::move(candidates), limit));
  }

  static store::ExposureRecord exposed(int session, std::uint16_t port, const std::string& name,
                                       const wire::UserId& owner) {
    store::ExposureRecord record;
    record.session = session_id(session);
    record.owner = owner;
    record.port = port;
    record.protocol = "http";
    record.name = name;
    record.visibility = "private";
    record.created_at = at(3);
    return record;
  }

  static wire::SessionId session_id(int number) {
    std::string digits = std::to_string(number);
    return wire::SessionId::trusted("ses_" + std::string(26 - digits.size(), '0') + digits);
  }
  static store::Candidate candidate(const std::string& id, std::int64_t most) {
    return {wire::SandboxId::trusted(id), most};
  }

  base::Result<store::SessionRecord> set_state(int number, wire::SessionState from,
                                               store::SessionChange change) {
    return run(stores_->sessions.change(session_id(number), {from}, std::move(change), at(20)));
  }

  std::filesystem::path directory_;
  std::filesystem::path path_;
  std::unique_ptr<store::sqlite::Stores> stores_;
  wire::User ada_;
};

}  // namespace support
