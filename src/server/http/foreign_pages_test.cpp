// What a page of another origin gets by the path proxy with the login of whoever looks at it.
#include "support/app_world.hpp"

namespace server {
namespace {

class ForeignPages : public support::AppWorld {
 public:
  /// GETs the app by path as a page's script does; the answer's status.
  io::Task<int> fetch(support::Browser& browser, std::string origin) {
    wire::Fields fields;
    if (!origin.empty()) fields.add("Origin", std::move(origin));
    const auto answer =
        co_await browser.call("GET", api_origin() + api() + "/proxy/3000/data", std::move(fields));
    co_return answer.status;
  }
};

TEST_F(ForeignPages, ReadNothingByPathWhereBrowsersTellNoSite) {
  const auto body = [](ForeignPages& t) -> io::Task<void> {
    support::Browser browser;
    co_await t.log_in(browser, t.ada);

    EXPECT_EQ(co_await t.fetch(browser, "http://localhost:30001"), 401);
    EXPECT_EQ(co_await t.fetch(browser, "null"), 401);
    EXPECT_TRUE(t.app->asked.empty());
    EXPECT_EQ(co_await t.fetch(browser, ""), 200);
    EXPECT_EQ(co_await t.fetch(browser, t.api_origin()), 200);
  };
  run_apps(body(*this));
}

}  // namespace
}  // namespace server
