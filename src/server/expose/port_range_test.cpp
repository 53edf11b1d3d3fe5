#include "server/expose/port_range.hpp"

#include <gtest/gtest.h>

namespace server {
namespace {

TEST(PortRange, IsTwoPortsOrOff) {
  const auto range = parse_port_range("30000-40000");
  ASSERT_TRUE(range && *range);
  EXPECT_EQ((*range)->first, 30000);
  EXPECT_EQ((*range)->last, 40000);
  EXPECT_TRUE(parse_port_range("1024-65535"));
  EXPECT_TRUE(parse_port_range("31000-31000"));
  const auto off = parse_port_range("off");
  ASSERT_TRUE(off);
  EXPECT_FALSE(*off);
}

TEST(PortRange, RefusesWhatIsNone) {
  for (const auto* bad : {"", "on", "30000", "30000-", "-40000", "40000-30000", "1023-2000", "30000-65536",
                          "30000-40000 ", "30000-40000-1", "30000--1", "+1-2", "30000:40000"})
    EXPECT_FALSE(parse_port_range(bad)) << bad;
}

}  // namespace
}  // namespace server
