// A browser's way into an app: login at the platform and back, share links, what ends them, and what none of
// it may be used for.
#include "support/app_world.hpp"

namespace server {
namespace {

using namespace std::chrono_literals;

class AppLogins : public support::AppWorld {
 public:
  /// The Location of a redirect, nothing else.
  static std::string location(const io::http::Response& answer) {
    EXPECT_EQ(answer.status, 302) << answer.body;
    EXPECT_EQ(answer.fields.find("Cache-Control"), "no-store");
    EXPECT_EQ(answer.fields.find("Referrer-Policy"), "no-referrer");
    return std::string(answer.fields.find("Location").value_or(""));
  }
  /// GET authorize with a raw `to`; its state is well formed.
  io::Task<io::http::Response> authorize(support::Browser& browser, std::string to) {
    const std::string state(32, 'a');
    co_return co_await browser.open(
        api_origin() + "/api/v1/gateway/authorize?to=" + wire::percent_encode(to) + "&state=" + state);
  }
  /// Lets a logged in browser into the app; its app cookie's line.
  io::Task<std::string> enter(support::Browser& browser, std::string url) {
    const auto answer = co_await browser.follow(url);
    EXPECT_EQ(answer.status, 200) << answer.body;
    const auto where = parse_app_url(url);
    for (const auto& [name, cookie] : browser.jar[where->host]) {
      if (name.starts_with("helix_app") && name.find("state") == std::string::npos) co_return cookie.line;
    }
    ADD_FAILURE() << "no app cookie";
    co_return "";
  }
};

TEST_F(AppLogins, TakesABrowserToTheLoginAndBackToWhatItAskedFor) {
  const auto body = [](AppLogins& t) -> io::Task<void> {
    support::Browser browser;
    const auto url = t.host_url() + "/a%2Fb//c?x=1&y=%20z";
    const auto first = location(co_await browser.open(url));
    EXPECT_TRUE(first.starts_with(t.api_origin() + "/api/v1/gateway/authorize?to=")) << first;
    EXPECT_EQ(browser.jar[t.host()]["helix_app_state"].path, "/.helix/");

    const auto second = location(co_await browser.open(first));
    EXPECT_TRUE(second.starts_with("/login?next=%2Fapi%2Fv1%2Fgateway%2Fauthorize")) << second;
    co_await t.log_in(browser, t.ada);
    const auto next = wire::percent_decode(second.substr(second.find('=') + 1));
    const auto third = location(co_await browser.open(t.api_origin() + next.value()));
    EXPECT_TRUE(third.starts_with(t.host_url() + "/.helix/callback?code=hc-")) << third;
    const auto fourth = location(co_await browser.open(third));
    EXPECT_EQ(fourth, "/a%2Fb//c?x=1&y=%20z");
    const auto last = co_await browser.open(t.host_url() + fourth);
    EXPECT_EQ(last.body, "hello from the app");

    EXPECT_EQ(t.app->asked.back().target, "/a%2Fb//c?x=1&y=%20z");
    EXPECT_FALSE(t.app->asked.back().fields.find("Cookie")) << "the platform's cookies stay here";
    const auto& cookie = browser.jar[t.host()]["helix_app"];
    for (const auto* part : {"; Path=/;", "; HttpOnly", "; SameSite=Lax"})
      EXPECT_NE(cookie.line.find(part), std::string::npos) << cookie.line;
    EXPECT_EQ(cookie.line.find("Domain"), std::string::npos);
    EXPECT_EQ(browser.jar[t.host()].count("helix_app_state"), 0U) << "used up";
    for (const auto& asked : t.app->asked) EXPECT_EQ(asked.target.find(".helix"), std::string::npos);
  };
  run_apps(body(*this));
}

TEST_F(AppLogins, WorksAtAnAllocatedPortWithACookieOfItsOwn) {
  const auto body = [](AppLogins& t) -> io::Task<void> {
    const auto made = co_await t.expose();
    const auto allocated = made.at("allocated_port").to_number<int>();
    t.sandbox->apps[3001] = t.app->port();
    const auto second = co_await t.ask(201, "POST", t.api() + "/expose", t.ada, R"({"port":3001})");
    const auto other = second.at("allocated_port").to_number<int>();
    support::Browser browser;
    co_await t.log_in(browser, t.ada);

    co_await t.enter(browser, support::AppWorld::port_url(allocated) + "/");

    auto& jar = browser.jar["localhost"];
    EXPECT_TRUE(jar.contains("helix_app_" + std::to_string(allocated)));
    EXPECT_FALSE(jar.contains("helix_app_" + std::to_string(other)));
    EXPECT_FALSE(t.app->asked.back().fields.find("Cookie"))
        << "browsers send a host's cookies to all its ports";
    const auto elsewhere = co_await browser.call("GET", support::AppWorld::port_url(other) + "/");
    EXPECT_EQ(elsewhere.status, 401) << "one port's cookie is no other's";
    // Nor is it one under the other's name.
    jar["helix_app_" + std::to_string(other)] = jar["helix_app_" + std::to_string(allocated)];
    const auto renamed = co_await browser.call("GET", support::AppWorld::port_url(other) + "/");
    EXPECT_EQ(renamed.status, 401);
    const auto api =
        co_await browser.call("GET", support::AppWorld::port_url(allocated) + "/api/v1/users/me");
    EXPECT_EQ(api.body, "hello from the app") << "an allocated port is never the API";
  };
  run_apps(body(*this));
}

TEST_F(AppLogins, TellsNobodyOfSessionsThatHeMayNotSee) {
  const auto body = [](AppLogins& t) -> io::Task<void> {
    support::Browser browser;
    co_await t.log_in(browser, t.bob);
    const std::string nowhere =
        "http://ses-01kftccz3g3n9hfdv42ma1dwjn-3000.localhost:" + std::to_string(t.listener_->port()) + "/";
    const auto hidden = co_await browser.follow(t.host_url() + "/");
    const auto missing = co_await browser.follow(nowhere);
    EXPECT_EQ(hidden.status, 404);
    EXPECT_EQ(missing.status, 404);
    EXPECT_EQ(hidden.body, missing.body);
    EXPECT_NE(hidden.body.find("<!doctype html>"), std::string::npos);
    EXPECT_TRUE(t.app->asked.empty());
  };
  run_apps(body(*this));
}

TEST_F(AppLogins, GoesNowhereElse) {
  const auto body = [](AppLogins& t) -> io::Task<void> {
    const auto made = co_await t.expose();
    const auto http_port = std::to_string(made.at("allocated_port").to_number<int>());
    const auto tcp =
        co_await t.ask(201, "POST", t.api() + "/expose", t.ada, R"({"port":5432,"protocol":"tcp"})");
    const auto tcp_port = std::to_string(tcp.at("allocated_port").to_number<int>());
    support::Browser browser;
    co_await t.log_in(browser, t.ada);
    for (const std::string& to :
         {std::string("http://evil.test/"), std::string("//evil.test/"), std::string("/\\evil.test"),
          std::string("javascript:alert(1)"), std::string("http://localhost/"), t.api_origin() + "/",
          "http://" + t.host() + "@evil.test/", "http://evil.test\\@" + t.host() + "/",
          "http://" + t.host() + ".evil.test/", "http://" + t.host() + "\r\nSet-Cookie: a=b/",
          "http://" + t.host() + "/#x", "http://evil.test:" + http_port + "/",
          "http://localhost:" + tcp_port + "/", std::string("http://localhost:22/"), std::string("")}) {
      const auto answer = co_await t.authorize(browser, to);
      EXPECT_EQ(answer.status, 400) << to;
      EXPECT_FALSE(answer.fields.find("Location")) << to;
    }
    // Another port of our own host may be somebody's app: the code goes to ours alone.
    const auto moved = location(co_await t.authorize(browser, "https://" + t.host() + ":" + tcp_port + "/x"));
    EXPECT_TRUE(moved.starts_with(t.host_url() + "/.helix/callback?")) << moved;
    const auto bad_state =
        co_await browser.open(t.api_origin() + "/api/v1/gateway/authorize?state=" + std::string(32, 'A') +
                              "&to=" + wire::percent_encode(t.host_url() + "/"));
    EXPECT_EQ(bad_state.status, 400);
  };
  run_apps(body(*this));
}

TEST_F(AppLogins, TakesACodeOnceForItsHostAndBrowserAlone) {
  const auto body = [](AppLogins& t) -> io::Task<void> {
    support::Browser browser;
    co_await t.log_in(browser, t.ada);
    const auto callback_of = [](AppLogins& world, support::Browser& by) -> io::Task<std::string> {
      const auto to_api = location(co_await by.open(world.host_url() + "/"));
      co_return location(co_await by.open(to_api));
    };
    // Another browser, that has not begun, or has begun another login.
    const auto stolen = co_await callback_of(t, browser);
    support::Browser thief;
    EXPECT_EQ((co_await thief.open(stolen)).status, 400);
    EXPECT_EQ((co_await browser.open(stolen)).status, 400) << "used up by the thief's try";
    // Another host name of the same session.
    auto moved = co_await callback_of(t, browser);
    moved.replace(moved.find("-3000."), 6, "-3001.");
    const auto other = "ses-" + t.session.substr(4) + "-3001.localhost";
    browser.jar[other] = browser.jar[t.host()];
    EXPECT_EQ((co_await browser.open(moved)).status, 400);
    // Too late.
    const auto late = co_await callback_of(t, browser);
    t.clock_.advance(60s);
    const auto refused = co_await browser.open(late);
    EXPECT_EQ(refused.status, 400);
    EXPECT_NE(refused.body.find("href=\"/\""), std::string::npos) << refused.body;
    // And the right way; then once more, as going back in the history does.
    const auto good = co_await callback_of(t, browser);
    EXPECT_EQ(location(co_await browser.open(good)), "/");
    EXPECT_EQ(location(co_await browser.open(good)), "/") << "in already";
    EXPECT_EQ((co_await thief.open(good)).status, 400);
    // What stands in `to` stays on the host.
    browser.jar[t.host()].erase("helix_app");
    auto evil = co_await callback_of(t, browser);
    evil.replace(evil.find("&to=") + 4, std::string::npos, "%2F%2Fevil.test%2F%0D%0Ax");
    EXPECT_EQ(location(co_await browser.open(evil)), "/.//evil.test/%0D%0Ax");
  };
  run_apps(body(*this));
}

TEST_F(AppLogins, EndsWithTheLoginThatItCameFrom) {
  const auto body = [](AppLogins& t) -> io::Task<void> {
    support::Browser browser;
    co_await t.log_in(browser, t.ada);
    co_await t.enter(browser, t.host_url() + "/");
    EXPECT_EQ((co_await browser.call("GET", t.host_url() + "/")).status, 200);

    wire::Fields own;
    own.add("Origin", t.api_origin());
    const auto out = co_await browser.call("DELETE", t.api_origin() + "/api/v1/auth/session", std::move(own));
    EXPECT_EQ(out.status, 204);

    EXPECT_EQ((co_await browser.call("GET", t.host_url() + "/")).status, 401);
    support::Browser second;
    co_await t.log_in(second, t.ada);
    co_await t.enter(second, t.host_url() + "/");
    t.clock_.advance(kAppLoginTime);
    EXPECT_EQ((co_await second.call("GET", t.host_url() + "/")).status, 401) << "12 hours later";
  };
  run_apps(body(*this));
}

TEST_F(AppLogins, ExchangesAShareLinkForACookieOfThatPort) {
  const auto body = [](AppLogins& t) -> io::Task<void> {
    co_await t.expose();
    const auto links = t.api() + "/expose/3000/share-links";
    const auto made = co_await t.ask(201, "POST", links, t.ada, "{}");
    const auto secret = std::string(made.at("urls").as_array().at(0).as_string());
    const auto path = secret.substr(secret.find("/.helix/"));
    support::Browser guest;
    const auto link = t.host_url() + path;
    EXPECT_EQ(location(co_await guest.open(link)), "/");
    EXPECT_EQ((co_await guest.call("GET", t.host_url() + "/")).status, 200);
    const auto other_port =
        "http://ses-" + t.session.substr(4) + "-3001.localhost:" + std::to_string(t.listener_->port());
    EXPECT_EQ((co_await guest.open(other_port + path)).status, 404) << "a link is for its port";
    EXPECT_EQ((co_await guest.call("POST", link)).status, 405);
    for (const auto& asked : t.app->asked) EXPECT_EQ(asked.target.find("share"), std::string::npos);

    const auto id = std::string(made.at("id").as_string());
    co_await t.ask(200, "POST", links + "/" + id + "/rotate", t.ada, "{}");
    EXPECT_EQ((co_await guest.call("GET", t.host_url() + "/")).status, 401) << "rotated";
    EXPECT_EQ((co_await guest.open(link)).status, 404) << "the old secret";
  };
  run_apps(body(*this));
}

TEST_F(AppLogins, BoundsGuessing) {
  const auto body = [](AppLogins& t) -> io::Task<void> {
    co_await t.expose();
    support::Browser guest;
    const auto guess = t.host_url() + "/.helix/share/hs1-wrong";
    int not_found = 0;
    auto answer = co_await guest.open(guess);
    for (; answer.status == 404 && not_found < 100; answer = co_await guest.open(guess)) ++not_found;
    EXPECT_EQ(not_found, static_cast<int>(AttemptLimits{}.burst));
    EXPECT_EQ(answer.status, 429);
    EXPECT_EQ(answer.fields.find("Retry-After"), "2");
    wire::Fields json;
    json.add("Content-Type", "application/json");
    const auto login = co_await t.call("POST", "/api/v1/auth/session", "", R"({"api_key":"x"})", json);
    EXPECT_EQ(login.status, 429) << "one bound for all that can be guessed";
    EXPECT_TRUE(login.fields.find("Retry-After"));

    t.clock_.advance(2s);
    EXPECT_EQ((co_await t.call("POST", "/api/v1/auth/session", "", R"({"api_key":"x"})", json)).status, 401);
    EXPECT_EQ((co_await t.call("POST", "/api/v1/auth/session", "", R"({"api_key":"x"})", json)).status, 429);
  };
  run_apps(body(*this));
}

}  // namespace
}  // namespace server
