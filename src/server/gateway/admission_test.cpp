#include "server/gateway/admission.hpp"

#include <map>

#include <gtest/gtest.h>

namespace server {
namespace {

TEST(Admission, IsTheTableOfTheDecision) {
  using enum Standing;
  using enum Verdict;
  const std::map<std::string, std::map<Standing, Verdict>> table{
      {"private",
       {{owner, let_in}, {invited, let_in}, {user, not_found}, {share_link, let_in}, {nobody, log_in}}},
      {"authenticated",
       {{owner, let_in}, {invited, let_in}, {user, let_in}, {share_link, let_in}, {nobody, log_in}}},
      {"public",
       {{owner, let_in}, {invited, let_in}, {user, let_in}, {share_link, let_in}, {nobody, let_in}}},
  };
  for (const auto& [visibility, row] : table) {
    EXPECT_EQ(row.size(), 5U);
    for (const auto& [standing, verdict] : row)
      EXPECT_EQ(admit(visibility, standing), verdict) << visibility << " " << static_cast<int>(standing);
  }
  for (const auto& [standing, verdict] : table.at("private"))
    EXPECT_EQ(admit("of a later version", standing), verdict) << static_cast<int>(standing);
}

TEST(Admission, LetsOnlyTheNetworksAskThatAreNamed) {
  EXPECT_TRUE(is_allowed_address({}, "192.0.2.1"));
  EXPECT_TRUE(is_allowed_address({}, "unix"));
  const std::vector<std::string> networks{"10.0.0.0/8", "2001:db8::/32"};
  EXPECT_TRUE(is_allowed_address(networks, "10.255.0.1"));
  EXPECT_TRUE(is_allowed_address(networks, "::ffff:10.0.0.1"));
  EXPECT_TRUE(is_allowed_address(networks, "2001:db8::1"));
  EXPECT_FALSE(is_allowed_address(networks, "11.0.0.1"));
  EXPECT_FALSE(is_allowed_address(networks, "::1"));
  EXPECT_FALSE(is_allowed_address(networks, "unix"));
  EXPECT_FALSE(is_allowed_address(networks, ""));
  EXPECT_FALSE(is_allowed_address({"nonsense"}, "10.0.0.1")) << "what is not understood lets nobody in";
}

}  // namespace
}  // namespace server
