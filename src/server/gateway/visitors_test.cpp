// Whether a page that hides its origin is still known as the app's own.
#include "support/app_world.hpp"

namespace server {
namespace {

class OwnPages : public support::AppWorld {
 public:
  /// POSTs a form as a browser does for a page with `Referrer-Policy: no-referrer`; the answer's status.
  io::Task<int> post_form(support::Browser& browser, std::string site) {
    wire::Fields fields;
    fields.add("Origin", "null");
    fields.add("Sec-Fetch-Mode", "navigate");
    if (!site.empty()) fields.add("Sec-Fetch-Site", std::move(site));
    const auto answer = co_await browser.call("POST", host_url() + "/form", std::move(fields), "a=1");
    co_return answer.status;
  }
};

TEST_F(OwnPages, AreKnownWithoutAReferrerToo) {
  const auto body = [](OwnPages& t) -> io::Task<void> {
    co_await t.expose();
    support::Browser browser;
    co_await t.log_in(browser, t.ada);
    const auto page = co_await browser.follow(t.host_url() + "/");
    EXPECT_EQ(page.status, 200) << page.body;

    EXPECT_EQ(co_await t.post_form(browser, "same-origin"), 200);
    EXPECT_EQ(co_await t.post_form(browser, "same-site"), 401) << "another app's sandboxed frame";
    EXPECT_EQ(co_await t.post_form(browser, "cross-site"), 401);
    EXPECT_EQ(co_await t.post_form(browser, ""), 401) << "nobody says whose page it is";
  };
  run_apps(body(*this));
}

}  // namespace
}  // namespace server
