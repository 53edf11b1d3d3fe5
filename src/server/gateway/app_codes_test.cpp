#include "server/gateway/app_codes.hpp"

#include <sodium.h>

#include <gtest/gtest.h>

#include "server/gateway/app_cookies.hpp"

namespace server {
namespace {

using namespace std::chrono_literals;

class Clock : public base::Clock {
 public:
  [[nodiscard]] base::Time now() const override { return now_; }
  base::Time now_{std::chrono::seconds(1'700'000'000)};
};

class AppCodesTest : public ::testing::Test {
 protected:
  AppCodesTest() { EXPECT_GE(sodium_init(), 0); }
  static AppTicket ticket(std::string host, char user = 'a') {
    AppTicket out;
    out.host = std::move(host);
    out.user = wire::UserId::trusted(std::string("usr_") + user);
    return out;
  }
  Clock clock_;
  base::SystemRandom random_;
  AppCodes codes_{clock_, random_};
};

TEST_F(AppCodesTest, GivesATicketOnce) {
  const auto code = codes_.issue(ticket("app"));

  EXPECT_FALSE(codes_.redeem("hc-wrong"));
  const auto first = codes_.redeem(code.expose());
  ASSERT_TRUE(first);
  EXPECT_EQ(first->host, "app");
  EXPECT_FALSE(codes_.redeem(code.expose()));
}

TEST_F(AppCodesTest, GivesNothingAfterAMinute) {
  const auto in_time = codes_.issue(ticket("a"));
  const auto late = codes_.issue(ticket("b"));
  clock_.now_ += 60s - 1ms;
  EXPECT_TRUE(codes_.redeem(in_time.expose()));
  clock_.now_ += 1ms;
  EXPECT_FALSE(codes_.redeem(late.expose()));
}

TEST_F(AppCodesTest, KeepsABoundedNumberForEachUser) {
  const auto other = codes_.issue(ticket("other", 'b'));
  const auto first = codes_.issue(ticket("first"));
  for (std::size_t i = 1; i < kCodesPerUser; ++i) static_cast<void>(codes_.issue(ticket("next")));
  EXPECT_EQ(codes_.size(), kCodesPerUser + 1);

  static_cast<void>(codes_.issue(ticket("one too many")));

  EXPECT_EQ(codes_.size(), kCodesPerUser + 1);
  EXPECT_FALSE(codes_.redeem(first.expose()));
  EXPECT_TRUE(codes_.redeem(other.expose())) << "another user's stay";
}

TEST(AppCookies, AreHostOnlyAndTellPortsApart) {
  EXPECT_EQ(app_cookie_name({}), "helix_app");
  EXPECT_EQ(app_cookie_name({30001, false}), "helix_app_30001");
  EXPECT_EQ(app_cookie_name({30001, true}), "__Host-helix_app_30001");
  EXPECT_EQ(set_app_cookie({0, true}, base::Secret("s")),
            "__Host-helix_app=s; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax; Secure");
  EXPECT_EQ(set_state_cookie({30001, false}, "s"),
            "helix_app_state_30001=s; Path=/.helix/; Max-Age=600; HttpOnly; SameSite=Lax");
  EXPECT_EQ(clear_state_cookie({0, true}),
            "__Host-helix_app_state=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure");
}

}  // namespace
}  // namespace server
