#include "server/edge/https_redirect.hpp"

#include <gtest/gtest.h>

namespace server {
namespace {

wire::RequestHead request(const std::string& host, const std::string& target = "/") {
  wire::RequestHead head;
  head.method = "POST";
  head.target = target;
  if (!host.empty()) head.fields.add("Host", host);
  return head;
}

/// Where the answer leads, or its status.
std::string outcome(const io::http::Response& response) {
  if (response.status != 308) return std::to_string(response.status);
  return std::string(response.fields.find("Location").value_or("nowhere"));
}

RedirectRules rules(const std::string& public_url, std::uint16_t tls_port) {
  const auto certified = [](const std::string& host) {
    return host == "helix.example" || host == "app.dev.example" || host == "::1";
  };
  return {public_url, tls_port, certified};
}

TEST(HttpsRedirect, KeepsHostPortAndTheTargetsBytesOnTheSamePort) {
  EXPECT_EQ(outcome(redirect_to_same_port(request("App.localhost:30001", "//a/..%2F\xc3\xa4?x=%0d#"))),
            "https://app.localhost:30001//a/..%2F\xc3\xa4?x=%0d#");
  EXPECT_EQ(outcome(redirect_to_same_port(request("[::1]:30001"))), "https://[::1]:30001/");
  EXPECT_EQ(outcome(redirect_to_same_port(request("helix.example"))), "https://helix.example:80/");
  EXPECT_EQ(outcome(redirect_to_same_port(request("helix.example:"))), "https://helix.example:80/");
}

TEST(HttpsRedirect, RefusesWhatIsNoHostOrNoPath) {
  for (const char* host : {"", "a b", "user@evil.example", "evil.example/", "a:99999", "a,b", "[::1"})
    EXPECT_EQ(outcome(redirect_to_same_port(request(host))), "400") << host;
  EXPECT_EQ(outcome(redirect_to_same_port(request("helix.example", "*"))), "400");
  EXPECT_EQ(outcome(redirect_to_https(request("a b"), rules("https://helix.example", 443))), "400");
}

TEST(HttpsRedirect, KeepsAHostThatTheCertificateIsFor) {
  const auto own = rules("", 8443);

  EXPECT_EQ(outcome(redirect_to_https(request("app.dev.example", "/a?b"), own)),
            "https://app.dev.example:8443/a?b");
  EXPECT_EQ(outcome(redirect_to_https(request("App.Dev.Example:80"), own)), "https://app.dev.example:8443/");
  EXPECT_EQ(outcome(redirect_to_https(request("[::1]:8081"), own)), "https://[::1]:8443/");
  EXPECT_EQ(outcome(redirect_to_https(request("helix.example"), rules("", 443))), "https://helix.example/");
}

TEST(HttpsRedirect, SendsNobodyToAForeignHost) {
  EXPECT_EQ(outcome(redirect_to_https(request("evil.example"), rules("", 8443))), "421");
  EXPECT_EQ(outcome(redirect_to_https(request("evil.example", "/x"), rules("https://helix.example", 8443))),
            "https://helix.example/x");
  EXPECT_EQ(outcome(redirect_to_https(request("evil.example"), rules("http://helix.example", 8443))), "421");
}

TEST(HttpsRedirect, UsesThePublicUrlsPortForItsOwnHost) {
  EXPECT_EQ(outcome(redirect_to_https(request("helix.example:80"), rules("https://helix.example", 8443))),
            "https://helix.example/");
  EXPECT_EQ(outcome(redirect_to_https(request("helix.example"), rules("https://helix.example:9443", 0))),
            "https://helix.example:9443/");
  EXPECT_EQ(outcome(redirect_to_https(request("app.dev.example"), rules("https://helix.example:9443", 0))),
            "https://helix.example:9443/");
}

}  // namespace
}  // namespace server
