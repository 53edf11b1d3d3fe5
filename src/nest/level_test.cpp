#include "nest/level.hpp"

#include <gtest/gtest.h>

namespace nest {
namespace {

using base::ErrorCode;

// Default route by 10.213.0.1 and the container's own network, as the kernel writes them.
constexpr std::string_view kInSession =
    "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
    "eth0\t00000000\t0100D50A\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
    "eth0\t0000D50A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n";

TEST(Level, AddressesFollowFromTheDepth) {
  const Level sandbox = make_level(1).value();

  EXPECT_EQ(sandbox.bridge_cidr(), "10.213.0.1/24");
  EXPECT_EQ(sandbox.pool().to_string(), "10.213.0.0/16");
  EXPECT_EQ(make_level(0)->bridge_cidr(), "10.212.0.1/24");
  EXPECT_EQ(make_level(kMaxDepth)->bridge_cidr(), "10.243.0.1/24");
}

TEST(Level, SaysWhenTheDepthLimitIsReached) {
  const auto level = make_level(kMaxDepth + 1);

  ASSERT_FALSE(level);
  EXPECT_EQ(level.error().code(), ErrorCode::unavailable);
  EXPECT_EQ(level.error().message().find("depth limit reached"), 0u);
  EXPECT_EQ(make_level(-1).error().code(), ErrorCode::invalid_argument);
}

TEST(Level, ParsesKernelRoutes) {
  const auto routes = parse_routes(kInSession);

  ASSERT_EQ(routes.size(), 2u);
  EXPECT_EQ(routes[0].network, (Ipv4Network{0, 0}));
  EXPECT_EQ(ipv4_to_string(routes[0].gateway), "10.213.0.1");
  EXPECT_EQ(routes[1].network.to_string(), "10.213.0.0/24");
  EXPECT_TRUE(parse_routes("junk\nmore junk here\n").empty());
}

TEST(Level, TakesTheConfiguredDepth) {
  EXPECT_EQ(find_level("4", parse_routes(kInSession))->depth, 4);
  EXPECT_EQ(find_level("x", {}).error().code(), ErrorCode::invalid_argument);
  EXPECT_EQ(find_level("3x", {}).error().code(), ErrorCode::invalid_argument);
}

// The same sandbox image started by hand inside a session must not reuse the addresses of its own
// grandparents.
TEST(Level, WithoutConfigurationLiesBelowTheLevelOfItsGateway) {
  EXPECT_EQ(find_level("", parse_routes(kInSession))->depth, 2);
  EXPECT_EQ(find_level("", {})->depth, 1);
  const Route plain{"eth0", {0, 0}, *parse_ipv4("172.17.0.1")};
  EXPECT_EQ(find_level("", {plain})->depth, 1);
}

TEST(Level, RefusesAddressesThatAnotherInterfaceHas) {
  const Level level = make_level(1).value();
  const Route vpn{"tun0", {*parse_ipv4("10.213.4.0"), 24}, 0};
  const Route own{"br-12ab", {*parse_ipv4("10.213.4.0"), 24}, 0};
  const Route bridge{"sandbox0", {*parse_ipv4("10.213.0.0"), 24}, 0};
  const Route wide{"tun0", {*parse_ipv4("10.0.0.0"), 8}, 0};
  const Route elsewhere{"eth0", {*parse_ipv4("10.212.0.0"), 24}, 0};

  EXPECT_TRUE(check_routes(level, {own, bridge, elsewhere, Route{"eth0", {0, 0}, 1}}, "sandbox0"));
  EXPECT_EQ(check_routes(level, {vpn}, "sandbox0").error().code(), ErrorCode::conflict);
  EXPECT_NE(check_routes(level, {vpn}, "sandbox0").error().message().find("10.213.4.0/24 of interface tun0"),
            std::string::npos);
  EXPECT_EQ(check_routes(level, {wide}, "sandbox0").error().code(), ErrorCode::conflict);
}

TEST(Level, ProbesThePidNamespaceWithoutEnteringIt) {
  const auto probed = probe_pid_namespace();

  if (!probed) {
    EXPECT_EQ(probed.error().code(), ErrorCode::forbidden) << probed.error().message();
  }
}

}  // namespace
}  // namespace nest
