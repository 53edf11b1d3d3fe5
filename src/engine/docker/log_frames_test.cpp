#include "engine/docker/log_frames.hpp"

#include <gtest/gtest.h>

namespace engine {
namespace {

std::string frame(char stream, const std::string& payload) {
  std::string out{stream,
                  0,
                  0,
                  0,
                  0,
                  0,
                  static_cast<char>(payload.size() >> 8U),
                  static_cast<char>(payload.size() & 0xffU)};
  return out + payload;
}

TEST(LogFrames, JoinsBothStreamsInOrder) {
  LogFrames frames;

  const auto got = frames.feed(frame(1, "out\n") + frame(2, "err\n") + frame(1, std::string(300, 'x')));

  ASSERT_TRUE(got);
  EXPECT_EQ(*got, "out\nerr\n" + std::string(300, 'x'));
}

TEST(LogFrames, DoesNotDependOnHowTheBytesAreCut) {
  const auto wire = frame(1, "hello ") + frame(2, "") + frame(2, "world");
  for (std::size_t cut = 0; cut <= wire.size(); ++cut) {
    LogFrames frames;

    const auto first = frames.feed(wire.substr(0, cut));
    const auto second = frames.feed(wire.substr(cut));

    ASSERT_TRUE(first && second) << cut;
    EXPECT_EQ(*first + *second, "hello world") << cut;
  }
}

TEST(LogFrames, RefusesBytesWithoutFrames) {
  LogFrames frames;

  EXPECT_FALSE(frames.feed("plain text of a terminal"));
}

}  // namespace
}  // namespace engine
