#include <gtest/gtest.h>

#include "store/sqlite/migrate.hpp"
#include "store/sqlite/stores.hpp"
#include "support/stores_world.hpp"

namespace store::sqlite {
namespace {

using base::ErrorCode;
using support::at;
using support::quiet_store;
using support::run;

class GatewayStoreTest : public support::StoresWorld {
 public:
  GatewayStoreTest() {
    add_sandbox("one");
    EXPECT_TRUE(add_session(1, ada_, {candidate("one", 9)}));
    EXPECT_TRUE(run(stores_->exposures.add_exposure(exposed(1, 80, "web", ada_.id), 32)));
    bob_ = add_user("usr_00000000000000000000000002", "bob", wire::Role::user);
    EXPECT_TRUE(run(stores_->users.create_login({login_, bob_key_, at(10), at(100)})));
  }

  static ShareLinkRecord link(const std::string& secret,
                              std::optional<base::Time> expires_at = std::nullopt) {
    ShareLinkRecord record;
    record.id = wire::ShareLinkId::trusted("shl_" + secret);
    record.session = session_id(1);
    record.port = 80;
    record.label = "for " + secret;
    record.hash.bytes = secret;
    record.created_at = at(4);
    record.expires_at = expires_at;
    return record;
  }

  AppLoginRecord by_login(const std::string& secret, std::uint16_t port = 80) {
    AppLoginRecord record;
    record.hash.bytes = secret;
    record.session = session_id(1);
    record.port = port;
    record.user = bob_.id;
    record.login = login_;
    record.created_at = at(10);
    record.expires_at = at(50);
    return record;
  }

  static AppLoginRecord by_share(const std::string& secret, const ShareLinkRecord& link) {
    AppLoginRecord record;
    record.hash.bytes = secret;
    record.session = link.session;
    record.port = link.port;
    record.share = link.id;
    record.created_at = at(10);
    record.expires_at = at(50);
    return record;
  }

  bool lives(const std::string& secret, int second = 20) {
    return stores_->gateway.find_app_login(TokenHash{secret}, at(second)).has_value();
  }

  TokenHash login_{"bob's browser"};
  wire::KeyId bob_key_ = wire::KeyId::trusted("key_00000000000000000000000002");
  wire::User bob_;
};

TEST_F(GatewayStoreTest, KeepsWhatAnExposureSays) {
  auto said = exposed(1, 81, "", ada_.id);
  said.protocol = "tcp";
  said.visibility = "public";
  said.host_header = "app.example:81";
  said.allow_cidrs = {"10.0.0.0/8", "::1/128"};
  said.allocated_port = 30001;
  ASSERT_TRUE(run(stores_->exposures.add_exposure(said, 32)));

  const auto found = stores_->exposures.find_exposure(session_id(1), 81);

  ASSERT_TRUE(found);
  EXPECT_EQ(found->host_header, said.host_header);
  EXPECT_EQ(found->allow_cidrs, said.allow_cidrs);
  EXPECT_EQ(found->allocated_port, 30001);
  EXPECT_EQ(stores_->exposures.find_allocated(30001)->port, 81);
  EXPECT_FALSE(stores_->exposures.find_allocated(30002));
  ASSERT_EQ(stores_->exposures.list_allocated().size(), 1U);
  EXPECT_EQ(stores_->exposures.find_exposure(session_id(1), "web")->port, 80);
  EXPECT_EQ(stores_->exposures.find_exposure(session_id(1), "web")->allocated_port, 0);
  EXPECT_FALSE(stores_->exposures.find_exposure(session_id(1), ""));
  EXPECT_FALSE(stores_->exposures.find_exposure(session_id(2), 81));
}

TEST_F(GatewayStoreTest, ComparesAllButTheAllocatedPort) {
  auto there = exposed(1, 81, "", ada_.id);
  there.allocated_port = 30001;
  ASSERT_TRUE(run(stores_->exposures.add_exposure(there, 32)));

  auto again = there;
  again.allocated_port = 30002;
  const auto same = run(stores_->exposures.add_exposure(again, 32));
  ASSERT_TRUE(same);
  EXPECT_FALSE(same->created);
  EXPECT_EQ(same->exposure.allocated_port, 30001);
  auto other_host = there;
  other_host.host_header = "localhost";
  EXPECT_EQ(run(stores_->exposures.add_exposure(other_host, 32)).error().code(), ErrorCode::conflict);
  auto other_networks = there;
  other_networks.allow_cidrs = {"10.0.0.0/8"};
  EXPECT_EQ(run(stores_->exposures.add_exposure(other_networks, 32)).error().code(), ErrorCode::conflict);
  auto other_port = there;
  other_port.port = 82;
  EXPECT_EQ(run(stores_->exposures.add_exposure(other_port, 32)).error().code(), ErrorCode::conflict);
}

TEST_F(GatewayStoreTest, ReadsNoRuleOfAccessAsOpen) {
  stores_.reset();
  auto database = Database::open(path_, false).value();
  ASSERT_TRUE(database->execute("UPDATE exposures SET allow_cidrs = 'broken'"));
  database.reset();
  stores_ = Stores::open(path_, quiet_store()).value();

  EXPECT_ANY_THROW((void)stores_->exposures.find_exposure(session_id(1), 80));
}

TEST_F(GatewayStoreTest, InvitesOnceAndUpToALimit) {
  EXPECT_FALSE(stores_->gateway.is_invited(session_id(1), bob_.id));
  ASSERT_TRUE(run(stores_->gateway.invite(session_id(1), bob_.id, at(5), 1)));
  EXPECT_TRUE(run(stores_->gateway.invite(session_id(1), bob_.id, at(6), 1)));
  EXPECT_TRUE(stores_->gateway.is_invited(session_id(1), bob_.id));
  EXPECT_FALSE(stores_->gateway.is_invited(session_id(2), bob_.id));
  ASSERT_EQ(stores_->gateway.list_invited(session_id(1)).size(), 1U);
  EXPECT_EQ(stores_->gateway.list_invited(session_id(1))[0].name, "bob");

  EXPECT_EQ(run(stores_->gateway.invite(session_id(1), ada_.id, at(5), 1)).error().code(),
            ErrorCode::too_many);
  EXPECT_EQ(run(stores_->gateway.invite(session_id(7), bob_.id, at(5), 1)).error().code(),
            ErrorCode::not_found);
}

TEST_F(GatewayStoreTest, UninvitingEndsTheLoginsThere) {
  ASSERT_TRUE(run(stores_->gateway.invite(session_id(1), bob_.id, at(5), 9)));
  ASSERT_TRUE(run(stores_->gateway.create_app_login(by_login("cookie"))));

  ASSERT_TRUE(run(stores_->gateway.uninvite(session_id(1), bob_.id)));

  EXPECT_FALSE(lives("cookie"));
  EXPECT_FALSE(stores_->gateway.is_invited(session_id(1), bob_.id));
  EXPECT_EQ(run(stores_->gateway.uninvite(session_id(1), bob_.id)).error().code(), ErrorCode::not_found);
}

TEST_F(GatewayStoreTest, FindsAShareLinkUntilItExpires) {
  ASSERT_TRUE(run(stores_->gateway.create_share_link(link("a", at(30)), 9)));
  ASSERT_TRUE(run(stores_->gateway.create_share_link(link("b"), 9)));

  EXPECT_EQ(stores_->gateway.find_share_link(TokenHash{"a"}, at(29))->label, "for a");
  EXPECT_FALSE(stores_->gateway.find_share_link(TokenHash{"a"}, at(30)));
  EXPECT_TRUE(stores_->gateway.find_share_link(TokenHash{"b"}, at(30'000)));
  EXPECT_EQ(stores_->gateway.find_share_link(link("a").id)->expires_at, at(30));
  EXPECT_EQ(stores_->gateway.list_share_links(session_id(1), 80).size(), 2U);
  EXPECT_TRUE(stores_->gateway.list_share_links(session_id(1), 81).empty());
}

TEST_F(GatewayStoreTest, LimitsShareLinksToWhatIsExposed) {
  ASSERT_TRUE(run(stores_->gateway.create_share_link(link("a"), 1)));

  EXPECT_EQ(run(stores_->gateway.create_share_link(link("b"), 1)).error().code(), ErrorCode::too_many);
  auto elsewhere = link("c");
  elsewhere.port = 81;
  EXPECT_EQ(run(stores_->gateway.create_share_link(elsewhere, 1)).error().code(), ErrorCode::not_found);
}

TEST_F(GatewayStoreTest, RotationEndsTheOldSecretAndItsLogins) {
  ASSERT_TRUE(run(stores_->gateway.create_share_link(link("old"), 9)));
  ASSERT_TRUE(run(stores_->gateway.create_share_link(link("other"), 9)));
  ASSERT_TRUE(run(stores_->gateway.create_app_login(by_share("cookie", link("old")))));
  ASSERT_TRUE(run(stores_->gateway.create_app_login(by_share("kept", link("other")))));

  ASSERT_TRUE(run(stores_->gateway.rotate_share_link(link("old").id, TokenHash{"new"})));

  EXPECT_FALSE(stores_->gateway.find_share_link(TokenHash{"old"}, at(20)));
  EXPECT_EQ(stores_->gateway.find_share_link(TokenHash{"new"}, at(20))->id, link("old").id);
  EXPECT_FALSE(lives("cookie"));
  EXPECT_TRUE(lives("kept"));
  EXPECT_EQ(run(stores_->gateway.rotate_share_link(link("none").id, TokenHash{"x"})).error().code(),
            ErrorCode::not_found);
}

TEST_F(GatewayStoreTest, AnAppLoginEndsWithItsShareLink) {
  ASSERT_TRUE(run(stores_->gateway.create_share_link(link("a", at(30)), 9)));
  ASSERT_TRUE(run(stores_->gateway.create_app_login(by_share("cookie", link("a")))));
  EXPECT_TRUE(lives("cookie", 29));
  EXPECT_FALSE(lives("cookie", 30)) << "the link has expired";

  ASSERT_TRUE(run(stores_->gateway.remove_share_link(link("a").id)));

  EXPECT_FALSE(lives("cookie", 29));
  EXPECT_EQ(run(stores_->gateway.remove_share_link(link("a").id)).error().code(), ErrorCode::not_found);
  EXPECT_EQ(run(stores_->gateway.create_app_login(by_share("late", link("a")))).error().code(),
            ErrorCode::not_found);
}

TEST_F(GatewayStoreTest, AnAppLoginEndsWithTheBrowsersLogin) {
  ASSERT_TRUE(run(stores_->gateway.create_app_login(by_login("cookie"))));
  const auto found = stores_->gateway.find_app_login(TokenHash{"cookie"}, at(20));
  ASSERT_TRUE(found);
  EXPECT_EQ(*found->user, bob_.id);
  EXPECT_EQ(found->login->bytes, login_.bytes);
  EXPECT_FALSE(found->share);

  ASSERT_TRUE(run(stores_->users.remove_login(login_)));

  EXPECT_FALSE(lives("cookie"));
}

TEST_F(GatewayStoreTest, AnAppLoginEndsWithItsTimeAndThatOfTheLogin) {
  auto longer = by_login("longer");
  longer.expires_at = at(500);
  ASSERT_TRUE(run(stores_->gateway.create_app_login(by_login("cookie"))));
  ASSERT_TRUE(run(stores_->gateway.create_app_login(longer)));

  EXPECT_TRUE(lives("cookie", 49));
  EXPECT_FALSE(lives("cookie", 50));
  EXPECT_TRUE(lives("longer", 99));
  EXPECT_FALSE(lives("longer", 100)) << "the login at the platform has expired";
}

TEST_F(GatewayStoreTest, RevokingTheKeyEndsTheAppLogins) {
  ASSERT_TRUE(run(stores_->gateway.create_app_login(by_login("cookie"))));

  ASSERT_TRUE(run(stores_->users.remove_key(bob_key_)));

  EXPECT_FALSE(lives("cookie"));
}

TEST_F(GatewayStoreTest, UnexposingEndsLinksAndLoginsOfThatPort) {
  ASSERT_TRUE(run(stores_->gateway.create_share_link(link("a"), 9)));
  ASSERT_TRUE(run(stores_->gateway.create_app_login(by_share("guest", link("a")))));
  ASSERT_TRUE(run(stores_->gateway.create_app_login(by_login("bob"))));
  ASSERT_TRUE(run(stores_->gateway.create_app_login(by_login("bob elsewhere", 8080))));

  ASSERT_TRUE(run(stores_->exposures.remove_exposure(session_id(1), 80)));

  EXPECT_FALSE(stores_->gateway.find_share_link(link("a").id));
  EXPECT_FALSE(lives("guest"));
  EXPECT_FALSE(lives("bob"));
  EXPECT_TRUE(lives("bob elsewhere")) << "a port that is not exposed has logins too";
}

TEST_F(GatewayStoreTest, DeletingTheSessionEndsAllOfIt) {
  ASSERT_TRUE(run(stores_->gateway.invite(session_id(1), bob_.id, at(5), 9)));
  ASSERT_TRUE(run(stores_->gateway.create_share_link(link("a"), 9)));
  ASSERT_TRUE(run(stores_->gateway.create_app_login(by_share("guest", link("a")))));
  ASSERT_TRUE(run(stores_->gateway.create_app_login(by_login("bob elsewhere", 8080))));

  ASSERT_TRUE(run(stores_->sessions.remove(session_id(1), at(40))));

  EXPECT_FALSE(stores_->gateway.is_invited(session_id(1), bob_.id));
  EXPECT_FALSE(stores_->gateway.find_share_link(link("a").id));
  EXPECT_FALSE(lives("guest"));
  EXPECT_FALSE(lives("bob elsewhere"));
}

TEST_F(GatewayStoreTest, KeepsTheRowsOfADatabaseOfVersionOne) {
  const auto old_path = directory_ / "old.db";
  auto old = Database::open(old_path, false).value();
  ASSERT_TRUE(migrate(*old, old_path, embedded_migrations().first(1), quiet_store()));
  ASSERT_TRUE(old->execute(R"sql(
    INSERT INTO users VALUES ('usr_1', 'ada', 'admin', 1);
    INSERT INTO sessions (id, owner, name, state, status_message, image, container_type, vcpus, memory_mb, env,
                          created_at, updated_at)
      VALUES ('ses_1', 'usr_1', 's', 'stopped', '', 'image', 'headless', 1, 512, '{}', 1, 1);
    INSERT INTO exposures VALUES ('ses_1', 80, 'usr_1', 'http', 'web', 'private', 3000);
    INSERT INTO exposures VALUES ('ses_1', 81, 'usr_1', 'http', NULL, 'private', 4000);
  )sql"));
  old.reset();

  const auto stores = Stores::open(old_path, quiet_store()).value();

  const auto session = wire::SessionId::trusted("ses_1");
  const auto kept = stores->exposures.list_exposures(session);
  ASSERT_EQ(kept.size(), 2U);
  EXPECT_EQ(kept[0].name, "web");
  EXPECT_EQ(kept[0].created_at, at(3));
  EXPECT_EQ(kept[0].host_header, "original");
  EXPECT_TRUE(kept[0].allow_cidrs.empty());
  EXPECT_EQ(kept[0].allocated_port, 0);
  EXPECT_TRUE(stores->exposures.list_allocated().empty());
  EXPECT_TRUE(std::filesystem::exists(old_path.string() + ".v1.bak"));
  auto shared = link("a");
  shared.session = session;
  EXPECT_TRUE(run(stores->gateway.create_share_link(shared, 9)));
}

TEST_F(GatewayStoreTest, BoundsTheAppLoginsOfALink) {
  const auto shared = link("s1");
  ASSERT_TRUE(run(stores_->gateway.create_share_link(shared, 20)));
  ASSERT_TRUE(run(stores_->gateway.create_app_login(by_login("bob's"))));
  const auto ends = std::to_string(at(50).time_since_epoch().count());
  stores_.reset();
  auto database = Database::open(path_, false).value();
  ASSERT_TRUE(
      database->execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) "
                        "INSERT INTO app_logins (hash, session, port, share, created_at, expires_at) SELECT "
                        "CAST('old' || i AS BLOB), "
                        "s.session, s.port, s.id, i, " +
                        ends + " FROM n, share_links s"));
  database.reset();
  stores_ = Stores::open(path_, quiet_store()).value();
  ASSERT_TRUE(lives("old1"));

  ASSERT_TRUE(run(stores_->gateway.create_app_login(by_share("new", shared))));

  EXPECT_TRUE(lives("new"));
  EXPECT_FALSE(lives("old1")) << "the oldest goes";
  EXPECT_TRUE(lives("old2"));
  EXPECT_TRUE(lives("bob's")) << "who came another way";
}

}  // namespace
}  // namespace store::sqlite
