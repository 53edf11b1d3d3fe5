#include "server/gateway/app_url.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace server {
namespace {

TEST(AppUrl, TakesUrlsApart) {
  const auto url = parse_app_url("http://APP:8080/a%2Fb//c?x=1&y=http://evil");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->scheme, "http");
  EXPECT_EQ(url->host, "app");
  EXPECT_EQ(url->port, 8080);
  EXPECT_EQ(url->target, "/a%2Fb//c?x=1&y=http://evil");

  EXPECT_EQ(parse_app_url("https://a")->target, "/");
  EXPECT_EQ(parse_app_url("https://a?x")->target, "/?x");
  EXPECT_EQ(port_of(*parse_app_url("https://a/")), 443);
  EXPECT_EQ(port_of(*parse_app_url("http://a/")), 80);
  EXPECT_EQ(parse_app_url("http://[::1]:30000/")->host, "[::1]");
  EXPECT_EQ(parse_app_url("http://[::1]:30000/")->port, 30000);
  EXPECT_EQ(parse_app_url("http://[::1]/")->port, 0);
  EXPECT_EQ(authority_of("https", "a", 443), "a");
  EXPECT_EQ(authority_of("http", "a", 443), "a:443");
}

TEST(AppUrl, RefusesWhateverCouldLeadElsewhere) {
  const std::vector<std::string> evil{"",
                                      "/",
                                      "//evil.test/",
                                      "/\\evil.test",
                                      "http:evil.test",
                                      "http:/evil.test",
                                      "http:///evil.test",
                                      "HTTP://a/",
                                      "javascript:alert(1)//http://a/",
                                      "data:text/html,x",
                                      "ftp://a/",
                                      "http://user@a/",
                                      "http://a:b@evil.test/",
                                      "http://a@evil.test/",
                                      "http://a\\@evil.test/",
                                      "http://a\\.evil.test/",
                                      "http://a/\\evil",
                                      "http://a/\r\nSet-Cookie: x=1",
                                      "http://a/ b",
                                      "http://a/\tb",
                                      " http://a/",
                                      "http://a/#fragment",
                                      "http://a%2eevil/",
                                      "http://a:80:80/",
                                      "http://a:70000/",
                                      "http://:80/",
                                      "http://.a/",
                                      "http://\xc3\xa4/",
                                      std::string("http://a/\0b", 11),
                                      "http://a/" + std::string(16 * 1024, 'x')};
  for (const auto& text : evil) EXPECT_FALSE(parse_app_url(text)) << text;
}

TEST(AppUrl, KeepsLocationsOnTheirHost) {
  EXPECT_EQ(local_location("/a?b=//c"), "/a?b=//c");
  EXPECT_EQ(local_location("//evil.test/"), "/.//evil.test/");
  EXPECT_EQ(local_location("/\\evil.test"), "/%5Cevil.test");
  EXPECT_EQ(local_location("/\r\nX: y"), "/%0D%0AX:%20y");
  EXPECT_EQ(local_location("/f\xc3\xbcr#x"), "/f%C3%BCr%23x");
  EXPECT_EQ(local_location("http://evil.test/"), "/");
  EXPECT_EQ(local_location("\\/evil.test"), "/");
  EXPECT_EQ(local_location(""), "/");
}

}  // namespace
}  // namespace server
