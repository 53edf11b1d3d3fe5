#include "server/gateway/cookie_watch.hpp"

#include <gtest/gtest.h>

namespace server {
namespace {

/// How many bytes pass when they come `step` at a time.
std::size_t passed(std::string_view text, std::size_t step) {
  CookieWatch watch;
  std::size_t at = 0;
  while (at < text.size() && watch.passes(text.substr(at, step))) at += step;
  return std::min(at, text.size());
}

TEST(CookieWatch, LetsNoByteOfALoginPass) {
  for (const std::string name : {"helix_session=hb-", "__Host-helix_session=hb-", "helix_app_30001=ha-"}) {
    const std::string before = "GET /x HTTP/1.1\r\nHost: h:30002\r\nCookie: theirs=1; " + name;
    const std::string text = before + "0123456789abcdef\r\n\r\n";
    for (std::size_t step = 1; step <= text.size(); ++step)
      EXPECT_LE(passed(text, step), before.size()) << name << " in pieces of " << step;
  }
}

TEST(CookieWatch, SeesItInALaterRequestOfTheConnection) {
  CookieWatch watch;
  EXPECT_TRUE(watch.passes("x-method / HTTP/1.1\r\nHost: h\r\n\r\n"));
  EXPECT_FALSE(watch.passes("GET / HTTP/1.1\r\nCookie: helix_session=hb-0\r\n\r\n"));
}

TEST(CookieWatch, LeavesEverythingElseAlone) {
  for (const std::string text : {
           "GET / HTTP/1.1\r\nCookie: helix_theme=dark; other=hb-1; helix_app_state=0af\r\n\r\n",
           "GET /?q=helix_session HTTP/1.1\r\nHost: h\r\n\r\n",
           "\x16\x03\x01 helix_session=hb-0 as it happens in another protocol",
           "\n GET / helix_session=hb-0",
           "SSH-2.0-OpenSSH_9.2\r\n",
       }) {
    for (std::size_t step = 1; step <= text.size(); ++step)
      EXPECT_EQ(passed(text, step), text.size()) << text;
  }
}

}  // namespace
}  // namespace server
