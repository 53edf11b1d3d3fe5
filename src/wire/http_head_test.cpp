#include "wire/http_head.hpp"

#include <gtest/gtest.h>

namespace wire {
namespace {

int status_of(std::string_view input, HeadLimits limits = {}) {
  const auto decoded = decode_request_head(input, limits);
  if (!decoded) return decoded.error().status();
  return *decoded ? 200 : 0;
}

TEST(RequestHead, KeepsRawTargetAndOrderOfFields) {
  const std::string text = "GET /a%2Fb/../c//d?x=%20 HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nx-a:  2 \r\n\r\nrest";
  const auto decoded = decode_request_head(text);
  ASSERT_TRUE(decoded && *decoded);
  const auto& head = (*decoded)->head;
  EXPECT_EQ(head.method, "GET");
  EXPECT_EQ(head.target, "/a%2Fb/../c//d?x=%20");
  EXPECT_EQ(head.path(), "/a%2Fb/../c//d");
  EXPECT_EQ(head.query(), "x=%20");
  EXPECT_EQ(head.fields.count("x-A"), 2U);
  EXPECT_EQ(head.fields.all()[2].value, "2");
  EXPECT_EQ((*decoded)->consumed, text.size() - 4);
}

TEST(RequestHead, WaitsForEveryMissingByte) {
  const std::string text = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n";
  for (std::size_t n = 0; n < text.size(); ++n)
    EXPECT_EQ(status_of(std::string_view(text).substr(0, n)), 0) << n;
  EXPECT_EQ(status_of(text), 200);
}

TEST(RequestHead, RefusesWhatSmugglersSend) {
  for (const std::string text :
       {"GET / HTTP/1.1\nHost: h\n\n\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\n folded\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : h\r\n\r\n", "GET / HTTP/1.1\r\n: h\r\n\r\n",
        "GET / HTTP/1.1\r\nHost\r\n\r\n", "GET / HTTP/1.1\r\nA: b\rc\r\n\r\n",
        "GET / HTTP/1.1\r\nA: b\nC: d\r\n\r\n", "GET  / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1 \r\n\r\n",
        "G(T / HTTP/1.1\r\n\r\n", "GET /\t HTTP/1.1\r\n\r\n", "GET /\r\n\r\n", "GET / http/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nA: \x01\r\n\r\n", "GET / HTTP/11\r\n\r\n"})
    EXPECT_EQ(status_of(text), 400) << text;
  EXPECT_EQ(status_of(std::string("GET / HTTP/1.1\r\nA: b\0c\r\n\r\n", 27)), 400);
  EXPECT_EQ(status_of("GET / HTTP/2.0\r\n\r\n"), 505);
}

TEST(RequestHead, SaysWhichLimitWasPassed) {
  const HeadLimits limits{.head_bytes = 200, .target_bytes = 20, .fields = 2};
  EXPECT_EQ(status_of("GET /" + std::string(19, 'a') + " HTTP/1.1\r\n\r\n", limits), 200);
  EXPECT_EQ(status_of("GET /" + std::string(20, 'a') + " HTTP/1.1\r\n\r\n", limits), 414);
  EXPECT_EQ(status_of("GET /" + std::string(120, 'a'), limits), 414);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nA: 1\r\nB: 2\r\n\r\n", limits), 200);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n", limits), 431);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nA: " + std::string(200, 'a') + "\r\n\r\n", limits), 431);
}

TEST(ResponseHead, TakesAnEmptyReasonAndRefusesRubbish) {
  const auto decoded = decode_response_head("HTTP/1.1 200\r\nA: b\r\n\r\n");
  ASSERT_TRUE(decoded && *decoded);
  EXPECT_EQ((*decoded)->head.status, 200);
  for (const std::string text : {"HTTP/1.1 20\r\n\r\n", "HTTP/1.1 2000\r\n\r\n", "HTTP/1.1200 OK\r\n\r\n",
                                 "FOO\r\n\r\n", "HTTP/1.1 099 X\r\n\r\n", "HTTP/3.1 200 OK\r\n\r\n"}) {
    const auto bad = decode_response_head(text);
    ASSERT_FALSE(bad) << text;
    EXPECT_EQ(bad.error().status(), 502);
  }
}

TEST(Authority, IsAHostWithAPortOrWithoutOne) {
  for (const std::string text : {"h", "a.example", "a.example:80", "a.example.:80", "a_b",
                                 "h:", "127.0.0.1:65535", "[::1]", "[::1]:80", "x%20y", "ses-0~1"})
    EXPECT_TRUE(is_authority(text)) << text;
  for (const std::string text :
       {"",       ":80",       "a b",     "a:b",      "a:1:2", "::1",    "[::1",  "[]",  "[::1]80",
        "[::1]x", "[zz::]",    "a:65536", "a:123456", "a/b",   "user@a", "a?b",   "a#b", "a\\b",
        "a,b",    "a\xc3\xa9", "a%2",     "a%zz",     "a\"b",  "<a>",    "a:+80", "a:-1"})
    EXPECT_FALSE(is_authority(text)) << text;
}

TEST(Fields, FindsTokensInLists) {
  Fields fields;
  fields.add("Connection", "keep-alive, Upgrade");
  fields.add("connection", "x");
  EXPECT_TRUE(fields.has_token("CONNECTION", "upgrade"));
  EXPECT_TRUE(fields.has_token("Connection", "X"));
  EXPECT_FALSE(fields.has_token("Connection", "keep"));
}

TEST(Encode, DropsFieldsThatWouldBreakTheHead) {
  RequestHead head;
  head.method = "GET";
  head.target = "/";
  head.fields.add("A", "1\r\nB: 2");
  head.fields.add("C", "3");
  std::string out;
  encode(head, out);
  EXPECT_EQ(out, "GET / HTTP/1.1\r\nC: 3\r\n\r\n");
}

TEST(Percent, DecodesOnceAndRefusesBrokenEscapes) {
  EXPECT_EQ(percent_decode("a%2fb%252F"), "a/b%2F");
  EXPECT_FALSE(percent_decode("%2"));
  EXPECT_FALSE(percent_decode("%zz"));
  EXPECT_EQ(percent_encode("a/b c"), "a%2Fb%20c");
  EXPECT_EQ(query_value("a=1&b=x+y&c", "b"), "x y");
  EXPECT_EQ(query_value("a=1&c", "c"), "");
  EXPECT_FALSE(query_value("a=1", "b"));
}

}  // namespace
}  // namespace wire
