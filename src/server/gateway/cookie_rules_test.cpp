#include "server/gateway/cookie_rules.hpp"

#include <gtest/gtest.h>

namespace server {
namespace {

using namespace std::string_literals;

constexpr std::string_view kHost = "app.example";

TEST(CookieRules, KnowThePlatformsCookiesByTheirPrefix) {
  for (const std::string pair : {"helix_session=x", "helix_=", "HELIX_App=x", "helix_app_30000=x",
                                 "__Host-helix_session=x", "__HOST-HELIX_a=x", "  helix_a=x", "\thelix_a=x",
                                 "=helix_a=x", " = =helix_a=x", "helix_a", "=__host-helix_a"})
    EXPECT_TRUE(is_platform_cookie(pair)) << pair;
  for (const std::string pair :
       {"", "helix=x", "ahelix_=x", "__Secure-helix_a=x", "\"helix_a\"=x", "a=helix_a", "-helix_a"})
    EXPECT_FALSE(is_platform_cookie(pair)) << pair;
}

TEST(CookieRules, LeaveACookieFieldWithoutOursAsItIs) {
  for (const std::string value : {"a=1; b=2", "a=1;b=2", " a ; ;b==;", ";", "a"})
    EXPECT_EQ(strip_platform_cookies(value), value);
  EXPECT_EQ(strip_platform_cookies("a=1;helix_x=2;b=3"), "a=1; b=3");
  EXPECT_EQ(strip_platform_cookies("helix_x=2"), std::nullopt);
  EXPECT_EQ(strip_platform_cookies("helix_x=2; ;=helix_y"), std::nullopt);
}

TEST(CookieRules, LetAnAppsOwnCookiesThroughUntouched) {
  for (const std::string value :
       {"a=b", "a=b; Path=/; HttpOnly; Secure; SameSite=None; Max-Age=3; Partitioned", "a=b;path=/;;",
        "  a = b ; x", "a", "=a", "a=\"b; c\"", "__Host-a=b; Secure; Path=/",
        "a=b; Expires=Wed, 21 Oct 2026 07:28:00 GMT", "a=b; NotDomain=x.example", "a=Domain=x.example",
        "a=caf\xc3\xa9", ""})
    EXPECT_EQ(judge_set_cookie(value, kHost), value);
}

TEST(CookieRules, DropWhatSetsAPlatformCookie) {
  for (const std::string value :
       {"helix_session=x", " helix_session=x", "\thelix_session=x", "HELIX_SESSION=x; Path=/",
        "__Host-helix_app=x; Secure", "__host-HELIX_app=x", "=helix_session=x", "==helix_session=x",
        "= helix_session=x; Path=/", "helix_session", "helix_app_30001=; Max-Age=0"})
    EXPECT_EQ(judge_set_cookie(value, kHost), std::nullopt) << value;
}

TEST(CookieRules, DropAWiderDomainHoweverItIsWritten) {
  for (const std::string value :
       {"a=b; Domain=example", "a=b; Domain=.example", "a=b;domain=EXAMPLE",
        "a=b; \t Domain \t=\t example \t", "a=b; Domain=app.example; Domain=example",
        "a=b; Domain=example; Domain=app.example",
        "a=b; Domain=example; Domain=", "a=b; Domain=other.example", "a=b; Domain=x.app.example",
        "a=b; Domain=app.example.", "a=b; Domain=..app.example", "a=b; Domain=\"app.example\"",
        "a=b; Domain==app.example", "a=b; Domain=app.example,example", "; Domain=example"})
    EXPECT_EQ(judge_set_cookie(value, kHost), std::nullopt) << value;
}

TEST(CookieRules, MakeACookieOfTheOwnDomainAHostsOwn) {
  EXPECT_EQ(judge_set_cookie("a=b; Domain=app.example; Path=/", kHost), "a=b; Path=/");
  EXPECT_EQ(judge_set_cookie("a=b;domain=.APP.example", kHost), "a=b");
  EXPECT_EQ(judge_set_cookie("a=b; Domain=; Path=/", kHost), "a=b; Path=/");
  EXPECT_EQ(judge_set_cookie("a=b; Domain", kHost), "a=b");
  EXPECT_EQ(judge_set_cookie("a=b; Domain=[::1]", "[::1]"), "a=b");
}

TEST(CookieRules, DropControlCharacters) {
  for (const std::string& value : {"a=b\0; Domain=example"s, std::string("a\x01=b"), std::string("a=\x7f"),
                                   std::string("a=b;\nSet-Cookie: helix_a=c"), std::string("a=b\r")})
    EXPECT_EQ(judge_set_cookie(value, kHost), std::nullopt);
  EXPECT_EQ(judge_set_cookie("a=b\tc", kHost), "a=b\tc");
}

TEST(HostWithoutPort, IsInLowerCase) {
  EXPECT_EQ(host_without_port("App.Example:80"), "app.example");
  EXPECT_EQ(host_without_port("app.example"), "app.example");
  EXPECT_EQ(host_without_port("[::1]:80"), "[::1]");
  EXPECT_EQ(host_without_port("[::1]"), "[::1]");
  EXPECT_EQ(host_without_port(""), "");
}

}  // namespace
}  // namespace server
