// The authorisation table: compared with the contract, and walked with every kind of credential.
#include <algorithm>
#include <fstream>
#include <map>
#include <regex>

#include <boost/json/serialize.hpp>

#include "support/control_plane_world.hpp"

namespace server {
namespace {

class Authorisation : public support::World {};

/// "GET /path" → words of x-access, read from api/openapi.yaml by its layout: two spaces a level.
std::map<std::string, std::vector<std::string>> contract_access() {
  std::ifstream file(std::string(HELIX_SOURCE_DIR) + "/api/openapi.yaml");
  EXPECT_TRUE(file) << "api/openapi.yaml is missing";
  const std::regex path_line("^  (/[^ ]*):$");
  const std::regex method_line("^    (get|head|post|put|patch|delete|options):$");
  const std::regex access_line(R"(^      x-access: \[(.*)\]$)");
  std::map<std::string, std::vector<std::string>> out;
  std::string line;
  std::string path;
  std::string method;
  std::smatch found;
  while (std::getline(file, line)) {
    if (line == "components:") break;
    if (std::regex_match(line, found, path_line)) path = found[1];
    if (std::regex_match(line, found, method_line)) method = found[1];
    if (!std::regex_match(line, found, access_line)) continue;
    std::transform(method.begin(), method.end(), method.begin(),
                   [](char c) { return static_cast<char>(std::toupper(c)); });
    std::vector<std::string> words;
    const std::string list = found[1];
    const std::regex word("[a-z]+");
    for (std::sregex_iterator at(list.begin(), list.end(), word), end; at != end; ++at)
      words.push_back(at->str());
    std::sort(words.begin(), words.end());
    out[method + " " + path] = words;
  }
  return out;
}

std::map<std::string, std::vector<std::string>> table_access(const std::vector<Route>& routes) {
  std::map<std::string, std::vector<std::string>> out;
  for (const auto& route : routes) {
    auto words = route.access.words();
    std::sort(words.begin(), words.end());
    std::string pattern = route.pattern;
    if (pattern.ends_with("/proxy/{port}")) continue;  // only redirects to the next one
    if (!pattern.ends_with("/*")) {
      out[route.method + " " + pattern] = words;
      continue;
    }
    pattern.replace(pattern.size() - 1, 1, "{path}");
    for (const auto* method : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
      out[std::string(method) + " " + pattern] = words;
  }
  return out;
}

TEST_F(Authorisation, TableIsThatOfTheContract) {
  const auto body = [](Authorisation& t) -> io::Task<void> {
    EXPECT_EQ(table_access(t.plane_->api().routes()), contract_access());
    co_return;
  };
  run(body(*this));
}

struct Credential {
  std::string name;
  std::string token;
  Access::Word kind;  // the word that lets it in
  bool is_person = false;
  bool owns = false;  // the session and key that the walk names
};

/// What a route must answer to a credential, by the rules of the contract; 0: the handler's own business.
int expected_status(const Route& route, const Credential& who) {
  if (route.access.has(Access::anonymous)) return 0;
  if (route.access.has(Access::exposure)) {
    // A port that is not exposed is private; sandboxes are nobody's visitors.
    if (who.owns) return 0;
    return who.is_person || who.kind == Access::session ? 404 : 401;
  }
  if (who.kind == Access::anonymous) return 401;
  const bool as_person = who.is_person && (route.access.has(Access::user) || route.access.has(Access::owner));
  if (!as_person && !route.access.has(who.kind)) return 403;
  const bool scoped = route.scope == Scope::session || route.scope == Scope::api_key;
  if (!scoped || (who.kind == Access::admin && route.access.has(Access::admin))) return 0;
  return who.owns ? 0 : 404;
}

std::string filled_in(const Route& route, const std::string& session, const std::string& key) {
  std::string path = route.pattern;
  const auto replace = [&path](const std::string& what, const std::string& by) {
    const auto at = path.find(what);
    if (at != std::string::npos) path.replace(at, what.size(), by);
  };
  std::string id = "usr_01kftccz3g3n9hfdv42ma1dwjn";
  if (route.scope == Scope::session || route.scope == Scope::exposure) id = session;
  if (route.scope == Scope::sandbox) id = "other";
  if (route.scope == Scope::api_key) id = key;
  replace("{id}", id);
  replace("{port}", "8000");
  replace("{link}", "shl_01kftccz3g3n9hfdv42ma1dwjn");
  replace("{user}", "nobody");
  replace("/*", "/");
  return path;
}

TEST_F(Authorisation, HoldsForEveryRouteAndCredential) {
  const auto body = [](Authorisation& t) -> io::Task<void> {
    const auto ada = co_await t.add_user("ada");
    const auto bob = co_await t.add_user("bob");
    const auto root = co_await t.add_user("root", wire::Role::admin);
    auto* sandbox = co_await t.add_sandbox("local");
    const auto session = co_await t.running_session(ada);
    const auto other = co_await t.running_session(bob);
    const auto made = co_await t.ask(201, "POST", "/api/v1/api-keys", ada, R"({"name":"second"})");
    const std::string key(made.at("id").as_string());
    const std::vector<Credential> credentials{
        {"nobody", "", Access::anonymous},
        {"a wrong key", "hl-0000", Access::anonymous},
        {"another user", bob, Access::user, true},
        {"another session's key", sandbox->containers.at(other).env.at("USER_API_TOKEN"), Access::session},
        {"a sandbox's token", t.tokens_.at("local"), Access::sandbox},
        {"the shared token", support::kRunnerToken, Access::enrolment},
        {"an admin", root, Access::admin, true},
        {"the session's key", sandbox->containers.at(session).env.at("USER_API_TOKEN"), Access::session,
         false, true},
        {"the owner", ada, Access::user, true, true},
    };
    int walked = 0;
    for (const auto& route : t.plane_->api().routes()) {
      for (const auto& who : credentials) {
        const int expected = expected_status(route, who);
        if (expected == 0) continue;  // allowed: its own tests call it
        const auto method = route.method == "ANY" ? "POST" : route.method;
        const auto answer = co_await t.call(method, filled_in(route, session, key), who.token, "{}");
        EXPECT_EQ(answer.status, expected)
            << route.method << " " << route.pattern << " with " << who.name << ": " << answer.body;
        if (expected == 401) {
          EXPECT_EQ(answer.fields.find("WWW-Authenticate"), "Bearer") << route.pattern;
        }
        ++walked;
      }
    }
    EXPECT_GT(walked, 150);
    co_await t.wait_state(session, "running", ada);  // none of it did anything
  };
  run(body(*this));
}

TEST_F(Authorisation, LetsASessionsKeyReachItsOwn) {
  const auto body = [](Authorisation& t) -> io::Task<void> {
    const auto ada = co_await t.add_user("ada");
    auto* sandbox = co_await t.add_sandbox("local");
    const auto session = co_await t.running_session(ada);
    co_await t.running_session(ada);
    const auto key = sandbox->containers.at(session).env.at("USER_API_TOKEN");
    const std::string one = "/api/v1/sessions/" + session;

    const auto list = co_await t.ask(200, "GET", "/api/v1/sessions", key);
    EXPECT_EQ(list.at("sessions").as_array().size(), 1U);
    co_await t.ask(200, "GET", one, key);
    co_await t.ask(201, "POST", one + "/expose", key, R"({"port":8000})");
    co_await t.ask(200, "GET", one + "/expose", key);
    co_await t.ask(200, "GET", one + "/expose/8000/share-links", key);
    co_await t.ask(204, "DELETE", one + "/expose/8000", key);
    co_await t.ask(200, "GET", one + "/logs", key);
    co_await t.ask(200, "GET", "/api/v1/config", key);
  };
  run(body(*this));
}

TEST_F(Authorisation, ChecksOriginAndTypeOfRequestsByCookie) {
  const auto body = [](Authorisation& t) -> io::Task<void> {
    const auto ada = co_await t.add_user("ada");
    co_await t.add_sandbox("local");
    wire::Fields json;
    json.add("Content-Type", "application/json");
    const std::string login = R"({"api_key":")" + ada + R"("})";
    const auto logged_in = co_await t.call("POST", "/api/v1/auth/session", "", login, json);
    EXPECT_EQ(logged_in.status, 200) << logged_in.body;
    std::string cookie(logged_in.fields.find("Set-Cookie").value_or(""));
    cookie = cookie.substr(0, cookie.find(';'));
    EXPECT_EQ(cookie.find(ada), std::string::npos) << "the cookie must not be the key";

    wire::Fields plain;
    plain.add("Cookie", cookie);
    EXPECT_EQ((co_await t.call("GET", "/api/v1/users/me", "", "", plain)).status, 200);
    EXPECT_EQ((co_await t.call("POST", "/api/v1/sessions", "", "{}", plain)).status, 403) << "no Origin";
    auto foreign = plain;
    foreign.add("Origin", "http://evil.test");
    EXPECT_EQ((co_await t.call("POST", "/api/v1/sessions", "", "{}", foreign)).status, 403);
    auto own = plain;
    own.add("Origin", "http://helix.test:8080");
    EXPECT_EQ((co_await t.call("POST", "/api/v1/sessions", "", "{}", own)).status, 400) << "no content type";
    auto right = own;
    right.add("Content-Type", "application/json");
    EXPECT_EQ((co_await t.call("POST", "/api/v1/sessions", "", "{}", right)).status, 201);

    EXPECT_EQ((co_await t.call("DELETE", "/api/v1/auth/session", "", "", own)).status, 204);
    EXPECT_EQ((co_await t.call("GET", "/api/v1/users/me", "", "", plain)).status, 401);
  };
  run(body(*this));
}

TEST_F(Authorisation, KnowsTheBrowsersOwnLoginAmongPlantedOnes) {
  const auto body = [](Authorisation& t) -> io::Task<void> {
    const auto cookie_of = [](Authorisation& world, std::string key) -> io::Task<std::string> {
      wire::Fields json;
      json.add("Content-Type", "application/json");
      std::string login = R"({"api_key":")" + key + R"("})";
      const auto answer = co_await world.call("POST", "/api/v1/auth/session", "", std::move(login), json);
      const std::string cookie(answer.fields.find("Set-Cookie").value_or(""));
      co_return cookie.substr(0, cookie.find(';'));
    };
    const auto status = [](Authorisation& world, std::string cookies, std::string site = "",
                           std::string mode = "") -> io::Task<int> {
      wire::Fields fields;
      fields.add("Cookie", cookies);
      if (!site.empty()) fields.add("Sec-Fetch-Site", site);
      if (!mode.empty()) fields.add("Sec-Fetch-Mode", mode);
      co_return (co_await world.call("GET", "/api/v1/users/me", "", "", fields)).status;
    };
    const auto ada = co_await t.add_user("ada");
    const auto mallory = co_await t.add_user("mallory");
    const auto own = co_await cookie_of(t, ada);
    const auto planted = co_await cookie_of(t, mallory);

    EXPECT_EQ(co_await status(t, "helix_session=invented; " + own), 200);
    EXPECT_EQ(co_await status(t, own + "; " + own), 200);
    EXPECT_EQ(co_await status(t, planted + "; " + own), 401) << "one of two logins was believed";
    EXPECT_EQ(co_await status(t, own + "; " + planted), 401);
    EXPECT_EQ(co_await status(t, own, "same-site", "no-cors"), 401) << "a page of an app read with the login";
    EXPECT_EQ(co_await status(t, own, "cross-site", "cors"), 401);
    EXPECT_EQ(co_await status(t, own, "same-site", "navigate"), 200);
    EXPECT_EQ(co_await status(t, own, "same-origin", "cors"), 200);

    wire::Fields leaving;
    leaving.add("Cookie", "helix_session=invented; " + own);
    leaving.add("Origin", "http://helix.test:8080");
    EXPECT_EQ((co_await t.call("DELETE", "/api/v1/auth/session", "", "", leaving)).status, 204);
    EXPECT_EQ(co_await status(t, own), 401) << "the login outlived the logout";
  };
  run(body(*this));
}

TEST_F(Authorisation, EndsLoginsAndKeysWithTheKey) {
  const auto body = [](Authorisation& t) -> io::Task<void> {
    const auto ada = co_await t.add_user("ada");
    const auto made = co_await t.ask(201, "POST", "/api/v1/api-keys", ada, R"({"name":"laptop"})");
    const std::string secret(made.at("key").as_string());
    EXPECT_TRUE(secret.starts_with("hl-"));
    const auto list = co_await t.ask(200, "GET", "/api/v1/api-keys", ada);
    EXPECT_EQ(list.at("api_keys").as_array().size(), 2U);
    EXPECT_EQ(boost::json::serialize(list).find(secret), std::string::npos);
    co_await t.ask(200, "GET", "/api/v1/users/me", secret);

    co_await t.ask(204, "DELETE", "/api/v1/api-keys/" + std::string(made.at("id").as_string()), ada);

    co_await t.ask(401, "GET", "/api/v1/users/me", secret);
    co_await t.ask(200, "GET", "/api/v1/users/me", ada);
  };
  run(body(*this));
}

}  // namespace
}  // namespace server
