#include "io/descriptor_guard.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>
#include <sys/resource.h>

namespace io {
namespace {

TEST(DescriptorGuard, SpeaksUpFromNineteenTwentiethsOfTheLimitOn) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit low = before;
  low.rlim_cur = 200;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
  EXPECT_FALSE(descriptors_nearly_used());
  std::vector<int> held;
  for (int file = 0; file < 189; held.push_back(file)) file = ::open("/dev/null", O_RDONLY | O_CLOEXEC);

  const bool at_limit = descriptors_nearly_used();
  ::close(held.back());
  held.pop_back();
  const bool below = descriptors_nearly_used();

  for (const int file : held) ::close(file);
  setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_TRUE(at_limit);
  EXPECT_FALSE(below);
}

}  // namespace
}  // namespace io
