#include "wire/cidr.hpp"

#include <gtest/gtest.h>

namespace wire {
namespace {

std::string refusal(std::string_view text) {
  const auto network = Cidr::parse(text);
  return network ? "taken as " + network->text() : network.error().message();
}

TEST(IpAddress, ReadsBothFamiliesAndNothingElse) {
  EXPECT_EQ(IpAddress::parse("192.0.2.1")->text(), "192.0.2.1");
  EXPECT_EQ(IpAddress::parse("2001:DB8:0::1")->text(), "2001:db8::1");

  using std::string_view_literals::operator""sv;
  for (const auto text : {""sv, "unix"sv, "1.2.3"sv, "1.2.3.4.5"sv, "010.0.0.1"sv, "256.0.0.1"sv,
                          " 1.2.3.4"sv, "1.2.3.4 "sv, "[::1]"sv, "::1%lo"sv, "1.2.3.4:80"sv, ":::"sv,
                          "1.2.3.4\0"sv, "0000:0000:0000:0000:0000:0000:255.255.255.2550"sv})
    EXPECT_FALSE(IpAddress::parse(text)) << text;
}

TEST(IpAddress, TakesAMappedAddressForTheIpv4One) {
  EXPECT_EQ(*IpAddress::parse("::ffff:192.0.2.1"), *IpAddress::parse("192.0.2.1"));
  EXPECT_FALSE(IpAddress::parse("::192.0.2.1")->is_v4());  // the old compatible form is IPv6
}

TEST(Cidr, HoldsWhatItsPrefixSays) {
  struct Case {
    const char* network;
    const char* inside;
    const char* outside;
  };
  for (const auto& [network, inside, outside] :
       {Case{"10.0.0.0/8", "10.255.255.255", "11.0.0.0"},
        Case{"192.0.2.128/25", "192.0.2.128", "192.0.2.127"}, Case{"192.0.2.4/31", "192.0.2.5", "192.0.2.6"},
        Case{"192.0.2.1", "192.0.2.1", "192.0.2.2"}, Case{"0.0.0.0/0", "203.0.113.9", "::1"},
        Case{"::/0", "2001:db8::1", "192.0.2.1"},
        Case{"2001:db8::/33", "2001:db8:7fff::1", "2001:db8:8000::"}, Case{"::1/128", "::1", "::2"},
        Case{"10.0.0.0/8", "::ffff:10.1.2.3", "::ffff:11.1.2.3"},
        Case{"::ffff:10.0.0.0/104", "10.9.9.9", "11.0.0.1"}, Case{"::ffff:0:0/96", "192.0.2.1", "::1"}}) {
    const auto parsed = Cidr::parse(network);
    ASSERT_TRUE(parsed) << parsed.error().message();
    EXPECT_TRUE(parsed->contains(*IpAddress::parse(inside))) << network << " " << inside;
    EXPECT_FALSE(parsed->contains(*IpAddress::parse(outside))) << network << " " << outside;
  }
}

TEST(Cidr, SaysItsTextInOneForm) {
  EXPECT_EQ(Cidr::parse("192.0.2.1")->text(), "192.0.2.1/32");
  EXPECT_EQ(Cidr::parse("2001:0DB8::/32")->text(), "2001:db8::/32");
  EXPECT_EQ(Cidr::parse("::ffff:10.0.0.0/104")->text(), "10.0.0.0/8");
}

TEST(Cidr, SaysWhatIsWrong) {
  EXPECT_EQ(refusal("10.1.2.3/8"), "'10.1.2.3/8' has bits set behind its prefix; the network is 10.0.0.0/8");
  EXPECT_EQ(refusal("2001:db8::1/64"),
            "'2001:db8::1/64' has bits set behind its prefix; the network is 2001:db8::/64");
  for (const char* text :
       {"10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0.0/0008", "10.0.0.0/+8"})
    EXPECT_NE(refusal(text).find("must be 0 to 32"), std::string::npos) << refusal(text);
  EXPECT_NE(refusal("::/129").find("must be 0 to 128"), std::string::npos);
  EXPECT_NE(refusal("::ffff:0:0/90").find("must be 96 to 128"), std::string::npos);
  for (const char* text : {"", "/8", "example.com/8", "10.0.0/8", "[::1]/128"})
    EXPECT_NE(refusal(text).find("is not a network like"), std::string::npos) << refusal(text);
}

TEST(CidrSet, ReadsAListAndFindsAddressesInIt) {
  const auto set = CidrSet::parse(" 10.0.0.0/8, 2001:db8::/32 ,192.0.2.1");
  ASSERT_TRUE(set);

  EXPECT_EQ(set->networks().size(), 3U);
  EXPECT_TRUE(set->contains("2001:db8::5"));
  EXPECT_TRUE(set->contains("::ffff:192.0.2.1"));
  EXPECT_FALSE(set->contains("192.0.2.2"));
  EXPECT_FALSE(set->contains("unix"));
}

TEST(CidrSet, IsEmptyWithoutTextAndRefusesEmptyItems) {
  EXPECT_TRUE(CidrSet::parse("")->empty());
  EXPECT_TRUE(CidrSet::parse("  ")->empty());
  EXPECT_FALSE(CidrSet::parse("10.0.0.0/8,"));
  EXPECT_FALSE(CidrSet::parse(",10.0.0.0/8"));
  EXPECT_FALSE(CidrSet::parse("10.0.0.0/8;192.0.2.1"));
}

}  // namespace
}  // namespace wire
