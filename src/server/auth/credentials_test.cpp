#include "server/auth/credentials.hpp"

#include <gtest/gtest.h>

namespace server {
namespace {

wire::RequestHead request(const std::string& host, const std::string& origin) {
  wire::RequestHead head;
  head.fields.add("Host", host);
  if (!origin.empty()) head.fields.add("Origin", origin);
  return head;
}

TEST(Credentials, TakesBearerInAnySpelling) {
  EXPECT_EQ(bearer_token("Bearer hl-1"), "hl-1");
  EXPECT_EQ(bearer_token("bEARER   hl-1 "), "hl-1");
  EXPECT_FALSE(bearer_token("Bearer "));
  EXPECT_FALSE(bearer_token("Bearerhl-1"));
  EXPECT_FALSE(bearer_token("Basic aGw="));
}

TEST(Credentials, FindsACookieByItsWholeName) {
  wire::Fields fields;
  fields.add("Cookie", "xhelix_session=1; helix_session=two=2;a");
  EXPECT_EQ(find_cookie(fields, "helix_session"), "two=2");
  EXPECT_FALSE(find_cookie(fields, "session"));
  EXPECT_FALSE(find_cookie(fields, "a"));
}

TEST(Credentials, MarksTheCookie) {
  const auto plain = set_login_cookie(base::Secret("v"), false, std::chrono::seconds(60));
  EXPECT_EQ(plain, "helix_session=v; Path=/; Max-Age=60; HttpOnly; SameSite=Lax");
  EXPECT_EQ(clear_login_cookie(true),
            "__Host-helix_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure");
}

TEST(Credentials, TakesOriginsOfThisServerOnly) {
  const std::string url = "https://helix.example";
  EXPECT_TRUE(check_origin(request("a:8080", "http://a:8080"), "http", url, true));
  EXPECT_TRUE(check_origin(request("inner:8080", "https://helix.example"), "http", url, true));
  EXPECT_TRUE(check_origin(request("a:8443", "https://a:8443"), "https", url, true));
  EXPECT_TRUE(check_origin(request("a:8080", ""), "http", url, false));
  EXPECT_FALSE(check_origin(request("a:8080", ""), "http", url, true));
  EXPECT_FALSE(check_origin(request("a:8443", "http://a:8443"), "https", url, true));
  EXPECT_FALSE(check_origin(request("a:8080", "https://a:8080"), "http", url, true));
  for (const auto* origin :
       {"http://a", "http://a:80801", "http://evil.test", "null", "https://helix.example.test"})
    EXPECT_FALSE(check_origin(request("a:8080", origin), "http", url, false)) << origin;
  EXPECT_FALSE(check_origin(request("a:8080", "null"), "http", "", true));
}

TEST(Credentials, KnowsJsonByItsMediaType) {
  wire::Fields fields;
  EXPECT_FALSE(is_json_type(fields));
  fields.set("Content-Type", "application/json; charset=utf-8");
  EXPECT_TRUE(is_json_type(fields));
  fields.set("Content-Type", "text/plain; application/json");
  EXPECT_FALSE(is_json_type(fields));
}

}  // namespace
}  // namespace server
