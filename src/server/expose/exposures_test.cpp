#include "server/expose/exposures.hpp"

#include <set>

#include <gtest/gtest.h>

#include "server/expose/sharing.hpp"
#include "support/no_runners.hpp"
#include "support/stores_world.hpp"

namespace server {
namespace {

using base::ErrorCode;
using support::at;
using support::run;

constexpr const char* kBase = "http://localhost:8080";

/// Gives the numbers of `free`, the least first.
class FakePorts : public PortRegistry {
 public:
  base::Result<std::uint16_t> reserve(const store::ExposureRecord&) override {
    if (free.empty()) return base::fail(ErrorCode::unavailable, "no port of 30000-30001 is free");
    const auto port = *free.begin();
    free.erase(free.begin());
    return port;
  }
  void restore(const store::ExposureRecord& exposure) override {
    restored.insert(exposure.allocated_port);
    free.erase(exposure.allocated_port);
  }
  void release(std::uint16_t port) override { EXPECT_TRUE(free.insert(port).second) << "released twice"; }
  [[nodiscard]] std::string trouble(std::uint16_t port) const override {
    return port == troubled ? "port " + std::to_string(port) + " is taken by another program" : "";
  }

  std::set<std::uint16_t> free{30000, 30001};
  std::set<std::uint16_t> restored;
  std::uint16_t troubled = 0;
};

class TestClock : public base::Clock {
 public:
  [[nodiscard]] base::Time now() const override { return now_; }
  base::Time now_ = at(100);
};

class ExposuresTest : public support::StoresWorld {
 public:
  ExposuresTest() {
    add_sandbox("one");
    session_ = add_session(1, ada_, {candidate("one", 9)}).value();
    session_.state = wire::SessionState::running;
    bob_ = add_user("usr_00000000000000000000000002", "bob", wire::Role::user);
  }

  base::Result<Exposures::Added> add(const wire::NewExposure& request) {
    return run(exposures_.add(session_, request, kBase));
  }
  static wire::NewExposure http(std::uint16_t port, const std::string& name = "") {
    wire::NewExposure out;
    out.port = port;
    out.name = name;
    return out;
  }
  static wire::NewExposure tcp(std::uint16_t port) {
    auto out = http(port);
    out.protocol = "tcp";
    return out;
  }
  [[nodiscard]] UrlBase base() const { return exposures_.url_base(kBase); }

  store::SessionRecord session_;
  wire::User bob_;
  TestClock clock_;
  base::SystemRandom random_;
  support::NoRunners runners_;
  LiveStreams streams_{runners_};
  FakePorts ports_;
  Exposures exposures_{stores_->exposures, ports_, streams_, clock_, {}};
  Sharing sharing_{{stores_->gateway, stores_->exposures, stores_->users, streams_, clock_, random_}};
};

TEST_F(ExposuresTest, AllocatesAPortAndKeepsIt) {
  const auto first = add(http(80, "web"));
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->created);
  EXPECT_EQ(first->exposure.allocated_port, 30000);
  EXPECT_EQ(first->exposure.urls.size(), 4U);
  EXPECT_EQ(first->exposure.urls[2], "http://localhost:30000/");

  const auto again = add(http(80, "web"));

  ASSERT_TRUE(again);
  EXPECT_FALSE(again->created);
  EXPECT_EQ(again->exposure.allocated_port, 30000);
  EXPECT_EQ(ports_.free, std::set<std::uint16_t>{30001});
}

TEST_F(ExposuresTest, GivesBackAPortThatWasReservedInVain) {
  ASSERT_TRUE(add(http(80, "web")));

  EXPECT_EQ(add(http(81, "web")).error().code(), ErrorCode::conflict) << "the name is taken";
  EXPECT_EQ(add(http(80, "other")).error().code(), ErrorCode::conflict) << "other values";

  EXPECT_EQ(ports_.free, std::set<std::uint16_t>{30001});
}

TEST_F(ExposuresTest, GoesWithoutAPortWhereItCan) {
  ports_.free.clear();

  const auto web = add(http(80));
  const auto database = add(tcp(5432));

  ASSERT_TRUE(web);
  EXPECT_EQ(web->exposure.allocated_port, 0);
  EXPECT_EQ(web->exposure.urls.size(), 2U);
  EXPECT_EQ(web->exposure.status, "active");
  ASSERT_FALSE(database);
  EXPECT_EQ(database.error().code(), ErrorCode::unavailable);
  EXPECT_NE(database.error().message().find("30000-30001"), std::string::npos);
}

TEST_F(ExposuresTest, UnexposingFreesThePortAndEndsItsStreams) {
  ASSERT_TRUE(add(tcp(5432)));
  int ended = 0;
  StreamTies ties(session_.id);
  ties.port = 5432;
  const LiveStreams::Hold hold(streams_, ties, [&ended] { ++ended; });

  ASSERT_TRUE(run(exposures_.remove(session_.id, 5432)));

  EXPECT_EQ(ports_.free.size(), 2U);
  EXPECT_EQ(ended, 1);
  EXPECT_EQ(run(exposures_.remove(session_.id, 5432)).error().code(), ErrorCode::not_found);
}

TEST_F(ExposuresTest, ReleasesThePortsOfADeletedSession) {
  ASSERT_TRUE(add(http(80)));
  ASSERT_TRUE(add(tcp(5432)));
  EXPECT_TRUE(ports_.free.empty());

  ASSERT_TRUE(run(stores_->sessions.remove(session_.id, at(1))));
  exposures_.release_ports(session_.id);
  exposures_.release_ports(session_.id);

  EXPECT_EQ(ports_.free.size(), 2U);
}

TEST_F(ExposuresTest, TakesUpThePortsOfAFormerLife) {
  ASSERT_TRUE(add(http(80)));
  FakePorts ports;
  Exposures later(stores_->exposures, ports, streams_, clock_, {});

  later.restore_ports();

  EXPECT_EQ(ports.restored, std::set<std::uint16_t>{30000});
  ASSERT_TRUE(run(later.remove(session_.id, 80)));
  EXPECT_EQ(ports.free.size(), 2U);
}

TEST_F(ExposuresTest, SaysWhatIsWrongWithThePort) {
  ASSERT_TRUE(add(http(80)));
  ports_.troubled = 30000;
  EXPECT_EQ(exposures_.list(session_, kBase).front().status, "port 30000 is taken by another program");

  ports_.troubled = 0;
  EXPECT_EQ(exposures_.list(session_, kBase).front().status, "active");
  session_.state = wire::SessionState::stopped;
  EXPECT_EQ(exposures_.list(session_, kBase).front().status, "inactive");
  EXPECT_EQ(add(http(81)).error().code(), ErrorCode::conflict) << "not running";
}

TEST_F(ExposuresTest, SharesOnlyWhatHasAUrlOfItsOwn) {
  ports_.free.clear();
  ASSERT_TRUE(add(http(80)));

  EXPECT_TRUE(run(sharing_.create_link(session_.id, 80, {}, base())));
  const auto nowhere =
      run(sharing_.create_link(session_.id, 80, {}, UrlBase{"http://192.0.2.1", "localhost"}));
  EXPECT_EQ(nowhere.error().code(), ErrorCode::conflict);
  EXPECT_EQ(run(sharing_.create_link(session_.id, 81, {}, base())).error().code(), ErrorCode::not_found);
  ports_.free = {30000};
  ASSERT_TRUE(add(tcp(5432)));
  EXPECT_EQ(run(sharing_.create_link(session_.id, 5432, {}, base())).error().code(), ErrorCode::conflict);
}

TEST_F(ExposuresTest, RotatesAndRevokesShareLinksWithTheirStreams) {
  ASSERT_TRUE(add(http(80)));
  ASSERT_TRUE(add(http(81)));
  wire::NewShareLink request;
  request.label = "demo";
  request.expires_in = std::chrono::seconds(60);
  const auto made = run(sharing_.create_link(session_.id, 80, request, base()));
  ASSERT_TRUE(made);
  EXPECT_EQ(made->expires_at, at(160));
  EXPECT_NE(made->urls.front().find("/.helix/share/hs1-"), std::string::npos);
  const auto id = made->id.text();
  int ended = 0;
  StreamTies ties(session_.id);
  ties.share = made->id;
  const LiveStreams::Hold hold(streams_, ties, [&ended] { ++ended; });

  const auto rotated = run(sharing_.rotate_link(session_.id, 80, id, base()));
  ASSERT_TRUE(rotated);
  EXPECT_EQ(rotated->id, made->id);
  EXPECT_NE(rotated->urls, made->urls);
  EXPECT_EQ(rotated->expires_at, made->expires_at);
  EXPECT_EQ(ended, 1);

  const auto listed = sharing_.list_links(session_.id, 80).value();
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed[0].label, "demo");
  EXPECT_TRUE(listed[0].urls.empty());
  EXPECT_EQ(run(sharing_.remove_link(session_.id, 81, id)).error().code(), ErrorCode::not_found)
      << "another port's";
  ASSERT_TRUE(run(sharing_.remove_link(session_.id, 80, id)));
  EXPECT_EQ(ended, 2);
  EXPECT_EQ(run(sharing_.rotate_link(session_.id, 80, id, base())).error().code(), ErrorCode::not_found);
  EXPECT_EQ(run(sharing_.remove_link(session_.id, 80, "nonsense")).error().code(), ErrorCode::not_found);
}

TEST_F(ExposuresTest, TakesTwentyShareLinksAPort) {
  ASSERT_TRUE(add(http(80)));
  for (int i = 0; i < kShareLinksPerPort; ++i)
    ASSERT_TRUE(run(sharing_.create_link(session_.id, 80, {}, base()))) << i;

  EXPECT_EQ(run(sharing_.create_link(session_.id, 80, {}, base())).error().code(), ErrorCode::too_many);
}

TEST_F(ExposuresTest, InvitesByNameOrId) {
  const auto first = run(sharing_.invite(session_, "bob"));
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->created);
  EXPECT_FALSE(run(sharing_.invite(session_, bob_.id.text()))->created);
  EXPECT_EQ(run(sharing_.invite(session_, "eve")).error().code(), ErrorCode::not_found);
  EXPECT_EQ(run(sharing_.invite(session_, "ada")).error().field(), "user") << "owns it";
  int ended = 0;
  StreamTies ties(session_.id);
  ties.user = bob_.id;
  const LiveStreams::Hold hold(streams_, ties, [&ended] { ++ended; });

  ASSERT_TRUE(run(sharing_.uninvite(session_.id, "bob")));

  EXPECT_EQ(ended, 1);
  EXPECT_TRUE(sharing_.list_invited(session_.id).empty());
  EXPECT_EQ(run(sharing_.uninvite(session_.id, "bob")).error().code(), ErrorCode::not_found);
  EXPECT_EQ(run(sharing_.uninvite(session_.id, "eve")).error().code(), ErrorCode::not_found);
}

}  // namespace
}  // namespace server
