#include "server/gateway/field_rules.hpp"

#include <gtest/gtest.h>

namespace server {
namespace {

wire::RequestHead head_of(const std::string& fields) {
  const auto decoded = wire::decode_request_head("GET /x HTTP/1.1\r\nHost: app\r\n" + fields + "\r\n");
  return (*decoded)->head;
}

ClientSide client() {
  ClientSide side;
  side.address = "10.0.0.9";
  side.prefix = "/api/v1/sessions/ses_1/proxy/80";
  side.key_in_authorization = true;
  return side;
}

TEST(RequestFields, KeepThePlatformsCredentialsFromTheApp) {
  const auto fields = request_fields(
      head_of("Authorization: Bearer hl-secret\r\nX-Helix-Authorization: Bearer hl-2\r\n"
              "Cookie: a=1; helix_session=s;\thelix_session\t=u; b=2; __Host-helix_session=t\r\n"),
      client());
  EXPECT_EQ(fields.count("Authorization"), 0U);
  EXPECT_EQ(fields.count("X-Helix-Authorization"), 0U);
  EXPECT_EQ(fields.find("Cookie"), "a=1; b=2");
}

TEST(RequestFields, LeaveTheAppsOwnAuthorizationAlone) {
  auto side = client();
  side.key_in_authorization = false;
  const auto fields =
      request_fields(head_of("Authorization: Basic abc\r\nCookie: helix_session=s\r\n"), side);
  EXPECT_EQ(fields.find("Authorization"), "Basic abc");
  EXPECT_EQ(fields.count("Cookie"), 0U);
}

TEST(RequestFields, ReplaceForgedForwardingFields) {
  const auto fields =
      request_fields(head_of("X-Forwarded-For: 1.2.3.4\r\nX_Forwarded_For: 1.2.3.4\r\nX_REAL-IP: "
                             "1\r\nx-forwarded-user: root\r\nForwarded: for=x\r\nX-Real-Ip: 6.6.6.6\r\n"),
                     client());
  EXPECT_EQ(fields.count("X-Forwarded-For"), 1U);
  EXPECT_EQ(fields.find("X-Forwarded-For"), "10.0.0.9");
  EXPECT_EQ(fields.find("X-Real-IP"), "10.0.0.9");
  EXPECT_EQ(fields.count("X-Forwarded-User"), 0U);
  EXPECT_EQ(fields.count("Forwarded"), 0U);
  EXPECT_EQ(fields.count("X_Forwarded_For"), 0U);
  EXPECT_EQ(fields.count("X_REAL-IP"), 0U);
  EXPECT_EQ(fields.find("X-Forwarded-Prefix"), "/api/v1/sessions/ses_1/proxy/80");
  EXPECT_EQ(fields.find("X-Forwarded-Host"), "app");
}

TEST(RequestFields, RemoveWhatConnectionNamesButNotWhatMatters) {
  const auto fields =
      request_fields(head_of("Connection: close, X-Mine, Host, Content-Length, X-Forwarded-For\r\nX-Mine: "
                             "1\r\nContent-Length: 0\r\n"
                             "Keep-Alive: 5\r\nTE: trailers\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n"),
                     client());
  EXPECT_EQ(fields.count("X-Mine"), 0U);
  EXPECT_EQ(fields.count("Keep-Alive"), 0U);
  EXPECT_EQ(fields.count("Upgrade"), 0U);
  EXPECT_EQ(fields.count("HTTP2-Settings"), 0U);
  EXPECT_EQ(fields.find("Host"), "app");
  EXPECT_EQ(fields.find("Content-Length"), "0");
  EXPECT_EQ(fields.find("Connection"), "close");
  EXPECT_EQ(fields.count("X-Forwarded-For"), 1U);
}

TEST(RequestFields, PassAnUpgradeOnButNotH2c) {
  const auto socket =
      request_fields(head_of("Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"), client());
  EXPECT_EQ(socket.find("Connection"), "Upgrade");
  EXPECT_EQ(socket.find("Upgrade"), "websocket");
  const auto h2c = head_of("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n");
  EXPECT_FALSE(asks_for_upgrade(h2c));
  EXPECT_EQ(request_fields(h2c, client()).find("Connection"), "close");
}

TEST(PathRules, KeepAnAppFromTheUisOrigin) {
  wire::ResponseHead head;
  for (const auto* name :
       {"Set-Cookie", "Clear-Site-Data", "Service-Worker-Allowed", "Strict-Transport-Security", "Alt-Svc",
        "nel", "Report-To", "Set-Login", "Content-Security-Policy", "X-App"})
    head.fields.add(name, "v");
  apply_path_rules(head);
  EXPECT_EQ(head.fields.all().size(), 3U);
  EXPECT_EQ(head.fields.count("Content-Security-Policy"), 2U);
  EXPECT_NE(head.fields.all().back().value.find("sandbox"), std::string::npos);
  EXPECT_EQ(head.fields.all().back().value.find("allow-same-origin"), std::string::npos);
}

TEST(HostRules, KeepAnAppFromEndingOurLogins) {
  wire::ResponseHead head;
  for (const auto* value : {R"("cache", "cookies")", R"("*")", R"("cache", "storage")"})
    head.fields.add("Clear-Site-Data", value);
  apply_host_rules(head, "app.localhost");
  ASSERT_EQ(head.fields.all().size(), 1U);
  EXPECT_EQ(head.fields.all()[0].value, R"("cache", "storage")");
}

TEST(Trailers, DropForwardingAndFraming) {
  wire::Fields trailers;
  for (const auto* name : {"X-Forwarded-For", "Content-Length", "Set-Cookie", "grpc-status"})
    trailers.add(name, "0");
  const auto passed = pass_trailers(trailers);
  ASSERT_EQ(passed.all().size(), 1U);
  EXPECT_EQ(passed.all()[0].name, "grpc-status");
}

TEST(Navigation, IsToldFromScriptsAndPrograms) {
  EXPECT_TRUE(is_navigation(head_of("Sec-Fetch-Mode: navigate\r\n")));
  EXPECT_FALSE(is_navigation(head_of("Sec-Fetch-Mode: cors\r\nAccept: text/html\r\n")));
  EXPECT_TRUE(is_navigation(head_of("Accept: text/html,*/*\r\n")));
  EXPECT_FALSE(is_navigation(head_of("Accept: */*\r\n")));
  EXPECT_FALSE(is_navigation(
      head_of("Accept: text/html\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n")))
      << "an upgrade is never redirected";
  EXPECT_TRUE(is_navigation(head_of("Accept: text/html\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n")));
}

}  // namespace
}  // namespace server
