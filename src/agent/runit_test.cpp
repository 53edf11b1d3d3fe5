#include "agent/runit.hpp"

#include <string>

#include <gtest/gtest.h>

namespace agent {
namespace {

std::string status(char wanted) {
  std::string bytes(20, '\0');
  bytes[17] = wanted;
  bytes[19] = 1;
  return bytes;
}

TEST(Runit, KnowsWhetherTheServiceComesBack) {
  EXPECT_TRUE(parse_wanted_up(status('u')));
  EXPECT_FALSE(parse_wanted_up(status('d')));
  EXPECT_FALSE(parse_wanted_up(status('\0')));
}

TEST(Runit, WithoutAStatusTheContainerEnds) {
  EXPECT_FALSE(parse_wanted_up(""));
  EXPECT_FALSE(parse_wanted_up(status('u').substr(0, 18)));
}

}  // namespace
}  // namespace agent
