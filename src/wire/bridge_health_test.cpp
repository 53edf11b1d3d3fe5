#include "wire/bridge_health.hpp"

#include <gtest/gtest.h>

namespace wire {
namespace {

using base::ErrorCode;

TEST(BridgeHealth, RoundTrips) {
  const BridgeHealth health{BridgeStatus::failing, false, "26.1.5", "starting docker", "no \"disk\"\nleft"};

  const auto decoded = decode_bridge_health(encode(health)).value();

  EXPECT_EQ(decoded.status, BridgeStatus::failing);
  EXPECT_FALSE(decoded.docker_ready);
  EXPECT_EQ(decoded.docker_version, "26.1.5");
  EXPECT_EQ(decoded.step, "starting docker");
  EXPECT_EQ(decoded.error, "no \"disk\"\nleft");
}

TEST(BridgeHealth, EncodesAsDocumented) {
  EXPECT_EQ(encode(BridgeHealth{BridgeStatus::ok, true, "26.1.5+dfsg1", "", ""}),
            R"({"status":"ok","docker_ready":true,"docker_version":"26.1.5+dfsg1","step":"","error":""})");
}

TEST(BridgeHealth, RefusesWhatItCannotMean) {
  EXPECT_EQ(decode_bridge_health("").error().code(), ErrorCode::malformed);
  EXPECT_EQ(decode_bridge_health("{}").error().field(), "status");
  EXPECT_EQ(decode_bridge_health(R"({"status":"great"})").error().field(), "status");
  EXPECT_EQ(decode_bridge_health(R"({"status":"ok","docker_ready":1})").error().field(), "docker_ready");
}

TEST(BridgeHealth, IgnoresFieldsOfLaterVersions) {
  EXPECT_TRUE(decode_bridge_health(R"({"status":"ok","later":[1]})").has_value());
}

}  // namespace
}  // namespace wire
