#include "server/auth/attempts.hpp"

#include <gtest/gtest.h>

namespace server {
namespace {

using namespace std::chrono_literals;

class Clock : public base::Clock {
 public:
  [[nodiscard]] base::Time now() const override { return now_; }
  base::Time now_{std::chrono::seconds(1'700'000'000)};
};

TEST(Attempts, LetsABurstThroughAndThenOneATime) {
  Clock clock;
  Attempts attempts(clock, {.burst = 3, .refill = 2000ms, .addresses = 10});
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(attempts.must_wait("192.0.2.1")) << i;
    attempts.note_failure("192.0.2.1");
  }
  EXPECT_EQ(attempts.must_wait("192.0.2.1"), 2s);
  EXPECT_FALSE(attempts.must_wait("192.0.2.2")) << "another address";

  clock.now_ += 1999ms;
  EXPECT_EQ(attempts.must_wait("192.0.2.1"), 1s);
  clock.now_ += 1ms;
  EXPECT_FALSE(attempts.must_wait("192.0.2.1"));
  attempts.note_failure("192.0.2.1");
  EXPECT_TRUE(attempts.must_wait("192.0.2.1"));
}

TEST(Attempts, TakesAnIpv6NetworkForOneAddress) {
  Clock clock;
  Attempts attempts(clock, {.burst = 1, .refill = 2000ms, .addresses = 10});
  attempts.note_failure("2001:db8::1");
  EXPECT_TRUE(attempts.must_wait("2001:db8::ffff:1"));
  EXPECT_FALSE(attempts.must_wait("2001:db8:0:1::1"));
}

TEST(Attempts, RemembersABoundedNumber) {
  Clock clock;
  Attempts attempts(clock, {.burst = 1, .refill = 3600s, .addresses = 4});
  for (int i = 0; i < 20; ++i) {
    attempts.note_failure("192.0.2." + std::to_string(i));
    clock.now_ += 1ms;
  }
  EXPECT_EQ(attempts.addresses(), 4U);
  EXPECT_TRUE(attempts.must_wait("192.0.2.19")) << "the latest stays";
  EXPECT_FALSE(attempts.must_wait("192.0.2.0")) << "the earliest goes";
}

}  // namespace
}  // namespace server
