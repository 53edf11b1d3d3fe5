#include "agent/network/links.hpp"

#include <algorithm>
#include <unistd.h>

#include <gtest/gtest.h>

namespace agent {
namespace {

TEST(Links, TheLoopbackIsThereAndBelongsToNoBridge) {
  const auto links = read_links();

  ASSERT_TRUE(links) << links.error().message();
  const auto lo =
      std::find_if(links->begin(), links->end(), [](const Link& link) { return link.name == "lo"; });
  ASSERT_NE(lo, links->end());
  EXPECT_EQ(lo->index, 1);
  EXPECT_EQ(lo->master, 0);
  EXPECT_EQ(lo->kind, "");
  EXPECT_FALSE(lo->peer_namespace);
}

TEST(Links, AProcessThatDoesNotExistHasNoNamespace) { EXPECT_FALSE(find_namespace_id(0x7fffffff)); }

}  // namespace
}  // namespace agent
