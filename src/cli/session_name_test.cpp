#include "cli/session_name.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cli {
namespace {

using testing::HasSubstr;

const std::string kFirst = "ses_01kftccz3g3n9hfdv42ma1dwjn";
const std::string kSecond = "ses_01kftccz3g4444444444444444";

std::vector<json::object> sessions() {
  return {{{"id", kFirst}, {"name", "hello"}}, {{"id", kSecond}, {"name", "01kftccz3g3"}}};
}

TEST(SessionName, FindsByNameIdAndBeginning) {
  EXPECT_EQ(match_session(sessions(), "hello")->text(), kFirst);
  EXPECT_EQ(match_session(sessions(), "ses_01kftccz3g3")->text(), kFirst);
  EXPECT_EQ(match_session(sessions(), "ses-01kftccz3g4")->text(), kSecond);
  EXPECT_EQ(match_session(sessions(), "01kftccz3g44")->text(), kSecond);
}

TEST(SessionName, ANameBeatsABeginning) {
  EXPECT_EQ(match_session(sessions(), "01kftccz3g3")->text(), kSecond);
}

TEST(SessionName, AnAmbiguousBeginningNamesTheCandidates) {
  const auto found = match_session(sessions(), "ses_01kf");

  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code(), base::ErrorCode::conflict);
  EXPECT_THAT(found.error().message(), HasSubstr(kFirst + "  hello"));
  EXPECT_THAT(found.error().message(), HasSubstr(kSecond));
}

TEST(SessionName, UnknownOrTooShortIsNotFound) {
  for (const auto* wanted : {"goodbye", "01k", "ses_", "ses_9"}) {
    const auto found = match_session(sessions(), wanted);
    ASSERT_FALSE(found) << wanted;
    EXPECT_EQ(found.error().code(), base::ErrorCode::not_found);
  }
}

TEST(SessionAndPort, TheSessionMayBeLeftOut) {
  const auto both = parse_session_and_port("hello", "8000");
  ASSERT_TRUE(both);
  EXPECT_EQ(both->session, "hello");
  EXPECT_EQ(both->port, 8000);

  const auto alone = parse_session_and_port("65535", "");
  ASSERT_TRUE(alone);
  EXPECT_EQ(alone->session, "");
  EXPECT_EQ(alone->port, 65535);
}

TEST(SessionAndPort, WhatIsNoPortIsRefused) {
  for (const auto* port : {"0", "65536", "http", "-1", "80x"}) {
    const auto place = parse_session_and_port("hello", port);
    ASSERT_FALSE(place) << port;
    EXPECT_EQ(place.error().code(), base::ErrorCode::invalid_argument);
  }
  EXPECT_FALSE(parse_session_and_port("hello", ""));
}

}  // namespace
}  // namespace cli
