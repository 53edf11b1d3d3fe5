#include "agent/http/targets.hpp"

#include <gtest/gtest.h>

namespace agent {
namespace {

const std::string kPrefix = "/api/v1/dev-containers/ses_01kftccz3g3n9hfdv42ma1dwjn/proxy/8000";

TEST(ProxyTarget, KeepsTheRawRest) {
  for (const std::string rest : {"/", "/a", "/a//b/../c/./", "/%2F%2e%2E/x?y=/z?&", "//", "/?", "/a?b#c"})
    EXPECT_EQ(cut_proxy_prefix(kPrefix + rest), rest);
}

TEST(ProxyTarget, WithoutPathItIsTheRoot) {
  EXPECT_EQ(cut_proxy_prefix(kPrefix), "/");
  EXPECT_EQ(cut_proxy_prefix(kPrefix + "?a=/b"), "/?a=/b");
}

TEST(ProxyTarget, RefusesOtherShapes) {
  for (const std::string target :
       {"/", "/api/v1/dev-containers/", "/api/v1/dev-containers/x", "/api/v1/dev-containers/x/proxy",
        "/api/v1/dev-containers/x/proxy/", "/api/v1/dev-containers/x/proxy//a",
        "/api/v1/dev-containers/x?/proxy/8000/", "/api/v1/dev-containers/x/stop/8000/"})
    EXPECT_EQ(cut_proxy_prefix(target), std::nullopt) << target;
}

TEST(Port, IsOneTo65535) {
  EXPECT_EQ(parse_port("1").value(), 1);
  EXPECT_EQ(parse_port("65535").value(), 65535);
  for (const auto* text : {"0", "65536", "", "80x", "-1", " 80", "99999999999"})
    EXPECT_FALSE(parse_port(text)) << text;
}

TEST(LogQuery, HasDefaultsAndLimits) {
  EXPECT_EQ(parse_log_query("")->tail, 200);
  EXPECT_FALSE(parse_log_query("")->follow);
  EXPECT_EQ(parse_log_query("tail=10000&follow=true")->tail, 10000);
  EXPECT_TRUE(parse_log_query("tail=0&follow=true")->follow);
  for (const auto* query : {"tail=10001", "tail=-1", "tail=x", "follow=1"})
    EXPECT_FALSE(parse_log_query(query)) << query;
}

}  // namespace
}  // namespace agent
