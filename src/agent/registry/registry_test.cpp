#include "agent/registry/registry.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace agent {
namespace {

using testing::HasSubstr;
using testing::Not;

RegistryOptions options_of_depth(int depth) {
  RegistryOptions options;
  options.level.depth = depth;
  options.secret = "5ec";
  return options;
}

TEST(Registry, TheOneForSessionsTakesNoPushes) {
  const auto config = registry_config(options_of_depth(1), true);

  EXPECT_THAT(config, HasSubstr("readonly:\n      enabled: true"));
  EXPECT_THAT(config, HasSubstr("addr: 10.213.0.1:5001\n"));
}

TEST(Registry, TheOtherTakesPushesAndDeletions) {
  const auto config = registry_config(options_of_depth(1), false);

  EXPECT_THAT(config, Not(HasSubstr("readonly")));
  EXPECT_THAT(config, HasSubstr("addr: 0.0.0.0:5000\n"));
  EXPECT_THAT(config, HasSubstr("delete:\n    enabled: true"));
}

TEST(Registry, BothReadTheSameStorageAndFollowTheDepth) {
  EXPECT_THAT(registry_config(options_of_depth(3), true), HasSubstr("addr: 10.215.0.1:5001"));
  EXPECT_THAT(registry_config(options_of_depth(1), true), HasSubstr("rootdirectory: /data/registry\n"));
  EXPECT_THAT(registry_config(options_of_depth(1), false), HasSubstr("rootdirectory: /data/registry\n"));
}

}  // namespace
}  // namespace agent
