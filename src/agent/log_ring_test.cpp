#include "agent/log_ring.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace agent {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(LogRing, TellsTheLastLines) {
  LogRing ring(10);
  for (const auto* line : {"a", "b", "c"}) ring.add(line);

  EXPECT_THAT(ring.tail(2).lines, ElementsAre("b", "c"));
  EXPECT_THAT(ring.tail(0).lines, IsEmpty());
  EXPECT_THAT(ring.tail(100).lines, ElementsAre("a", "b", "c"));
}

TEST(LogRing, FollowsFromAPosition) {
  LogRing ring(10);
  ring.add("a");
  const auto position = ring.tail(0).next;
  EXPECT_THAT(ring.since(position).lines, IsEmpty());

  ring.add("b");
  ring.add("c");

  EXPECT_THAT(ring.since(position).lines, ElementsAre("b", "c"));
  EXPECT_THAT(ring.since(ring.since(position).next).lines, IsEmpty());
}

TEST(LogRing, ForgetsTheOldestAndSaysWhatIsLeft) {
  LogRing ring(2);
  const auto start = ring.tail(0).next;
  for (const auto* line : {"a", "b", "c"}) ring.add(line);

  EXPECT_THAT(ring.since(start).lines, ElementsAre("b", "c"));
}

}  // namespace
}  // namespace agent
