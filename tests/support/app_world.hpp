/// A control plane with apps in its sessions and browsers before it: real listeners, tunnel and database.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/gateway/app_url.hpp"
#include "support/control_plane_world.hpp"

namespace support {

/// An app: an HTTP server that tells what it was asked and can keep an answer open; what it saw stays.
class TestApp {
 public:
  explicit TestApp(const boost::asio::any_io_executor& executor)
      : listener_(io::Listener::tcp(executor, "127.0.0.1", 0).value()),
        server_(
            executor, [this](io::http::Exchange& exchange) { return serve(exchange); }, {}, quiet()),
        tasks_(executor, quiet()) {
    tasks_.spawn("app", server_.run(*listener_));
  }
  io::Task<void> close() {
    tasks_.cancel();
    co_await tasks_.join();
    co_await server_.close();
  }
  [[nodiscard]] std::uint16_t port() const { return listener_->port(); }

  std::vector<wire::RequestHead> asked;
  int open_streams = 0;

 private:
  /// "/stream" has no end until the client leaves; everything else is answered "hello from the app".
  io::Task<void> serve(io::http::Exchange& exchange) {
    asked.push_back(exchange.request());
    if (exchange.request().path() != "/stream") {
      auto response = io::http::make_response(200, "text/plain", "hello from the app");
      co_await exchange.respond(std::move(response));
      co_return;
    }
    struct Open {
      int& count;
      explicit Open(int& counted) : count(counted) { ++count; }
      ~Open() { --count; }
    } open(open_streams);
    wire::ResponseHead head;
    head.fields.add("Content-Type", "text/plain");
    co_await exchange.start_response(std::move(head));
    const std::string first = "first";
    co_await exchange.write_body(boost::asio::buffer(first));
    co_await exchange.client_gone();
    exchange.abandon();
  }

  std::unique_ptr<io::Listener> listener_;
  io::http::Server server_;
  io::TaskGroup tasks_;
};

/// What a browser does of what matters here: cookies by host and path, and the fields that it sends by
/// itself.
class Browser {
 public:
  /// One navigation, without following; `url` is absolute.
  io::Task<io::http::Response> open(std::string url, wire::Fields fields = {}) {
    fields.add("Accept", "text/html,application/xhtml+xml");
    fields.add("Sec-Fetch-Mode", "navigate");
    return call("GET", std::move(url), std::move(fields));
  }

  /// A request of a page's script, unless `fields` say otherwise.
  io::Task<io::http::Response> call(std::string method, std::string url, wire::Fields fields = {},
                                    std::string body = "") {
    const auto where = server::parse_app_url(url);
    EXPECT_TRUE(where) << url;
    if (!where) co_return io::http::Response{0, {}, ""};
    io::TcpConnector connector("127.0.0.1", server::port_of(*where), false);
    io::http::Request request;
    request.method = std::move(method);
    request.target = where->target;
    request.fields = std::move(fields);
    request.body = std::move(body);
    const auto cookies = cookies_for(where->host, where->target);
    if (!cookies.empty()) request.fields.add("Cookie", cookies);
    auto answer = co_await io::http::fetch(
        connector, server::authority_of(where->scheme, where->host, where->port), std::move(request));
    EXPECT_TRUE(answer) << url << ": " << answer.error().message();
    if (!answer) co_return io::http::Response{0, {}, ""};
    for (const auto& field : answer->fields.all()) {
      if (wire::same_name(field.name, "Set-Cookie")) keep(where->host, field.value);
    }
    co_return std::move(*answer);
  }

  /// Follows redirects and notes where they led; the last answer.
  io::Task<io::http::Response> follow(std::string url) {
    visited.clear();
    auto answer = co_await open(url);
    for (int hops = 0; hops < 8 && answer.fields.find("Location"); ++hops) {
      visited.push_back(url);
      std::string next(*answer.fields.find("Location"));
      if (next.starts_with('/')) next = url.substr(0, url.find('/', url.find("://") + 3)) + next;
      url = std::move(next);
      answer = co_await open(url);
    }
    visited.push_back(url);
    co_return answer;
  }

  [[nodiscard]] std::string cookies_for(const std::string& host, const std::string& target) {
    std::string out;
    for (const auto& [name, cookie] : jar[host]) {
      if (!target.starts_with(cookie.path)) continue;
      out += (out.empty() ? "" : "; ") + name + "=" + cookie.value;
    }
    return out;
  }

  struct Cookie {
    std::string value;
    std::string path;
    std::string line;  // Set-Cookie as it came
  };
  std::map<std::string, std::map<std::string, Cookie>> jar;  // by host
  std::vector<std::string> visited;                          // by the last follow()

 private:
  void keep(const std::string& host, std::string_view line) {
    const std::string pair(line.substr(0, line.find(';')));
    const auto equals = pair.find('=');
    const auto name = pair.substr(0, equals);
    if (line.find("Max-Age=0;") != std::string_view::npos) {
      jar[host].erase(name);
      return;
    }
    const auto path = line.find("Path=") + 5;
    jar[host][name] = {pair.substr(equals + 1), std::string(line.substr(path, line.find(';', path) - path)),
                       std::string(line)};
  }
};

/// Tests derive from it. Sessions run on "local"; each of their ports leads to the app of that port.
class AppWorld : public World {
 public:
  AppWorld() {
    options_.gateway.dev_subdomain = "localhost";
    options_.gateway.listen_host = "127.0.0.1";
    options_.gateway.listen_port = listener_->port();
    // Anywhere in the range of the contract: what is taken is passed over.
    std::array<std::byte, 2> dice{};
    random_.fill(dice);
    const auto offset = std::to_integer<unsigned>(dice[0]) * 35U + std::to_integer<unsigned>(dice[1]) / 8U;
    const auto first = static_cast<std::uint16_t>(30000U + offset);
    options_.gateway.ports = server::PortRange{first, static_cast<std::uint16_t>(first + 200U)};
  }

  /// The world that most tests begin with: ada's session runs on a sandbox, an app listens on its port 3000.
  io::Task<void> set_up() {
    ada = co_await add_user("ada");
    bob = co_await add_user("bob");
    root = co_await add_user("root", wire::Role::admin);
    sandbox = co_await add_sandbox("local");
    session = co_await running_session(ada);
    app = std::make_unique<TestApp>(loop_.get_executor());
    sandbox->apps[3000] = app->port();
  }
  io::Task<void> tear_down() {
    if (app) co_await app->close();
  }
  void run_apps(io::Task<void> body) { run(with_app(std::move(body))); }

  /// POST …/expose with these further members; the answer.
  io::Task<boost::json::object> expose(std::string members = "") {
    return ask(201, "POST", api() + "/expose", ada, R"({"port":3000)" + std::move(members) + "}");
  }

  [[nodiscard]] std::string api() const { return "/api/v1/sessions/" + session; }
  /// "http://localhost:<port of the API>".
  [[nodiscard]] std::string api_origin() const {
    return "http://localhost:" + std::to_string(listener_->port());
  }
  [[nodiscard]] std::string host() const { return "ses-" + session.substr(4) + "-3000.localhost"; }
  [[nodiscard]] std::string host_url() const {
    return "http://" + host() + ":" + std::to_string(listener_->port());
  }
  static std::string port_url(std::int64_t allocated) {
    return "http://localhost:" + std::to_string(allocated);
  }

  /// Logs the browser in at the platform.
  io::Task<void> log_in(Browser& browser, std::string key) {
    wire::Fields fields;
    fields.add("Content-Type", "application/json");
    const auto answer = co_await browser.call("POST", api_origin() + "/api/v1/auth/session",
                                              std::move(fields), R"({"api_key":")" + key + R"("})");
    EXPECT_EQ(answer.status, 200) << answer.body;
  }

  /// A request by a program at a host name, with a key or without.
  io::Task<io::http::Response> at_host(std::string key, wire::Fields fields = {}, std::string target = "/") {
    if (!key.empty()) fields.add("X-Helix-Authorization", "Bearer " + key);
    Browser program;
    co_return co_await program.call("GET", host_url() + target, std::move(fields));
  }

  std::string ada, bob, root, session;
  FakeSandbox* sandbox = nullptr;
  std::unique_ptr<TestApp> app;

 private:
  io::Task<void> with_app(io::Task<void> body) {
    co_await set_up();
    co_await std::move(body);
    co_await tear_down();
  }
};

}  // namespace support
