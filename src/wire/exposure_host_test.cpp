#include "wire/exposure_host.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace wire {
namespace {

using Kind = ExposureHost::Kind;

const std::string kUlid = "01kftccz3g3n9hfdv42ma1dwjn";
const SessionId kSession = SessionId::trusted("ses_" + kUlid);

TEST(ExposureHost, ReadsItsThreeForms) {
  const auto by_port = parse_exposure_host("ses-" + kUlid + "-3000.localhost", "localhost");
  EXPECT_EQ(by_port.kind, Kind::exposure);
  EXPECT_EQ(by_port.session, kSession);
  EXPECT_EQ(by_port.port, 3000);
  EXPECT_EQ(by_port.name, "");

  const auto with_p = parse_exposure_host("p3000-ses-" + kUlid + ".localhost", "localhost");
  EXPECT_EQ(with_p.kind, Kind::exposure);
  EXPECT_EQ(with_p.port, 3000);

  const auto by_name = parse_exposure_host("my-api-ses-" + kUlid + ".localhost", "localhost");
  EXPECT_EQ(by_name.kind, Kind::exposure);
  EXPECT_EQ(by_name.session, kSession);
  EXPECT_EQ(by_name.port, 0);
  EXPECT_EQ(by_name.name, "my-api");
}

TEST(ExposureHost, ReadsBackWhatItMakes) {
  const std::string longest(24, 'n');
  const auto label = make_host_label(kSession, longest);
  EXPECT_EQ(label.size(), 55U);
  EXPECT_EQ(parse_exposure_host(label + ".localhost", "localhost").name, longest);
  EXPECT_EQ(parse_exposure_host(make_host_label(kSession, 65535) + ".a.example", "a.example").port, 65535);
}

TEST(ExposureHost, SeesNoDifferenceInCasePortAndLastDot) {
  for (const std::string tail :
       {".LocalHost", ".localhost.", ".localhost:8080", ".localhost.:8080", ".localhost:"}) {
    const auto found = parse_exposure_host("SES-01KFTCCZ3G3N9HFDV42MA1DWJN-80" + tail, "LOCALHOST");
    EXPECT_EQ(found.kind, Kind::exposure) << tail;
    EXPECT_EQ(found.session, kSession) << tail;
    EXPECT_EQ(found.host, "ses-" + kUlid + "-80.localhost") << tail;
  }
  EXPECT_EQ(parse_exposure_host("ses_" + kUlid + "-80.localhost", "localhost").session, kSession);
  EXPECT_EQ(parse_exposure_host("p80-ses_" + kUlid + ".localhost", "localhost").session, kSession);
}

TEST(ExposureHost, TakesADomainOfSeveralLabels) {
  const std::string domain = "dev.helix.example.org";
  EXPECT_EQ(parse_exposure_host("ses-" + kUlid + "-80." + domain, domain).kind, Kind::exposure);
  EXPECT_EQ(parse_exposure_host("ses-" + kUlid + "-80.helix.example.org", domain).kind, Kind::api);
  EXPECT_EQ(parse_exposure_host("ses-" + kUlid + "-80.evil-" + domain, domain).kind, Kind::api);
  EXPECT_EQ(parse_exposure_host("ses-" + kUlid + "-80.localhost", "").kind, Kind::api)
      << "no domain, no hosts";
}

TEST(ExposureHost, LeavesEverythingElseToTheApi) {
  for (const std::string host : {"localhost", "localhost:8080", "helix.example.org", "www.localhost",
                                 "session.localhost", "p3000.localhost", "127.0.0.1:8080", "[::1]:8080",
                                 "[::1]", "[2001:DB8::1]:443", "[::ffff:127.0.0.1]:80", "my_host"})
    EXPECT_EQ(parse_exposure_host(host, "localhost").kind, Kind::api) << host;
}

TEST(ExposureHost, NeverGivesABrokenNameOfOursToTheApi) {
  const std::string label = "ses-" + kUlid;
  const std::vector<std::string> broken{label,
                                        label + "-",
                                        label + "-0",
                                        label + "-080",
                                        label + "-65536",
                                        label + "-99999999999",
                                        label + "-80x",
                                        label + "x80",
                                        "ses-",
                                        "ses-x-80",
                                        "p0-" + label,
                                        "p65536-" + label,
                                        "p080-" + label,
                                        "-" + label,
                                        "ses-a-" + label,
                                        "a_b-" + label,
                                        std::string(25, 'n') + "-" + label,
                                        "x-ses-y",
                                        "p80-" + label + "z",
                                        "x." + label + "-80",
                                        "a.b.name-" + label,
                                        "ses-" + kUlid.substr(1) + "-80"};
  for (const auto& host : broken)
    EXPECT_EQ(parse_exposure_host(host + ".localhost", "localhost").kind, Kind::not_found) << host;
}

TEST(ExposureHost, RefusesWhatIsNoHost) {
  const std::string good = "ses-" + kUlid + "-80.localhost";
  for (const std::string& host : {std::string(""),
                                  std::string("."),
                                  std::string(":80"),
                                  "user@" + good,
                                  "user:pw@" + good,
                                  good + "@evil",
                                  good + "/",
                                  good + "?x",
                                  good + "#x",
                                  good + ":80:80",
                                  good + ":x",
                                  good + ":65536",
                                  good + ":-1",
                                  good + "..",
                                  "." + good,
                                  "a.." + good,
                                  " " + good,
                                  good + " ",
                                  good + ",",
                                  good + "%2e",
                                  good + ":80 ",
                                  "http://" + good,
                                  good + "\\",
                                  std::string("a\0b", 3),
                                  std::string("f\xc3\xbcr.localhost"),
                                  std::string("[::1"),
                                  std::string("::1"),
                                  std::string("[]"),
                                  std::string("[::1]x"),
                                  std::string("[::1]:x"),
                                  std::string("[v1.x]"),
                                  std::string("[::1%25eth0]")})
    EXPECT_EQ(parse_exposure_host(host, "localhost").kind, Kind::invalid) << host;
}

TEST(ExposureHost, BoundsLabelsAndNames) {
  EXPECT_EQ(parse_exposure_host(std::string(63, 'a') + ".localhost", "localhost").kind, Kind::api);
  EXPECT_EQ(parse_exposure_host(std::string(64, 'a') + ".localhost", "localhost").kind, Kind::invalid);
  std::string longest;
  for (int i = 0; i < 126; ++i) longest += "a.";
  EXPECT_EQ(parse_exposure_host(longest + "a", "localhost").kind, Kind::api) << "253 characters";
  EXPECT_EQ(parse_exposure_host(longest + "aa", "localhost").kind, Kind::invalid);
}

}  // namespace
}  // namespace wire
