// RFC 9110 and 9112 at socket level, heads: targets, methods, hosts, which fields cross and which do not, and
// limits.
#include <gtest/gtest.h>

#include "support/gateway_world.hpp"

namespace server {
namespace {

using support::GatewayWorld;
using support::kEnd;
using Way = AppRequest::Way;

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

int status_of(const std::string& text) {
  const auto at = text.find("HTTP/1.1 ");
  return at == std::string::npos ? 0 : std::stoi(text.substr(at + 9, 3));
}

struct Line {
  const char* name;
  std::string line;     // the request line, without its end
  std::string app_got;  // the one that the app got; "": none
  int status = 200;
};

TEST(RfcFields, CarryTheRequestLineAsItIs) {
  const std::vector<Line> rows{
      {"an escaped slash", "GET /a%2Fb%2f HTTP/1.1", "GET /a%2Fb%2f HTTP/1.1"},
      {"double slashes", "GET //a//b/// HTTP/1.1", "GET //a//b/// HTTP/1.1"},
      {"dot segments", "GET /a/../../b/./c HTTP/1.1", "GET /a/../../b/./c HTTP/1.1"},
      {"escaped dot segments", "GET /%2e%2e/%2E/x HTTP/1.1", "GET /%2e%2e/%2E/x HTTP/1.1"},
      {"bytes that are not ASCII", "GET /\xc3\xa9\xff\x80 HTTP/1.1", "GET /\xc3\xa9\xff\x80 HTTP/1.1"},
      {"broken escapes", "GET /%zz%2 HTTP/1.1", "GET /%zz%2 HTTP/1.1"},
      {"several question marks", "GET /?a=?&b=%3F?#? HTTP/1.1", "GET /?a=?&b=%3F?#? HTTP/1.1"},
      {"a fragment", "GET /a#b HTTP/1.1", "GET /a#b HTTP/1.1"},
      {"no path, only a query", "GET /?x HTTP/1.1", "GET /?x HTTP/1.1"},
      {"what is in no URI", "GET /\"<>\\^`{|} HTTP/1.1", "GET /\"<>\\^`{|} HTTP/1.1"},
      {"a semicolon", "GET /a;b=c/../d HTTP/1.1", "GET /a;b=c/../d HTTP/1.1"},
      {"an escaped NUL", "GET /%00 HTTP/1.1", "GET /%00 HTTP/1.1"},
      {"OPTIONS of everything", "OPTIONS * HTTP/1.1", "OPTIONS * HTTP/1.1"},
      {"a method of the app's own", "PURGE /x HTTP/1.1", "PURGE /x HTTP/1.1"},
      {"a method in lower case", "get / HTTP/1.1", "get / HTTP/1.1"},
      {"a method of every token character", "!#$%&'*+-.^_`|~09Az / HTTP/1.1",
       "!#$%&'*+-.^_`|~09Az / HTTP/1.1"},
      {"TRACE, as any method", "TRACE / HTTP/1.1", "TRACE / HTTP/1.1"},
      {"the absolute form of our own host", "GET http://app.example/a?b HTTP/1.1", "GET /a?b HTTP/1.1"},
      {"the absolute form without a path", "GET http://app.example HTTP/1.1", "GET / HTTP/1.1"},
      {"the absolute form with a query only", "GET http://app.example?b HTTP/1.1", "GET /?b HTTP/1.1"},
      {"the absolute form in capitals", "GET HTTP://app.example/a HTTP/1.1", "GET /a HTTP/1.1"},
      {"the absolute form of https", "GET https://app.example/a HTTP/1.1", "GET /a HTTP/1.1"},
      {"a host in the path", "GET /http://other.example/ HTTP/1.1", "GET /http://other.example/ HTTP/1.1"},
      {"CONNECT", "CONNECT other.example:443 HTTP/1.1", "", 405},
      {"CONNECT with a path", "CONNECT /x HTTP/1.1", "", 405},
      {"the absolute form with a user", "GET http://user@app.example/ HTTP/1.1", "", 400},
      {"the absolute form without a host", "GET http:///a HTTP/1.1", "", 400},
  };
  GatewayWorld world;
  const auto body = [&](GatewayWorld& at) -> io::Task<void> {
    for (const auto& row : rows) {
      SCOPED_TRACE(row.name);
      at.forget();
      const auto answer = co_await at.ask(row.line + "\r\nHost: app.example\r\nConnection: close\r\n\r\n");
      EXPECT_EQ(status_of(answer), row.status) << answer;
      EXPECT_EQ(at.got.size(), row.app_got.empty() ? 0U : 1U);
      if (!row.app_got.empty()) {
        EXPECT_TRUE(at.got.front().starts_with(row.app_got + "\r\n")) << at.got.front();
      }
    }
  };
  world.run(body);
}

TEST(RfcFields, FetchNoForeignAbsoluteTarget) {
  GatewayWorld world;
  world.run([](GatewayWorld& at) -> io::Task<void> {
    const auto answer = co_await at.ask(
        "GET http://other.example:81/a HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(status_of(answer), 200);
    // RFC 9112 §3.2.2: the target's authority is the request's host; the app of this listener is asked.
    EXPECT_TRUE(at.got.front().starts_with("GET /a HTTP/1.1\r\nHost: other.example:81\r\n"))
        << at.got.front();
  });
}

TEST(RfcFields, KeepAPathsPrefixFromTheApp) {
  GatewayWorld world;
  world.request.way = Way::path;
  world.request.prefix = "/api/v1/sessions/ses_1/proxy/3000";
  const auto body = [](GatewayWorld& at) -> io::Task<void> {
    for (const std::string rest : {"/", "/../../x", "//", "/%2e%2e/%2f", "/?a#b"}) {
      at.forget();
      const auto answer = co_await at.ask("GET " + at.request.prefix + rest +
                                          " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
      EXPECT_TRUE(at.got.front().starts_with("GET " + rest + " HTTP/1.1\r\n")) << at.got.front();
      EXPECT_TRUE(has(at.got.front(), "X-Forwarded-Prefix: " + at.request.prefix + "\r\n")) << at.got.front();
    }
  };
  world.run(body);
}

struct BadHost {
  const char* name;
  std::string fields;
};

TEST(RfcFields, RefuseAHostThatIsNone) {
  const std::vector<BadHost> rows{
      {"none", ""},
      {"two", "Host: a\r\nHost: b\r\n"},
      {"the same twice", "Host: a\r\nHost: a\r\n"},
      {"an empty one", "Host:\r\n"},
      {"only a port", "Host: :80\r\n"},
      {"a list", "Host: a, b\r\n"},
      {"a space", "Host: a b\r\n"},
      {"a path", "Host: a/b\r\n"},
      {"a query", "Host: a?b\r\n"},
      {"a fragment", "Host: a#b\r\n"},
      {"a user", "Host: user@a\r\n"},
      {"a backslash", "Host: a\\b\r\n"},
      {"two colons", "Host: a:1:2\r\n"},
      {"a port of letters", "Host: a:http\r\n"},
      {"a port with a sign", "Host: a:+80\r\n"},
      {"a port too large", "Host: a:65536\r\n"},
      {"an address without brackets", "Host: ::1\r\n"},
      {"an open bracket", "Host: [::1\r\n"},
      {"text behind the bracket", "Host: [::1]a\r\n"},
      {"bytes that are not ASCII", "Host: \xc3\xa9.example\r\n"},
  };
  GatewayWorld world;
  world.run([&](GatewayWorld& at) -> io::Task<void> {
    for (const auto& row : rows) {
      SCOPED_TRACE(row.name);
      const auto answer = co_await at.ask("GET / HTTP/1.1\r\n" + row.fields + "\r\n");
      EXPECT_EQ(status_of(answer), 400) << answer;
      EXPECT_TRUE(answer.ends_with(kEnd)) << answer;
      EXPECT_TRUE(at.got.empty());
    }
    const std::string label(63, 'a');
    const auto fine = co_await at.ask("GET / HTTP/1.1\r\nHost: " + label + "." + label +
                                      ".example:65535\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(status_of(fine), 200) << fine;
  });
}

struct Crossing {
  const char* name;
  std::string fields;              // of the client
  std::vector<std::string> has;    // what the app gets
  std::vector<std::string> lacks;  // and what not, anywhere
};

void expect_crossing(GatewayWorld& world, const std::vector<Crossing>& rows) {
  world.run([&](GatewayWorld& at) -> io::Task<void> {
    for (const auto& row : rows) {
      SCOPED_TRACE(row.name);
      at.forget();
      const auto answer =
          co_await at.ask("GET / HTTP/1.1\r\nHost: App.Example:8443\r\n" + row.fields + "\r\n", "ok");
      EXPECT_EQ(status_of(answer), 200) << answer;
      for (const auto& part : row.has)
        EXPECT_TRUE(has(at.got.front(), part)) << part << " in " << at.got.front();
      for (const auto& part : row.lacks)
        EXPECT_FALSE(has(at.got.front(), part)) << part << " in " << at.got.front();
    }
  });
}

TEST(RfcFields, CrossToTheAppOrNot) {
  const std::vector<Crossing> rows{
      {"the app's own, in order, as they are",
       "X-B: 2\r\nx-a:\t1 \r\nX-B: 3\r\nEmpty:\r\nQuoted: \"a, b\"\r\nLatin: \xe9\r\n",
       {"X-B: 2\r\nx-a: 1\r\nX-B: 3\r\nEmpty: \r\nQuoted: \"a, b\"\r\nLatin: \xe9\r\n"},
       {}},
      {"Host as the client wrote it", "", {"\r\nHost: App.Example:8443\r\n"}, {}},
      {"hop by hop",
       "Keep-Alive: 5\r\nProxy-Connection: x\r\nTE: gzip\r\nTrailer: T\r\nHTTP2-Settings: AAA\r\n",
       {"Connection: close\r\n"},
       {"Keep-Alive", "Proxy-Connection", "TE:", "Trailer", "HTTP2-Settings"}},
      {"what Connection names",
       "Connection: keep-alive, X-Mine ,x-yours\r\nX-Mine: 1\r\nX-Yours: 2\r\nX-Ours: 3\r\n",
       {"X-Ours: 3\r\n"},
       {"X-Mine", "X-Yours", "keep-alive"}},
      {"what Connection must not name",
       "Connection: Host, Content-Length, Cookie, Authorization, X-Forwarded-For, X-Real-IP, "
       "x-forwarded-host\r\n"
       "Content-Length: 0\r\nCookie: a=1\r\nAuthorization: Basic x\r\n",
       {"Host: App.Example:8443\r\n", "Content-Length: 0\r\n", "Cookie: a=1\r\n",
        "Authorization: Basic x\r\n", "X-Forwarded-For: 127.0.0.1\r\n", "X-Real-IP: 127.0.0.1\r\n",
        "X-Forwarded-Host: App.Example:8443\r\n"},
       {}},
      {"h2c, which is not passed on",
       "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n",
       {"Connection: close\r\n"},
       {"Upgrade", "h2c", "HTTP2-Settings"}},
      {"h2c among others",
       "Connection: Upgrade\r\nUpgrade: websocket, h2c\r\n",
       {"Connection: close\r\n"},
       {"h2c"}},
      {"Upgrade that Connection does not name",
       "Upgrade: websocket\r\n",
       {"Connection: close\r\n"},
       {"Upgrade"}},
      {"forged forwarding",
       "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\nX-Forwarded-Port: "
       "1\r\n"
       "X-Forwarded-Prefix: /evil\r\nX-Forwarded-User: root\r\nForwarded: for=6.6.6.6\r\nX-Real-IP: "
       "6.6.6.6\r\n"
       "x_forwarded_for: 6.6.6.6\r\nX_Real-Ip: 6.6.6.6\r\nX-FORWARDED-FOR: 6.6.6.6\r\n",
       {"X-Forwarded-For: 127.0.0.1\r\n", "X-Forwarded-Proto: http\r\n",
        "X-Forwarded-Host: App.Example:8443\r\n", "X-Real-IP: 127.0.0.1\r\n"},
       {"6.6.6.6", "evil", "root", "X-Forwarded-Port", "X-Forwarded-Prefix"}},
      {"the platform's key",
       "X-Helix-Authorization: Bearer hl-1\r\nx-helix-authorization: Bearer hl-2\r\n",
       {},
       {"hl-"}},
      {"the app's Authorization",
       "Authorization: Bearer its-own\r\n",
       {"Authorization: Bearer its-own\r\n"},
       {}},
      {"cookies of both",
       "Cookie: a=1; helix_session=s;helix_app=t; HELIX_x=u; __host-helix_app=v ;b=2\r\n"
       "Cookie: __Host-Helix_session=w\r\nCookie: =helix_app=x; c=3;\t=\t__Host-helix_=y\r\n",
       {"Cookie: a=1; b=2\r\n", "Cookie: c=3\r\n"},
       {"elix_"}},
      {"cookies that only look like ours",
       "Cookie: xhelix_a=1; helix=2; __Secure-helix_a=3; a=helix_b\r\n",
       {"Cookie: xhelix_a=1; helix=2; __Secure-helix_a=3; a=helix_b\r\n"},
       {}},
      {"Expect, for the app to answer",
       "Expect: 100-continue\r\nContent-Length: 0\r\n",
       {"Expect: 100-continue\r\n"},
       {}},
      {"ranges and conditions",
       "Range: bytes=0-1\r\nIf-Range: \"x\"\r\n",
       {"Range: bytes=0-1\r\nIf-Range: \"x\"\r\n"},
       {}},
  };
  GatewayWorld world;
  expect_crossing(world, rows);
}

TEST(RfcFields, KeepOurKeyFromTheAppWhereAuthorizationHeldIt) {
  GatewayWorld world;
  world.request.way = Way::path;
  world.request.key_in_authorization = true;
  expect_crossing(
      world,
      {{"our key", "Authorization: Bearer hl-1\r\nX-A: 1\r\n", {"X-A: 1\r\n"}, {"hl-", "Authorization"}}});
}

TEST(RfcFields, ExtendWhatATrustedProxySays) {
  GatewayWorld world;
  world.request.peer_is_proxy = true;
  world.request.client = "203.0.113.7";
  world.request.scheme = "https";
  const std::vector<Crossing> rows{
      {"a list",
       "X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-For: 10.0.0.1\r\nX-Forwarded-Host: app.public\r\n"
       "X-Forwarded-Proto: https\r\nX-Forwarded-Port: 443\r\nForwarded: for=203.0.113.7\r\nX-Real-IP: "
       "1.1.1.1\r\n"
       "X_Forwarded_For: 6.6.6.6\r\n",
       {"X-Forwarded-For: 203.0.113.7, 10.0.0.1, 127.0.0.1\r\n", "X-Forwarded-Host: app.public\r\n",
        "X-Forwarded-Proto: https\r\n", "X-Forwarded-Port: 443\r\n",
        "Forwarded: for=203.0.113.7, for=127.0.0.1\r\n", "X-Real-IP: 203.0.113.7\r\n"},
       {"1.1.1.1", "6.6.6.6"}},
      {"nothing",
       "",
       {"X-Forwarded-For: 127.0.0.1\r\n", "X-Forwarded-Host: App.Example:8443\r\n"},
       {"Forwarded: "}},
  };
  expect_crossing(world, rows);
}

TEST(RfcFields, NameTheHostThatTheExposureSays) {
  for (const auto& [mode, host] :
       std::vector<std::pair<std::string, std::string>>{{"original", "App.Example:8443"},
                                                        {"localhost", "localhost:3000"},
                                                        {"dev.internal", "dev.internal"}}) {
    GatewayWorld world;
    world.request.host_header = mode;
    expect_crossing(
        world,
        {{mode.c_str(), "", {"\r\nHost: " + host + "\r\n", "X-Forwarded-Host: App.Example:8443\r\n"}, {}}});
  }
}

TEST(RfcFields, AskTheAppInHttp11WhateverTheClientSpeaks) {
  GatewayWorld world;
  world.run([](GatewayWorld& at) -> io::Task<void> {
    const auto answer = co_await at.ask("GET / HTTP/1.0\r\n\r\n");
    EXPECT_TRUE(at.got.front().starts_with("GET / HTTP/1.1\r\nHost: localhost:3000\r\n")) << at.got.front();
    EXPECT_TRUE(answer.ends_with("\r\n\r\nok" + std::string(kEnd))) << answer;
  });
}

struct Limit {
  const char* name;
  std::string request;
  int status;
};

/// A request whose head is `size` bytes long.
std::string request_of(std::size_t size) {
  const std::string front = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nX-A: ";
  return front + std::string(size - front.size() - 4, 'a') + "\r\n\r\n";
}

std::string request_with_fields(int count) {
  std::string text = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n";
  for (int i = 2; i < count; ++i) text += "X-" + std::to_string(i) + ": 1\r\n";
  return text + "\r\n";
}

TEST(RfcFields, HaveLimits) {
  const std::string tail = " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
  const std::size_t kib = 1024;
  const std::vector<Limit> rows{
      {"the longest target", "GET /" + std::string(16 * kib - 1, 'a') + tail, 200},
      {"one byte more", "GET /" + std::string(16 * kib, 'a') + tail, 414},
      {"much more", "GET /" + std::string(60 * kib, 'a') + tail, 414},
      {"the largest head", request_of(64 * kib), 200},
      {"one byte more", request_of(64 * kib + 1), 431},
      {"the most fields", request_with_fields(100), 200},
      {"one field more", request_with_fields(101), 431},
  };
  GatewayWorld world;
  const auto body = [&](GatewayWorld& at) -> io::Task<void> {
    for (const auto& row : rows) {
      SCOPED_TRACE(row.name);
      at.forget();
      const auto answer = co_await at.ask(row.request);
      EXPECT_EQ(status_of(answer), row.status) << answer.substr(0, 200);
      EXPECT_EQ(at.got.size(), row.status == 200 ? 1U : 0U);
      EXPECT_TRUE(answer.ends_with(kEnd)) << answer.substr(0, 200);
    }
  };
  world.run(body);
}

}  // namespace
}  // namespace server
