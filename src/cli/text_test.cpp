#include "cli/text.hpp"

#include <gtest/gtest.h>

#include "cli/json.hpp"
#include "cli/progress.hpp"

namespace cli {
namespace {

using namespace std::chrono_literals;

TEST(Text, ShortensByColumns) {
  EXPECT_EQ(shortened("hello", 5), "hello");
  EXPECT_EQ(shortened("hello!", 5), "hell…");
  EXPECT_EQ(shortened("äöüß!x", 5), "äöüß…");
  EXPECT_EQ(shortened("x", 0), "");
}

TEST(Text, TellsDurationsInOneUnit) {
  EXPECT_EQ(duration_text(0s), "0 s");
  EXPECT_EQ(duration_text(-3s), "0 s");
  EXPECT_EQ(duration_text(119s), "119 s");
  EXPECT_EQ(duration_text(120s), "2 min");
  EXPECT_EQ(duration_text(2h), "2 h");
  EXPECT_EQ(duration_text(47h), "47 h");
  EXPECT_EQ(duration_text(48h), "2 d");
}

TEST(Text, ReadsDurations) {
  EXPECT_EQ(parse_duration("90s"), 90s);
  EXPECT_EQ(parse_duration("30m"), 30min);
  EXPECT_EQ(parse_duration("24h"), 24h);
  EXPECT_EQ(parse_duration("7d"), 168h);
  EXPECT_EQ(parse_duration("3653d"), 24h * 3653);
  for (const char* wrong :
       {"", "h", "24", "0h", "-1h", "1.5h", "3654d", "24 h", "24hh", "99999999999999999999s"})
    EXPECT_FALSE(parse_duration(wrong)) << wrong;
}

TEST(Text, TellsBytes) {
  EXPECT_EQ(bytes_text(0), "0 B");
  EXPECT_EQ(bytes_text(999), "999 B");
  EXPECT_EQ(bytes_text(1500), "1.5 kB");
  EXPECT_EQ(bytes_text(17'200'000'000), "17.2 GB");
  EXPECT_EQ(bytes_text(250'000'000), "250 MB");
}

TEST(Text, ReadsTheServersTimes) {
  const auto time = parse_rfc3339("2026-11-21T11:34:40.123Z");

  ASSERT_TRUE(time);
  EXPECT_EQ(base::to_rfc3339(*time), "2026-11-21T11:34:40.000Z");
  EXPECT_TRUE(parse_rfc3339("2026-11-21T11:34:40Z"));
  EXPECT_EQ(age_text("2026-11-21T11:34:40Z", *time + 5min), "5 min");
}

TEST(Text, TakesNothingElseForATime) {
  for (const auto* text : {"", "yesterday", "2026-11-21T11:34:40+01:00", "2026-13-21T11:34:40Z",
                           "2026-02-30T11:34:40Z", "2026-11-21 11.34.40Z", "20x6-11-21T11:34:40Z"}) {
    EXPECT_FALSE(parse_rfc3339(text)) << text;
    EXPECT_EQ(age_text(text, {}), "-") << text;
  }
}

TEST(Progress, TellsWhatTheSessionIsDoingAndForHowLong) {
  EXPECT_EQ(progress_text("hello", "starting", "pulling image helix-headless:latest", 12s),
            "hello is starting: pulling image helix-headless:latest (12 s)");
  EXPECT_EQ(progress_text("hello", "stopping", "", 3s), "hello is stopping (3 s)");
  EXPECT_EQ(progress_text("hello", "stopping", "stopping", 3s), "hello is stopping (3 s)");
}

TEST(Json, IsPrintedForReading) {
  const json::value value{
      {"a", 1}, {"b", json::array{"x", json::object{}}}, {"c", json::object{{"d\n", nullptr}}}};

  EXPECT_EQ(pretty(value),
            "{\n"
            "  \"a\": 1,\n"
            "  \"b\": [\n"
            "    \"x\",\n"
            "    {}\n"
            "  ],\n"
            "  \"c\": {\n"
            "    \"d\\n\": null\n"
            "  }\n"
            "}\n");
}

TEST(Json, FieldsOfOtherTypesCountAsMissing) {
  const json::object object{
      {"text", 1}, {"number", "x"}, {"array", "x"}, {"mixed", json::array{1, json::object{{"a", 1}}}}};

  EXPECT_EQ(text_at(object, "text"), "");
  EXPECT_EQ(integer_at(object, "number"), 0);
  EXPECT_TRUE(array_at(object, "array").empty());
  EXPECT_TRUE(object_at(object, "text").empty());
  EXPECT_EQ(objects_at(object, "mixed").size(), 1U);
}

}  // namespace
}  // namespace cli
