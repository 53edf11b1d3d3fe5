#include "engine/docker/progress_stream.hpp"

#include <gtest/gtest.h>

namespace engine {
namespace {

const std::string kFailed =
    "{\"status\":\"Pulling from helix/none\",\"id\":\"13\"}\r\n"
    "{\"errorDetail\":{\"message\":\"manifest unknown\"},\"error\":\"manifest unknown\"}\r\n";

TEST(ProgressStream, FindsTheErrorInsideASuccessfulAnswer) {
  ProgressStream stream;

  ASSERT_TRUE(stream.feed(kFailed));
  ASSERT_TRUE(stream.finish());

  EXPECT_EQ(stream.error(), "manifest unknown");
}

TEST(ProgressStream, DoesNotDependOnHowTheBytesAreCut) {
  for (std::size_t cut = 0; cut <= kFailed.size(); ++cut) {
    ProgressStream stream;

    ASSERT_TRUE(stream.feed(kFailed.substr(0, cut))) << cut;
    ASSERT_TRUE(stream.feed(kFailed.substr(cut))) << cut;
    ASSERT_TRUE(stream.finish()) << cut;

    EXPECT_EQ(stream.error(), "manifest unknown") << cut;
    EXPECT_EQ(stream.status(), "Pulling from helix/none 13") << cut;
  }
}

TEST(ProgressStream, TakesALastMessageWithoutNewline) {
  ProgressStream stream;

  ASSERT_TRUE(stream.feed("{\"error\":\"no space left on device\"}"));
  ASSERT_TRUE(stream.finish());

  EXPECT_EQ(stream.error(), "no space left on device");
}

TEST(ProgressStream, KeepsTheFirstError) {
  ProgressStream stream;

  ASSERT_TRUE(stream.feed("{\"error\":\"first\"}\n{\"error\":\"second\"}\n"));

  EXPECT_EQ(stream.error(), "first");
}

TEST(ProgressStream, HasNoErrorAfterASuccess) {
  ProgressStream stream;

  ASSERT_TRUE(stream.feed("{\"status\":\"Status: Image is up to date\"}\n\n{\"progressDetail\":{}}\n"));
  ASSERT_TRUE(stream.finish());

  EXPECT_EQ(stream.error(), "");
  EXPECT_EQ(stream.status(), "Status: Image is up to date");
}

TEST(ProgressStream, RefusesWhatIsNoObject) {
  for (const auto* text : {"[]\n", "{\n", "nonsense\n"}) {
    ProgressStream stream;
    EXPECT_FALSE(stream.feed(text)) << text;
  }
}

TEST(ProgressStream, RefusesAMessageWithoutEnd) {
  ProgressStream stream;

  EXPECT_TRUE(stream.feed(std::string(kMaxProgressMessage, ' ')));
  EXPECT_FALSE(stream.feed(" "));
}

}  // namespace
}  // namespace engine
