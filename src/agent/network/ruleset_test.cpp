#include "agent/network/ruleset.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace agent {
namespace {

using testing::HasSubstr;
using testing::Not;

RulesetInput one_session() {
  RulesetInput input;
  input.bridge = "sandbox0";
  input.bridge_ip = "10.213.0.1";
  input.ports = {{"veth1", "02:42:0a:d5:00:02", "10.213.0.2"}};
  return input;
}

TEST(Ruleset, APortMayUseItsOwnAddressesOnly) {
  const auto rules = make_ruleset(one_session());

  EXPECT_THAT(rules, HasSubstr("elements = { \"veth1\" . 02:42:0a:d5:00:02 . 10.213.0.2 }"));
  EXPECT_THAT(rules, HasSubstr("policy drop"));
  EXPECT_THAT(rules, HasSubstr("arp saddr ip @sources accept"));
}

TEST(Ruleset, WithoutSessionsThereIsNoEmptyList) {
  auto input = one_session();
  input.ports.clear();

  EXPECT_THAT(make_ruleset(input), Not(HasSubstr("elements")));
}

TEST(Ruleset, OtherBridgesAreLeftAlone) {
  auto input = one_session();
  input.foreign_ports = {"veth8", "veth9"};

  EXPECT_THAT(make_ruleset(input), HasSubstr("elements = { \"veth8\", \"veth9\" }"));
}

TEST(Ruleset, SessionsReachDnsRegistryAndPingOfTheBridgeOnly) {
  const auto rules = make_ruleset(one_session());

  EXPECT_THAT(rules, HasSubstr("ip daddr 10.213.0.1 tcp dport { 53, 5001 } accept"));
  EXPECT_THAT(rules, HasSubstr("iifname \"sandbox0\" oifname \"sandbox0\" drop"));
}

TEST(Ruleset, SessionsGetTheReadOnlyRegistry) {
  EXPECT_THAT(make_ruleset(one_session()),
              HasSubstr("iifname \"sandbox0\" ip daddr 10.213.0.1 tcp dport 5000 redirect to :5001"));
}

TEST(Ruleset, ReplacesItselfInOneTransaction) {
  const auto rules = make_ruleset(one_session());

  EXPECT_LT(rules.find("delete table bridge helix"), rules.find("table bridge helix {\n"));
  EXPECT_LT(rules.find("delete table inet helix"), rules.find("table inet helix {\n"));
}

}  // namespace
}  // namespace agent
