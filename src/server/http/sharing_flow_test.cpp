// Share links, invitations, listening ports, and the end of streams with what let them in.
#include <boost/json/serialize.hpp>

#include "support/control_plane_world.hpp"

namespace server {
namespace {

using namespace std::chrono_literals;
using boost::json::object;

class SharingFlow : public support::World {
 public:
  SharingFlow() {
    options_.exposures.dev_subdomain = "dev.test";
    options_.gateway.ports.reset();
  }

  io::Task<io::websocket::ChannelPtr> open_exec(std::string session, wire::Fields fields) {
    io::TcpConnector connector("127.0.0.1", listener_->port(), false);
    auto channel = co_await io::websocket::connect(
        connector, "helix.test:8080", "/api/v1/sessions/" + session + "/exec", std::move(fields), 5s);
    EXPECT_TRUE(channel) << channel.error().message();
    co_return channel ? std::move(*channel) : nullptr;
  }
  io::Task<io::websocket::ChannelPtr> exec_with_key(std::string session, std::string key) {
    wire::Fields fields;
    fields.add("Authorization", "Bearer " + key);
    return open_exec(std::move(session), std::move(fields));
  }
  /// The cookie of a new login, as a browser sends it.
  io::Task<std::string> log_in(std::string key) {
    wire::Fields json;
    json.add("Content-Type", "application/json");
    const auto answer =
        co_await call("POST", "/api/v1/auth/session", "", R"({"api_key":")" + key + R"("})", std::move(json));
    EXPECT_EQ(answer.status, 200) << answer.body;
    const std::string cookie(answer.fields.find("Set-Cookie").value_or(""));
    co_return cookie.substr(0, cookie.find(';'));
  }
  static wire::Fields browser(const std::string& cookie) {
    wire::Fields fields;
    fields.add("Cookie", cookie);
    fields.add("Origin", "http://helix.test:8080");
    return fields;
  }
  static io::Task<void> expect_echo(io::websocket::Channel& channel) {
    EXPECT_TRUE(co_await channel.write_text("still there"));
    const auto echoed = co_await channel.read_message(1024);
    EXPECT_TRUE(echoed && *echoed && (*echoed)->payload == "still there");
  }
  static io::Task<void> expect_end(io::websocket::Channel& channel) {
    const auto end = co_await channel.read_message(1024);
    EXPECT_TRUE(!end || !*end) << "the stream must end";
  }
};

TEST_F(SharingFlow, ExposesWithHostUrlsAndEveryRule) {
  const auto body = [](SharingFlow& t) -> io::Task<void> {
    const auto ada = co_await t.add_user("ada");
    co_await t.add_sandbox("local");
    const auto id = co_await t.running_session(ada);
    const std::string expose = "/api/v1/sessions/" + id + "/expose";
    const std::string rules = R"({"port":8080,"protocol":"h2c","name":"web","visibility":"public",)"
                              R"("host_header":"localhost","allow_cidrs":["10.0.0.0/8"]})";

    const auto made = co_await t.ask(201, "POST", expose, ada, rules);

    const auto& urls = made.at("urls").as_array();
    const std::string host = "ses-" + id.substr(4);
    EXPECT_EQ(urls.at(0).as_string(), "http://web-" + host + ".dev.test:8080/");
    EXPECT_EQ(urls.at(1).as_string(), "http://" + host + "-8080.dev.test:8080/");
    EXPECT_EQ(made.at("visibility").as_string(), "public");
    EXPECT_EQ(made.at("host_header").as_string(), "localhost");
    EXPECT_EQ(made.at("allow_cidrs").as_array().at(0).as_string(), "10.0.0.0/8");
    co_await t.ask(200, "POST", expose, ada, rules);
    co_await t.ask(409, "POST", expose, ada, R"({"port":8080,"protocol":"h2c","name":"web"})");
    const auto list = co_await t.ask(200, "GET", expose, ada);
    EXPECT_EQ(list.at("exposed_ports").as_array().at(0).at("url"), urls.at(0));
    const auto config = co_await t.ask(200, "GET", "/api/v1/config", "");
    EXPECT_TRUE(config.contains("allocated_ports"));
  };
  run(body(*this));
}

TEST_F(SharingFlow, TellsALinksSecretOnce) {
  const auto body = [](SharingFlow& t) -> io::Task<void> {
    const auto ada = co_await t.add_user("ada");
    auto* sandbox = co_await t.add_sandbox("local");
    const auto id = co_await t.running_session(ada);
    const auto key = sandbox->containers.at(id).env.at("USER_API_TOKEN");
    const std::string links = "/api/v1/sessions/" + id + "/expose/8000/share-links";
    co_await t.ask(404, "POST", links, ada, "{}");
    co_await t.ask(404, "GET", links, ada);
    co_await t.ask(201, "POST", "/api/v1/sessions/" + id + "/expose", ada, R"({"port":8000})");

    const auto made = co_await t.call("POST", links, ada, R"({"label":"demo","expires_in_seconds":3600})");
    EXPECT_EQ(made.status, 201) << made.body;
    EXPECT_EQ(made.fields.find("Cache-Control"), "no-store");
    const auto link = boost::json::parse(made.body).as_object();
    const std::string url(link.at("url").as_string());
    EXPECT_NE(url.find(".dev.test:8080/.helix/share/hs1-"), std::string::npos) << url;
    const std::string one = links + "/" + std::string(link.at("id").as_string());
    EXPECT_EQ(link.at("expires_at").as_string(), "2023-11-14T23:13:20.000Z");

    const auto listed = co_await t.ask(200, "GET", links, key);
    EXPECT_EQ(boost::json::serialize(listed).find("hs1-"), std::string::npos);
    EXPECT_EQ(listed.at("share_links").as_array().at(0).at("label").as_string(), "demo");
    const auto rotated = co_await t.ask(200, "POST", one + "/rotate", key);
    EXPECT_NE(rotated.at("url").as_string(), url);
    co_await t.ask(204, "DELETE", one, key);
    co_await t.ask(404, "DELETE", one, ada);
    co_await t.ask(404, "POST", one + "/rotate", ada);
    co_await t.ask(422, "POST", links, ada, R"({"expires_in_seconds":5})");
    const auto bare = co_await t.ask(201, "POST", links, key);
    EXPECT_TRUE(bare.at("expires_at").is_null());
  };
  run(body(*this));
}

TEST_F(SharingFlow, InvitesForTheOwnerAlone) {
  const auto body = [](SharingFlow& t) -> io::Task<void> {
    const auto ada = co_await t.add_user("ada");
    const auto bob = co_await t.add_user("bob");
    const auto root = co_await t.add_user("root", wire::Role::admin);
    auto* sandbox = co_await t.add_sandbox("local");
    const auto id = co_await t.running_session(ada);
    const auto key = sandbox->containers.at(id).env.at("USER_API_TOKEN");
    const std::string invitations = "/api/v1/sessions/" + id + "/invitations";

    const auto invited = co_await t.ask(201, "POST", invitations, ada, R"({"user":"bob"})");
    EXPECT_EQ(invited.at("name").as_string(), "bob");
    const std::string bob_id(invited.at("user_id").as_string());
    co_await t.ask(200, "POST", invitations, root, R"({"user":")" + bob_id + R"("})");
    const auto list = co_await t.ask(200, "GET", invitations, ada);
    EXPECT_EQ(list.at("invitations").as_array().size(), 1U);
    co_await t.ask(403, "POST", invitations, key, R"({"user":"bob"})");
    co_await t.ask(404, "GET", invitations, bob);
    co_await t.ask(422, "POST", invitations, ada, R"({"user":"ada"})");
    co_await t.ask(404, "POST", invitations, ada, R"({"user":"eve"})");
    co_await t.ask(204, "DELETE", invitations + "/bob", ada);
    co_await t.ask(404, "DELETE", invitations + "/" + bob_id, ada);
  };
  run(body(*this));
}

TEST_F(SharingFlow, TellsWhatListens) {
  const auto body = [](SharingFlow& t) -> io::Task<void> {
    const auto ada = co_await t.add_user("ada");
    auto* sandbox = co_await t.add_sandbox("local");
    const auto id = co_await t.running_session(ada);
    const std::string ports = "/api/v1/sessions/" + id + "/ports";
    co_await t.ask(503, "GET", ports, ada);  // its bridge is an old one
    sandbox->ports = R"({"ports":[{"port":3000,"address":"127.0.0.1","process":"node"},)"
                     R"({"port":8000,"address":"0.0.0.0","process":""}]})";
    co_await t.ask(201, "POST", "/api/v1/sessions/" + id + "/expose", ada, R"({"port":8000,"name":"web"})");

    const auto told = co_await t.ask(200, "GET", ports, ada);

    EXPECT_EQ(told.at("session_id").as_string(), id);
    const auto& node = told.at("ports").as_array().at(0);
    EXPECT_EQ(node.at("port").as_int64(), 3000);
    EXPECT_EQ(node.at("address").as_string(), "127.0.0.1");
    EXPECT_EQ(node.at("process").as_string(), "node");
    EXPECT_FALSE(node.at("exposed").as_bool());
    EXPECT_EQ(node.at("urls").as_array().at(0).as_string(),
              "http://ses-" + id.substr(4) + "-3000.dev.test:8080/");
    const auto& web = told.at("ports").as_array().at(1);
    EXPECT_TRUE(web.at("exposed").as_bool());
    EXPECT_TRUE(web.at("urls").as_array().at(0).as_string().starts_with("http://web-ses-"));
    co_await t.ask(202, "POST", "/api/v1/sessions/" + id + "/stop", ada);
    co_await t.ask(409, "GET", ports, ada);
  };
  run(body(*this));
}

TEST_F(SharingFlow, RevokingAKeyEndsItsStreamsAndThoseOfItsBrowsers) {
  const auto body = [](SharingFlow& t) -> io::Task<void> {
    const auto ada = co_await t.add_user("ada");
    co_await t.add_sandbox("local");
    const auto id = co_await t.running_session(ada);
    const auto made = co_await t.ask(201, "POST", "/api/v1/api-keys", ada, R"({"name":"laptop"})");
    const std::string laptop(made.at("key").as_string());
    const auto kept = co_await t.exec_with_key(id, ada);
    const auto revoked = co_await t.exec_with_key(id, laptop);
    const auto cookie = co_await t.log_in(laptop);
    const auto page = co_await t.open_exec(id, browser(cookie));
    if (!kept || !revoked || !page) co_return;

    co_await t.ask(204, "DELETE", "/api/v1/api-keys/" + std::string(made.at("id").as_string()), ada);

    co_await expect_end(*revoked);
    co_await expect_end(*page);
    co_await expect_echo(*kept);
  };
  run(body(*this));
}

TEST_F(SharingFlow, LoggingOutEndsThatBrowsersStreams) {
  const auto body = [](SharingFlow& t) -> io::Task<void> {
    const auto ada = co_await t.add_user("ada");
    co_await t.add_sandbox("local");
    const auto id = co_await t.running_session(ada);
    const auto here = co_await t.log_in(ada);
    const auto there = co_await t.log_in(ada);
    const auto closed = co_await t.open_exec(id, browser(here));
    const auto kept = co_await t.open_exec(id, browser(there));
    if (!kept || !closed) co_return;

    EXPECT_EQ((co_await t.call("DELETE", "/api/v1/auth/session", "", "", browser(here))).status, 204);

    co_await expect_end(*closed);
    co_await expect_echo(*kept);
  };
  run(body(*this));
}

}  // namespace
}  // namespace server
