#include "server/expose/exposure_urls.hpp"

#include <gtest/gtest.h>

namespace server {
namespace {

using Urls = std::vector<std::string>;

store::ExposureRecord exposure(const std::string& protocol = "http", const std::string& name = "",
                               std::uint16_t allocated = 0) {
  store::ExposureRecord out;
  out.session = wire::SessionId::trusted("ses_01kftccz3g3n9hfdv42ma1dwjn");
  out.port = 8000;
  out.protocol = protocol;
  out.name = name;
  out.allocated_port = allocated;
  return out;
}

const std::string kPath = "/api/v1/sessions/ses_01kftccz3g3n9hfdv42ma1dwjn/proxy/8000/";
const std::string kLabel = "ses-01kftccz3g3n9hfdv42ma1dwjn";

TEST(ExposureUrls, NamesHostThenPortThenPath) {
  const UrlBase base{"http://localhost:8080", "localhost"};

  EXPECT_EQ(exposure_urls(exposure("http", "web", 30001), base),
            (Urls{"http://web-" + kLabel + ".localhost:8080/", "http://" + kLabel + "-8000.localhost:8080/",
                  "http://localhost:30001/", "http://localhost:8080" + kPath}));
  EXPECT_EQ(exposure_urls(exposure(), base),
            (Urls{"http://" + kLabel + "-8000.localhost:8080/", "http://localhost:8080" + kPath}));
}

TEST(ExposureUrls, TakesSchemeAndPortOfTheBase) {
  EXPECT_EQ(exposure_urls(exposure("h2c", "", 30001), {"https://helix.example", "dev.helix.example"}),
            (Urls{"https://" + kLabel + "-8000.dev.helix.example/", "https://helix.example:30001/",
                  "https://helix.example" + kPath}));
  EXPECT_EQ(exposure_urls(exposure(), {"https://helix.example:8443", "Dev.Example"}).front(),
            "https://" + kLabel + "-8000.dev.example:8443/");
}

TEST(ExposureUrls, LeavesOutNamesThatDoNotResolveThere) {
  for (const std::string here : {"http://localhost:8080", "http://LOCALHOST:8080", "http://a.localhost",
                                 "http://127.0.0.1:8080", "http://[::1]:8080"})
    EXPECT_EQ(exposure_urls(exposure(), {here, "localhost"}).size(), 2U) << here;
  for (const std::string away : {"http://192.168.1.5:8080", "http://helix.test", "http://notlocalhost:1",
                                 "http://[2001:db8::1]:8080", "http://localhost.example"}) {
    EXPECT_EQ(exposure_urls(exposure(), {away, "localhost"}), Urls{away + kPath}) << away;
    EXPECT_EQ(exposure_urls(exposure(), {away, "dev.localhost"}), Urls{away + kPath}) << away;
    EXPECT_EQ(exposure_urls(exposure(), {away, "dev.example"}).size(), 2U) << away;
  }
  EXPECT_EQ(exposure_urls(exposure("http", "web"), {"http://localhost:8080", ""}),
            Urls{"http://localhost:8080" + kPath});
}

TEST(ExposureUrls, KeepsAnIpv6AddressWhole) {
  EXPECT_EQ(exposure_urls(exposure("http", "", 30001), {"http://[2001:db8::1]:8080", "localhost"}),
            (Urls{"http://[2001:db8::1]:30001/", "http://[2001:db8::1]:8080" + kPath}));
  EXPECT_EQ(exposure_urls(exposure("tcp", "", 30001), {"http://[2001:db8::1]", "localhost"}),
            Urls{"tcp://[2001:db8::1]:30001"});
}

TEST(ExposureUrls, GivesTcpItsPortAlone) {
  EXPECT_EQ(exposure_urls(exposure("tcp", "db", 30001), {"https://helix.example", "dev.helix.example"}),
            Urls{"tcp://helix.example:30001"});
  EXPECT_TRUE(exposure_urls(exposure("tcp"), {"https://helix.example", "dev.helix.example"}).empty());
}

TEST(ShareUrls, LeadToOriginsOfTheApp) {
  const UrlBase base{"http://localhost:8080", "localhost"};

  EXPECT_EQ(share_urls(exposure("http", "", 30001), base, "hs1-00"),
            (Urls{"http://" + kLabel + "-8000.localhost:8080/.helix/share/hs1-00",
                  "http://localhost:30001/.helix/share/hs1-00"}));
  EXPECT_TRUE(share_urls(exposure(), {"http://192.168.1.5", "localhost"}, "hs1-00").empty());
  EXPECT_TRUE(share_urls(exposure("tcp", "", 30001), base, "hs1-00").empty());
}

}  // namespace
}  // namespace server
