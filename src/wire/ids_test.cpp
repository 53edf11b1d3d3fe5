#include "wire/ids.hpp"

#include <gtest/gtest.h>

namespace wire {
namespace {

constexpr std::string_view kUlid = "01kftccz3g3n9hfdv42ma1dwjn";

TEST(SessionId, UnderstandsBothSpellingsAndKeepsOne) {
  EXPECT_EQ(SessionId::parse("ses_" + std::string(kUlid)).value().text(), "ses_" + std::string(kUlid));
  EXPECT_EQ(SessionId::parse("ses-" + std::string(kUlid)).value().text(), "ses_" + std::string(kUlid));
}

TEST(SessionId, RefusesWhatIsNoUlid) {
  for (const std::string text :
       {"", "ses_", "ses_01KFTCCZ3G3N9HFDV42MA1DWJN", "ses_01kftccz3g3n9hfdv42ma1dwj",
        "ses_01kftccz3g3n9hfdv42ma1dwjnn", "ses_01kftccz3g3n9hfdv42ma1dwju", "usr_01kftccz3g3n9hfdv42ma1dwjn",
        "ses_../../etc/passwd/aaaaaaaa"})
    EXPECT_FALSE(SessionId::parse(text)) << text;
}

TEST(SandboxId, IsADnsLabel) {
  EXPECT_TRUE(SandboxId::parse("local"));
  EXPECT_TRUE(SandboxId::parse(std::string(63, 'a')));
  for (const std::string& text : {std::string(), std::string(64, 'a'), std::string("-a"), std::string("a-"),
                                  std::string("A"), std::string("a.b"), std::string("a/b")})
    EXPECT_FALSE(SandboxId::parse(text)) << text;
}

TEST(RunnerIds, AreThoseOfTheContract) {
  EXPECT_EQ(hydra_runner(SandboxId::parse("local").value()), "hydra-local");
  EXPECT_EQ(desktop_runner(SessionId::parse("ses_" + std::string(kUlid)).value()),
            "desktop-ses_" + std::string(kUlid));
}

}  // namespace
}  // namespace wire
