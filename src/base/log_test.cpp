#include "base/log.hpp"

#include <gtest/gtest.h>

namespace base {
namespace {

struct Captured {
  std::vector<std::string> lines;
  Log::Sink sink() {
    return [this](std::string_view line) { lines.emplace_back(line); };
  }
};

TEST(Log, WritesOneJsonObjectALine) {
  Captured captured;
  const Log log("hydra", LogLevel::info, LogFormat::json, captured.sink());

  log.with({{"session", "ses_1"}}).info("step.done", {{"took_ms", 12}, {"text", "a \"b\"\n"}, {"ok", true}});

  ASSERT_EQ(captured.lines.size(), 1U);
  EXPECT_NE(captured.lines[0].find(R"("event":"step.done","program":"hydra","session":"ses_1","took_ms":12)"),
            std::string::npos)
      << captured.lines[0];
  EXPECT_NE(captured.lines[0].find(R"("text":"a \"b\"\n","ok":true})"), std::string::npos)
      << captured.lines[0];
}

TEST(Log, LeavesOutWhatIsBelowItsLevel) {
  Captured captured;
  const Log log("hydra", LogLevel::warn, LogFormat::text, captured.sink());

  log.info("quiet");
  log.warn("loud", {{"why", "two words"}});

  ASSERT_EQ(captured.lines.size(), 1U);
  EXPECT_TRUE(captured.lines[0].ends_with("warn hydra loud why=\"two words\"")) << captured.lines[0];
}

TEST(Log, RefusesUnknownLevelAndFormat) {
  EXPECT_FALSE(parse_log_level("loud"));
  EXPECT_FALSE(parse_log_format("xml"));
  EXPECT_EQ(parse_log_level("debug").value(), LogLevel::debug);
}

}  // namespace
}  // namespace base
