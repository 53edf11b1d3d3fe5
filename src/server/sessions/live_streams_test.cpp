#include "server/sessions/live_streams.hpp"

#include <set>

#include <gtest/gtest.h>

#include "support/no_runners.hpp"

namespace server {
namespace {

const auto kOne = wire::SessionId::trusted("ses_1");
const auto kTwo = wire::SessionId::trusted("ses_2");
const auto kAda = wire::UserId::trusted("usr_a");
const auto kBob = wire::UserId::trusted("usr_b");
const auto kKey = wire::KeyId::trusted("key_1");
const auto kLink = wire::ShareLinkId::trusted("shl_1");

class LiveStreamsTest : public testing::Test {
 public:
  /// A stream that is called `name` in `ended_` once it was ended.
  void open(const std::string& name, StreamTies ties) {
    holds_.push_back(std::make_unique<LiveStreams::Hold>(streams_, std::move(ties),
                                                         [this, name] { ended_.insert(name); }));
  }

  static StreamTies ties(const wire::SessionId& session, std::optional<std::uint16_t> port = std::nullopt) {
    StreamTies out(session);
    out.port = port;
    return out;
  }
  static StreamTies by(const wire::SessionId& session, const wire::UserId& user) {
    StreamTies out(session);
    out.user = user;
    return out;
  }

  using Names = std::set<std::string>;
  support::NoRunners runners_;
  LiveStreams streams_{runners_};
  std::vector<std::unique_ptr<LiveStreams::Hold>> holds_;
  Names ended_;
};

TEST_F(LiveStreamsTest, EndASessionsAndItsTunnel) {
  open("one", ties(kOne));
  open("one's port", ties(kOne, 80));
  open("two", ties(kTwo));

  streams_.end(kOne);

  EXPECT_EQ(ended_, (Names{"one", "one's port"}));
  EXPECT_EQ(runners_.dropped, std::vector<std::string>{"desktop-ses_1"});
}

TEST_F(LiveStreamsTest, EndAPorts) {
  open("exec", ties(kOne));
  open("80", ties(kOne, 80));
  open("81", ties(kOne, 81));
  open("two's 80", ties(kTwo, 80));

  streams_.end_port(kOne, 80);

  EXPECT_EQ(ended_, Names{"80"});
  EXPECT_TRUE(runners_.dropped.empty());
}

TEST_F(LiveStreamsTest, EndAShareLinks) {
  auto guest = ties(kOne, 80);
  guest.share = kLink;
  auto other = ties(kOne, 80);
  other.share = wire::ShareLinkId::trusted("shl_2");
  open("guest", guest);
  open("other", other);
  open("owner", by(kOne, kAda));

  streams_.end_share_link(kLink);

  EXPECT_EQ(ended_, Names{"guest"});
}

TEST_F(LiveStreamsTest, EndAVisitorsInOneSessionOnly) {
  open("bob in one", by(kOne, kBob));
  open("bob in two", by(kTwo, kBob));
  open("ada in one", by(kOne, kAda));

  streams_.end_visitor(kOne, kBob);
  EXPECT_EQ(ended_, Names{"bob in one"});

  streams_.end_user(kBob);
  EXPECT_EQ(ended_, (Names{"bob in one", "bob in two"}));
}

TEST_F(LiveStreamsTest, EndWhatCameByAKeyOrLogin) {
  Principal program;
  program.key = kKey;
  Principal browser;
  browser.key = kKey;
  browser.login = store::TokenHash{"cookie"};
  browser.user = wire::User{kAda, "ada", wire::Role::user, {}};
  open("program", StreamTies(kOne, program));
  open("browser", StreamTies(kOne, browser));
  auto app = ties(kOne, 80);  // by an app cookie, which knows the login alone
  app.login = store::TokenHash{"other cookie"};
  open("app", app);

  streams_.end_login(store::TokenHash{"cookie"});
  EXPECT_EQ(ended_, Names{"browser"});

  streams_.end_dead_logins([](const store::TokenHash& login) { return login.bytes == "cookie"; });
  EXPECT_EQ(ended_, (Names{"browser", "app"}));

  streams_.end_key(kKey);
  EXPECT_EQ(ended_, (Names{"browser", "app", "program"}));
  EXPECT_EQ(StreamTies(kOne, browser).user, kAda);
}

TEST_F(LiveStreamsTest, ForgetWhatWent) {
  open("one", ties(kOne));
  EXPECT_EQ(streams_.count(kOne), 1U);

  holds_.clear();
  streams_.end(kOne);

  EXPECT_EQ(streams_.count(kOne), 0U);
  EXPECT_TRUE(ended_.empty());
}

}  // namespace
}  // namespace server
