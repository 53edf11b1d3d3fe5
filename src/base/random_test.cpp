#include "base/random.hpp"

#include <set>

#include <gtest/gtest.h>

namespace base {
namespace {

class FixedRandom : public Random {
 public:
  explicit FixedRandom(std::byte value) : value_(value) {}
  void fill(std::span<std::byte> out) override {
    for (auto& byte : out) byte = value_;
  }

 private:
  std::byte value_;
};

TEST(Ulid, SpellsTimeAndRandomBits) {
  FixedRandom ones(std::byte{0xff});
  const Time time{std::chrono::milliseconds(1469918176385)};  // the example of the ULID specification
  EXPECT_EQ(make_ulid(time, ones), "01aryz6s41zzzzzzzzzzzzzzzz");
}

TEST(Ulid, DiffersEachTime) {
  SystemRandom random;
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) seen.insert(make_ulid(Time{}, random));
  EXPECT_EQ(seen.size(), 100U);
}

TEST(RandomHex, HasTwoDigitsAByte) {
  FixedRandom value(std::byte{0x0a});
  EXPECT_EQ(random_hex(3, value), "0a0a0a");
}

TEST(Clock, SpellsRfc3339) {
  EXPECT_EQ(to_rfc3339(Time{std::chrono::milliseconds(1469918176385)}), "2016-07-30T22:36:16.385Z");
}

}  // namespace
}  // namespace base
