#include "server/gateway/client_side.hpp"

#include <gtest/gtest.h>

namespace server {
namespace {

GatewayOptions behind_proxies() {
  GatewayOptions options;
  options.trusted_proxies = *wire::CidrSet::parse("10.0.0.0/8,2001:db8::/32");
  return options;
}

io::http::ConnectionInfo from(const std::string& peer, const std::string& scheme = "http") {
  io::http::ConnectionInfo connection;
  connection.peer = peer;
  connection.scheme = scheme;
  return connection;
}

wire::Fields with(std::initializer_list<std::pair<const char*, const char*>> given) {
  wire::Fields fields;
  for (const auto& [name, value] : given) fields.add(name, value);
  return fields;
}

TEST(ClientAddress, IsThePeerUnlessThatIsATrustedProxy) {
  const auto forged = with({{"X-Forwarded-For", "192.0.2.66"}});

  EXPECT_EQ(client_address(from("203.0.113.5"), forged, behind_proxies()), "203.0.113.5");
  EXPECT_EQ(client_address(from("10.0.0.1"), forged, GatewayOptions()), "10.0.0.1");
  EXPECT_EQ(client_address(from("unix"), forged, behind_proxies()), "unix");
  EXPECT_EQ(client_address(from("10.0.0.1"), forged, behind_proxies()), "192.0.2.66");
  EXPECT_EQ(client_address(from("10.0.0.1"), with({}), behind_proxies()), "10.0.0.1");
}

TEST(ClientAddress, IsTheRightmostOneThatIsNoProxyOfOurs) {
  struct Case {
    const char* list;
    const char* client;
  };
  for (const auto& [list, client] :
       {Case{"198.51.100.1, 192.0.2.66", "192.0.2.66"},
        Case{"198.51.100.1,192.0.2.66 , 10.9.9.9", "192.0.2.66"},
        Case{"192.0.2.66, 2001:db8::9, 10.9.9.9", "192.0.2.66"}, Case{"10.1.1.1, 10.9.9.9", "10.1.1.1"},
        Case{"192.0.2.66:4711", "192.0.2.66"}, Case{"[2001:db9::1]:4711", "2001:db9::1"},
        Case{"2001:db9::1", "2001:db9::1"}, Case{"::ffff:192.0.2.66", "192.0.2.66"},
        Case{"192.0.2.66, unknown", "10.0.0.1"}, Case{"192.0.2.66, unknown, 10.9.9.9", "10.9.9.9"},
        Case{"", "10.0.0.1"}, Case{"192.0.2.66,", "10.0.0.1"}, Case{"[2001:db9::1", "10.0.0.1"}})
    EXPECT_EQ(client_address(from("10.0.0.1"), with({{"X-Forwarded-For", list}}), behind_proxies()), client)
        << list;

  const auto lines = with({{"X-Forwarded-For", "198.51.100.1"}, {"x-forwarded-for", "192.0.2.66"}});
  EXPECT_EQ(client_address(from("10.0.0.1"), lines, behind_proxies()), "192.0.2.66");
}

TEST(ClientScheme, IsTheConnectionsUnlessATrustedProxySaysAnother) {
  const auto said = with({{"X-Forwarded-Proto", "HTTPS"}});

  EXPECT_EQ(client_scheme(from("203.0.113.5"), said, behind_proxies()), "http");
  EXPECT_EQ(client_scheme(from("203.0.113.5", "https"), with({}), behind_proxies()), "https");
  EXPECT_EQ(client_scheme(from("10.0.0.1"), said, behind_proxies()), "https");
  EXPECT_EQ(client_scheme(from("10.0.0.1"), with({{"X-Forwarded-Proto", "https, http"}}), behind_proxies()),
            "http");
  EXPECT_EQ(client_scheme(from("10.0.0.1", "https"), with({{"X-Forwarded-Proto", "http"}}), behind_proxies()),
            "http");
  EXPECT_EQ(client_scheme(from("10.0.0.1"), with({{"X-Forwarded-Proto", "gopher"}}), behind_proxies()),
            "http");
}

TEST(ClientScheme, IsThatOfThePublicUrlWhereSomebodyElseEndsTheTls) {
  GatewayOptions options;
  options.public_url = "https://helix.example";

  EXPECT_EQ(client_scheme(from("203.0.113.5"), with({{"Host", "Helix.example"}}), options), "https");
  EXPECT_EQ(client_scheme(from("203.0.113.5"), with({{"Host", "helix.example:8080"}}), options), "http");
  EXPECT_EQ(client_scheme(from("203.0.113.5"), with({{"Host", "inner:8080"}}), options), "http");
  // With a TLS listener of ours, what comes in plain came in plain.
  options.tls = reinterpret_cast<io::TlsContext*>(&options);
  EXPECT_EQ(client_scheme(from("203.0.113.5"), with({{"Host", "helix.example"}}), options), "http");
}

}  // namespace
}  // namespace server
