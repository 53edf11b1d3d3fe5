// Who gets in by host name, port and path, whose requests count as whose, and streams that end with what let
// them in.
#include <map>

#include "support/app_world.hpp"

namespace server {
namespace {

using namespace std::chrono_literals;

class GatewayFlow : public support::AppWorld {
 public:
  /// Exposes port 3000 anew.
  io::Task<void> expose_again(std::string visibility, std::string cidrs = "") {
    co_await call("DELETE", api() + "/expose/3000", ada);
    std::string members = R"(,"visibility":")" + visibility + R"(")";
    if (!cidrs.empty()) members += R"(,"allow_cidrs":[")" + cidrs + R"("])";
    const auto made = co_await expose(std::move(members));
    allocated_ = made.at("allocated_port").to_number<int>();
  }
  io::Task<void> invite(std::string name) {
    co_await ask(201, "POST", api() + "/invitations", ada, R"({"user":")" + name + R"("})");
  }
  std::string session_key(const std::string& id) {
    return sandbox->containers.at(id).env.at("USER_API_TOKEN");
  }
  /// Status by host, port and path, which must be one.
  io::Task<int> status_of(std::string key) {
    const auto by_host = co_await at_host(key);
    wire::Fields fields;
    if (!key.empty()) fields.add("X-Helix-Authorization", "Bearer " + key);
    support::Browser program;
    const auto by_port = co_await program.call("GET", port_url(allocated_) + "/", fields);
    const auto by_path = co_await call("GET", api() + "/proxy/3000/", key);
    EXPECT_EQ(by_port.status, by_host.status) << by_port.body;
    EXPECT_EQ(by_path.status, by_host.status) << by_path.body;
    if (by_host.status == 401) {
      EXPECT_EQ(by_host.fields.find("WWW-Authenticate"), "Bearer");
    }
    co_return by_host.status;
  }
  /// An answer of the app that has no end, its first piece read.
  io::Task<std::unique_ptr<io::http::ResponseStream>> stream(wire::Fields fields) {
    io::TcpConnector connector("127.0.0.1", listener_->port(), false);
    io::http::Request request;
    request.target = "/stream";
    request.fields = std::move(fields);
    auto answer = co_await io::http::open(connector, host() + ":" + std::to_string(listener_->port()),
                                          std::move(request));
    EXPECT_TRUE(answer) << answer.error().message();
    if (!answer) co_return nullptr;
    EXPECT_EQ((*answer)->head().status, 200);
    const auto first = co_await (*answer)->read_some();
    EXPECT_EQ(first.value_or(""), "first");
    co_return std::move(*answer);
  }
  static wire::Fields with_key(const std::string& key) {
    wire::Fields fields;
    fields.add("X-Helix-Authorization", "Bearer " + key);
    return fields;
  }
  wire::Fields with_cookie(support::Browser& browser) {
    wire::Fields fields;
    fields.add("Cookie", browser.cookies_for(host(), "/"));
    return fields;
  }
  /// The stream is cut at the client, never ended properly, and the app learns of it.
  io::Task<void> expect_cut(io::http::ResponseStream& stream) {
    const auto rest = co_await stream.read_some();
    EXPECT_FALSE(rest) << "must be cut, but: " << rest.value_or("");
    while (app->open_streams > 0) co_await io::sleep_for(1ms);
  }

  int allocated_ = 0;
};

TEST_F(GatewayFlow, LetsInAsTheTableSays) {
  const auto body = [](GatewayFlow& t) -> io::Task<void> {
    const auto eve = co_await t.add_user("eve");
    const auto other = co_await t.running_session(t.ada);
    co_await t.invite("bob");
    const std::map<std::string, std::string> keys{{"owner", t.ada},
                                                  {"admin", t.root},
                                                  {"invited", t.bob},
                                                  {"user", eve},
                                                  {"own session", t.session_key(t.session)},
                                                  {"other session", t.session_key(other)},
                                                  {"sandbox", t.tokens_.at("local")},
                                                  {"shared token", support::kRunnerToken},
                                                  {"wrong", "hl-0000"},
                                                  {"nobody", ""}};
    const std::map<std::string, std::map<std::string, int>> table{
        {"private", {{"user", 404}, {"admin", 404}, {"other session", 404}}},
        {"authenticated", {}},
        {"public", {}}};
    for (const auto& [visibility, hidden] : table) {
      co_await t.expose_again(visibility);
      for (const auto& [who, key] : keys) {
        const bool unknown = who == "sandbox" || who == "shared token" || who == "wrong" || who == "nobody";
        int expected = unknown && visibility != "public" ? 401 : 200;
        if (hidden.contains(who)) expected = hidden.at(who);
        EXPECT_EQ(co_await t.status_of(key), expected) << visibility << " for " << who;
      }
    }
    co_await t.expose_again("public", "192.0.2.0/24");
    for (const auto& [who, key] : keys) EXPECT_EQ(co_await t.status_of(key), 403) << who;
    co_await t.expose_again("private", "127.0.0.0/8");
    EXPECT_EQ(co_await t.status_of(t.ada), 200);
    EXPECT_EQ(co_await t.status_of(eve), 404);
    for (const auto& asked : t.app->asked) {
      EXPECT_FALSE(asked.fields.find("X-Helix-Authorization"));
      EXPECT_EQ(asked.fields.find("Authorization").value_or("Bearer hl-0000"), "Bearer hl-0000")
          << "what is no key of ours is the app's";
    }
  };
  run_apps(body(*this));
}

TEST_F(GatewayFlow, KnowsEveryFormOfAHostAndKeepsTheApiApart) {
  const auto body = [](GatewayFlow& t) -> io::Task<void> {
    co_await t.expose(R"(,"name":"web")");
    const auto ulid = t.session.substr(4);
    const auto port = ":" + std::to_string(t.listener_->port());
    support::Browser program;
    const auto ask = [](GatewayFlow& world, support::Browser& by, std::string host) -> io::Task<int> {
      const auto answer = co_await by.call("GET", "http://" + host + "/api/v1/users/me", with_key(world.ada));
      co_return answer.body == "hello from the app" ? 1 : answer.status;
    };
    for (const std::string& host :
         {"ses-" + ulid + "-3000.localhost" + port, "ses_" + ulid + "-3000.localhost" + port,
          "SES-" + ulid + "-3000.LOCALHOST" + port, "p3000-ses-" + ulid + ".localhost" + port,
          "web-ses-" + ulid + ".localhost" + port})
      EXPECT_EQ(co_await ask(t, program, host), 1) << host;
    for (const std::string& host :
         {"nope-ses-" + ulid + ".localhost" + port, "ses-" + ulid + ".localhost" + port,
          "x.ses-" + ulid + "-3000.localhost" + port})
      EXPECT_EQ(co_await ask(t, program, host), 404) << host;
    EXPECT_EQ(co_await ask(t, program, "127.0.0.1" + port), 200) << "the API";
    // What the app is asked for is its own business, "/.helix" is ours.
    const auto own = co_await program.call("GET", t.host_url() + "/.helix/whatever", with_key(t.ada));
    EXPECT_EQ(own.status, 404);
    const auto escaped = co_await program.call("GET", t.host_url() + "/%2ehelix/", with_key(t.ada));
    EXPECT_EQ(escaped.body, "hello from the app");
  };
  run_apps(body(*this));
}

TEST_F(GatewayFlow, CountsForeignPagesRequestsAsNobodys) {
  const auto body = [](GatewayFlow& t) -> io::Task<void> {
    co_await t.expose_again("private");
    support::Browser browser;
    co_await t.log_in(browser, t.ada);
    EXPECT_EQ((co_await browser.follow(t.host_url() + "/")).status, 200);
    const auto with = [&t, &browser](std::string name, std::string value) -> io::Task<int> {
      wire::Fields fields;
      fields.add(std::move(name), std::move(value));
      return [](GatewayFlow& world, support::Browser& by, wire::Fields own) -> io::Task<int> {
        const auto answer = co_await by.call("GET", world.host_url() + "/", std::move(own));
        co_return answer.status;
      }(t, browser, std::move(fields));
    };
    const auto api_port = std::to_string(t.listener_->port());
    const auto sibling = "http://ses-" + t.session.substr(4) + "-4000.localhost:" + api_port;
    const auto other = "http://ses-01kftccz3g3n9hfdv42ma1dwjn-3000.localhost:" + api_port;
    EXPECT_EQ(co_await with("Origin", t.host_url()), 200);
    EXPECT_EQ(co_await with("Origin", sibling), 200) << "the same session's";
    EXPECT_EQ(co_await with("Origin", other), 401) << "another session's";
    EXPECT_EQ(co_await with("Origin", "null"), 401);
    EXPECT_EQ(co_await with("Origin", t.api_origin()), 401);
    EXPECT_EQ(co_await with("Origin", "http://evil.test"), 401);
    EXPECT_EQ(co_await with("Sec-Fetch-Site", "same-site"), 401);
    EXPECT_EQ(co_await with("Sec-Fetch-Site", "cross-site"), 401);
    EXPECT_EQ(co_await with("Sec-Fetch-Site", "same-origin"), 200);
    EXPECT_EQ(co_await with("Sec-Fetch-Site", "none"), 200);
    wire::Fields navigation;
    navigation.add("Sec-Fetch-Site", "cross-site");
    EXPECT_EQ((co_await browser.open(t.host_url() + "/", navigation)).status, 200);

    // A second valid login in one request: nobody knows which is the browser's.
    support::Browser second;
    co_await t.invite("bob");
    co_await t.log_in(second, t.bob);
    EXPECT_EQ((co_await second.follow(t.host_url() + "/")).status, 200);
    const auto a = browser.cookies_for(t.host(), "/");
    const auto b = second.cookies_for(t.host(), "/");
    support::Browser raw;
    wire::Fields both;
    both.add("Cookie", a + "; " + b);
    EXPECT_EQ((co_await raw.call("GET", t.host_url() + "/", both)).status, 401);
    wire::Fields planted;
    planted.add("Cookie", "helix_app=planted; " + a);
    EXPECT_EQ((co_await raw.call("GET", t.host_url() + "/", planted)).status, 200);
  };
  run_apps(body(*this));
}

TEST_F(GatewayFlow, RedirectsOnlyNavigations) {
  const auto body = [](GatewayFlow& t) -> io::Task<void> {
    co_await t.expose_again("private");
    support::Browser browser;
    EXPECT_EQ((co_await browser.open(t.host_url() + "/")).status, 302);
    for (const std::string& method : {"GET", "POST", "OPTIONS", "PUT"})
      EXPECT_EQ((co_await browser.call(method, t.host_url() + "/")).status, 401) << method;
    wire::Fields upgrade;
    upgrade.add("Connection", "Upgrade");
    upgrade.add("Upgrade", "websocket");
    upgrade.add("Sec-Fetch-Mode", "websocket");
    upgrade.add("Origin", t.host_url());
    EXPECT_EQ((co_await browser.call("GET", t.host_url() + "/", upgrade)).status, 401);

    // By path: to the app's own host, but for who has a key.
    const auto path = t.api_origin() + t.api() + "/proxy/3000/a//b?c=d";
    const auto moved = co_await browser.open(path);
    EXPECT_EQ(moved.status, 302);
    EXPECT_EQ(moved.fields.find("Location"), t.host_url() + "/a//b?c=d");
    co_await t.log_in(browser, t.ada);
    EXPECT_EQ((co_await browser.open(path)).fields.find("Location"), t.host_url() + "/a//b?c=d");
    EXPECT_EQ((co_await browser.call("GET", path)).body, "hello from the app") << "no navigation: by path";
    EXPECT_EQ((co_await browser.open(path, with_key(t.ada))).body, "hello from the app");
    EXPECT_EQ((co_await browser.call("POST", path)).status, 403) << "by cookie without Origin";
    // Where localhost is not this machine, the allocated port.
    wire::Fields page;
    page.add("Accept", "text/html");
    page.add("Cookie", browser.cookies_for("localhost", "/"));
    const auto far = co_await t.call("GET", t.api() + "/proxy/3000/x", "", "", page);
    EXPECT_EQ(far.fields.find("Location"), "http://helix.test:" + std::to_string(t.allocated_) + "/x");
  };
  run_apps(body(*this));
}

TEST_F(GatewayFlow, EndsStreamsWithWhatLetThemIn) {
  const auto body = [](GatewayFlow& t) -> io::Task<void> {
    co_await t.expose_again("private");
    const auto links = t.api() + "/expose/3000/share-links";
    const auto link = co_await t.ask(201, "POST", links, t.ada, "{}");
    const std::string secret(link.at("urls").as_array().at(0).as_string());
    support::Browser guest;
    co_await guest.open(t.host_url() + secret.substr(secret.find("/.helix/")));
    support::Browser owner;
    co_await t.log_in(owner, t.ada);
    co_await owner.follow(t.host_url() + "/");
    co_await t.invite("bob");
    const auto made = co_await t.ask(201, "POST", "/api/v1/api-keys", t.ada, R"({"name":"laptop"})");
    const std::string laptop(made.at("key").as_string());

    auto by_link = co_await t.stream(t.with_cookie(guest));
    co_await t.ask(204, "DELETE", links + "/" + std::string(link.at("id").as_string()), t.ada);
    co_await t.expect_cut(*by_link);

    auto by_invitation = co_await t.stream(with_key(t.bob));
    co_await t.ask(204, "DELETE", t.api() + "/invitations/bob", t.ada);
    co_await t.expect_cut(*by_invitation);

    auto by_login = co_await t.stream(t.with_cookie(owner));
    wire::Fields own;
    own.add("Origin", t.api_origin());
    co_await owner.call("DELETE", t.api_origin() + "/api/v1/auth/session", own);
    co_await t.expect_cut(*by_login);

    auto by_key = co_await t.stream(with_key(laptop));
    co_await t.ask(204, "DELETE", "/api/v1/api-keys/" + std::string(made.at("id").as_string()), t.ada);
    co_await t.expect_cut(*by_key);

    auto by_exposure = co_await t.stream(with_key(t.ada));
    co_await t.ask(204, "DELETE", t.api() + "/expose/3000", t.ada);
    co_await t.expect_cut(*by_exposure);

    auto by_session = co_await t.stream(with_key(t.ada));
    EXPECT_NE(t.plane_->render_metrics().find("helix_gateway_open_streams{way=\"host\"} 1\n"),
              std::string::npos);
    co_await t.ask(202, "POST", t.api() + "/stop", t.ada);
    co_await t.expect_cut(*by_session);
    co_await t.wait_state(t.session, "stopped", t.ada);
    const auto holding = co_await t.at_host(t.ada);
    EXPECT_EQ(holding.status, 503);
    EXPECT_NE(t.plane_->render_metrics().find("helix_gateway_open_streams{way=\"host\"} 0\n"),
              std::string::npos);
  };
  run_apps(body(*this));
}

}  // namespace
}  // namespace server
