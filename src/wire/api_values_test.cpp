// Bodies of the control plane's API: sessions, exposures, sandboxes, users.
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include "wire/exposure.hpp"
#include "wire/json_object.hpp"
#include "wire/listening_port.hpp"
#include "wire/sandbox.hpp"
#include "wire/session.hpp"
#include "wire/sharing.hpp"
#include "wire/user.hpp"

namespace wire {
namespace {

using base::ErrorCode;

/// "field: rule-code" of a failure; "" for success.
template <class T>
std::string field_of(const base::Result<T>& result) {
  if (result) return "";
  if (result.error().code() != ErrorCode::invalid_argument)
    return std::string(base::to_string(result.error().code()));
  return result.error().field();
}

const SessionId kSession = SessionId::parse("ses_01kftccz3g3n9hfdv42ma1dwjn").value();

TEST(JsonObject, TellsMalformedFromInvalid) {
  EXPECT_EQ(field_of(parse_json_object("")), "malformed");
  EXPECT_EQ(field_of(parse_json_object("{")), "malformed");
  EXPECT_EQ(field_of(parse_json_object("[]")), "malformed");
  EXPECT_EQ(field_of(parse_json_object("{} x")), "malformed");
  EXPECT_EQ(field_of(parse_json_object(R"({"a":1,"b":{"c":1,"c":2}})")), "c");
  EXPECT_EQ(field_of(parse_json_object(R"({"a":1,"\u0061":2})")), "a");
  EXPECT_EQ(field_of(parse_json_object(R"({"a":{"c":1},"b":{"c":2}})")), "");
}

TEST(JsonObject, BoundsDepth) {
  const auto nested = [](std::size_t depth) {
    return "{\"a\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
  };
  EXPECT_TRUE(parse_json_object(nested(kMaxJsonDepth)));
  EXPECT_EQ(field_of(parse_json_object(nested(kMaxJsonDepth + 1))), "malformed");
}

TEST(NewSession, HasDefaults) {
  const auto session = decode_new_session("{}");
  ASSERT_TRUE(session);
  EXPECT_FALSE(session->name);
  EXPECT_EQ(session->container_type, "headless");
}

TEST(NewSession, NamesTheFieldThatBreaksARule) {
  EXPECT_EQ(field_of(decode_new_session(R"({"name":""})")), "name");
  EXPECT_EQ(field_of(decode_new_session(R"({"name":"A"})")), "name");
  EXPECT_EQ(field_of(decode_new_session(R"({"name":")" + std::string(63, 'a') + R"("})")), "");
  EXPECT_EQ(field_of(decode_new_session(R"({"name":")" + std::string(64, 'a') + R"("})")), "name");
  EXPECT_EQ(field_of(decode_new_session(R"({"name":7})")), "name");
  EXPECT_EQ(field_of(decode_new_session(R"({"image":"-x"})")), "image");
  EXPECT_EQ(field_of(decode_new_session(R"({"image":"a b"})")), "image");
  EXPECT_EQ(field_of(decode_new_session(R"({"container_type":"sway"})")), "container_type");
  EXPECT_EQ(field_of(decode_new_session(R"({"vcpus":-1})")), "vcpus");
  EXPECT_EQ(field_of(decode_new_session(R"({"vcpus":1.5})")), "vcpus");
  EXPECT_EQ(field_of(decode_new_session(R"({"vcpus":18446744073709551615})")), "vcpus");
  EXPECT_EQ(field_of(decode_new_session(R"({"colour":"red"})")), "colour");
}

TEST(NewSession, ChecksVariables) {
  EXPECT_EQ(field_of(decode_new_session(R"({"env":{"A_1":"x y=\"z\""}})")), "");
  EXPECT_EQ(field_of(decode_new_session(R"({"env":{"1A":"x"}})")), "env.1A");
  EXPECT_EQ(field_of(decode_new_session(R"({"env":{"A":"x\ny"}})")), "env.A");
  EXPECT_EQ(field_of(decode_new_session(R"({"env":{"A":"x\u0000y"}})")), "env.A");
  EXPECT_EQ(field_of(decode_new_session(R"({"env":{"A":1}})")), "env.A");
  EXPECT_EQ(field_of(decode_new_session(R"({"env":{"HELIX_API_URL":"x"}})")), "env.HELIX_API_URL");
  EXPECT_EQ(field_of(decode_new_session(R"({"env":{"USER_API_TOKEN":"x"}})")), "env.USER_API_TOKEN");
  EXPECT_EQ(field_of(decode_new_session(R"({"env":{"RUNNER_TOKEN":"x"}})")), "env.RUNNER_TOKEN");
  EXPECT_EQ(field_of(decode_new_session(R"({"env":{"A":")" + std::string(48 * 1024, 'x') + R"("}})")),
            "env.A");
}

TEST(Session, IsEncodedWithEveryRequiredField) {
  Session session;
  session.id = kSession;
  session.name = "hello";
  session.image = "helix-headless:latest";
  session.container_type = "headless";

  const auto object = to_json(session);

  for (const auto* field : {"id", "name", "owner", "state", "status_message", "sandbox_id", "image",
                            "container_type", "container_name", "created_at", "updated_at", "started_at",
                            "vcpus", "memory_mb", "docker_version", "exposed_ports"})
    EXPECT_TRUE(object.contains(field)) << field;
  EXPECT_EQ(object.at("container_name").as_string(), "headless-external-01kftccz3g3n9hfdv42ma1dwjn");
  EXPECT_TRUE(object.at("sandbox_id").is_null());
}

TEST(NewExposure, NamesFieldAndRule) {
  EXPECT_EQ(field_of(decode_new_exposure("x")), "malformed");
  EXPECT_EQ(field_of(decode_new_exposure("{}")), "port");
  for (const auto* bad : {"0", "65536", "-1", "\"80\"", "80.5"})
    EXPECT_EQ(field_of(decode_new_exposure(std::string(R"({"port":)") + bad + "}")), "port") << bad;
  for (const auto* good : {"1", "65535"})
    EXPECT_EQ(field_of(decode_new_exposure(std::string(R"({"port":)") + good + "}")), "") << good;
  EXPECT_EQ(field_of(decode_new_exposure(R"({"port":80,"protocol":"ftp"})")), "protocol");
  EXPECT_EQ(field_of(decode_new_exposure(R"({"port":80,"visibility":"secret"})")), "visibility");
  EXPECT_EQ(field_of(decode_new_exposure(R"({"port":80,"colour":"a"})")), "colour");
}

TEST(NewExposure, ChecksNames) {
  const auto with_name = [](const std::string& name) {
    return field_of(decode_new_exposure(R"({"port":80,"name":")" + name + R"("})"));
  };
  for (const std::string good : {"a", "dev-api", "p", "p80a", "sess"}) EXPECT_EQ(with_name(good), "") << good;
  EXPECT_EQ(with_name(std::string(24, 'a')), "");
  for (const std::string bad : {"", "A", "a_b", "p80", "ses-x"}) EXPECT_EQ(with_name(bad), "name") << bad;
  EXPECT_EQ(with_name(std::string(25, 'a')), "name");
}

TEST(Exposure, HasTheSeedsFields) {
  Exposure exposure;
  exposure.session = kSession;
  exposure.port = 8080;
  exposure.protocol = "http";
  exposure.name = "api";
  exposure.visibility = "private";
  exposure.urls = {"http://localhost/x/"};
  exposure.status = "active";

  EXPECT_EQ(boost::json::serialize(to_json(exposure)),
            R"({"session_id":"ses_01kftccz3g3n9hfdv42ma1dwjn","port":8080,"protocol":"http","name":"api",)"
            R"("urls":["http://localhost/x/"],"status":"active"})");
  EXPECT_EQ(boost::json::serialize(to_list_item(exposure)),
            R"({"port":8080,"protocol":"http","name":"api","url":"http://localhost/x/",)"
            R"("urls":["http://localhost/x/"],"status":"active"})");
}

TEST(NewExposure, TakesEveryProtocolAndVisibility) {
  for (const std::string protocol : {"http", "h2c", "tcp"}) {
    const auto exposure = decode_new_exposure(R"({"port":80,"protocol":")" + protocol + R"("})");
    ASSERT_TRUE(exposure) << protocol;
    EXPECT_EQ(exposure->protocol, protocol);
  }
  for (const std::string visibility : {"private", "authenticated", "public"}) {
    const auto exposure = decode_new_exposure(R"({"port":80,"visibility":")" + visibility + R"("})");
    ASSERT_TRUE(exposure) << visibility;
    EXPECT_EQ(exposure->visibility, visibility);
  }
  EXPECT_EQ(field_of(decode_new_exposure(R"({"port":80,"protocol":"tcp","visibility":"authenticated"})")),
            "visibility");
}

TEST(NewExposure, TakesAHostHeader) {
  const auto with_host = [](const std::string& host) {
    return field_of(decode_new_exposure(R"({"port":80,"host_header":")" + host + R"("})"));
  };
  for (const std::string good :
       {"original", "localhost", "app.example", "localhost:3000", "10.0.0.1", "[::1]:80"})
    EXPECT_EQ(with_host(good), "") << good;
  for (const std::string bad : {"", "a b", "a/b", "a:", "a:99999", "a..b", "user@a", "a\\r\\nX: y", "\u00e9"})
    EXPECT_EQ(with_host(bad), "host_header") << bad;
  const std::string label(63, 'a');
  EXPECT_EQ(with_host(label + "." + label + "." + label), "");
  EXPECT_EQ(with_host(std::string(256, 'a')), "host_header");
  EXPECT_EQ(field_of(decode_new_exposure(R"({"port":80,"protocol":"tcp","host_header":"localhost"})")),
            "host_header");
  EXPECT_EQ(decode_new_exposure(R"({"port":80,"host_header":"app:1"})")->host_header, "app:1");
}

TEST(NewExposure, TakesNetworksInTheirOneSpelling) {
  const auto with_networks = [](const std::string& list) {
    return decode_new_exposure(R"({"port":80,"allow_cidrs":)" + list + "}");
  };
  const std::vector<std::string> both{"10.0.0.0/8", "::1/128"};
  EXPECT_EQ(with_networks(R"(["10.0.0.0/8","0:0::1","10.0.0.0/8"])")->allow_cidrs, both);
  for (const std::string bad :
       {"[]", R"(["10.0.0.1/8"])", R"(["10.0.0.0/33"])", R"(["any"])", R"("10.0.0.0/8")"})
    EXPECT_EQ(field_of(with_networks(bad)), "allow_cidrs") << bad;
  std::string many = R"("10.0.0.0/8")";
  for (int i = 1; i < 32; ++i) many += R"(,"10.0.0.0/8")";
  EXPECT_TRUE(with_networks("[" + many + "]"));
  EXPECT_EQ(field_of(with_networks("[" + many + R"(,"10.0.0.0/8"])")), "allow_cidrs");
}

TEST(Exposure, SaysWhatIsNotTheUsual) {
  Exposure exposure;
  exposure.session = kSession;
  exposure.port = 80;
  exposure.protocol = "h2c";
  exposure.visibility = "public";
  exposure.urls = {"http://localhost:30001/"};
  exposure.allocated_port = 30001;
  exposure.status = "active";
  exposure.host_header = "localhost";
  exposure.allow_cidrs = {"10.0.0.0/8"};

  EXPECT_EQ(boost::json::serialize(to_json(exposure)),
            R"({"session_id":"ses_01kftccz3g3n9hfdv42ma1dwjn","port":80,"protocol":"h2c",)"
            R"("urls":["http://localhost:30001/"],"allocated_port":30001,"status":"active",)"
            R"("visibility":"public","host_header":"localhost","allow_cidrs":["10.0.0.0/8"]})");
}

TEST(NewShareLink, NamesFieldAndRule) {
  EXPECT_EQ(decode_new_share_link("")->label, "");
  EXPECT_FALSE(decode_new_share_link("{}")->expires_in);
  const auto link = decode_new_share_link(R"({"label":"for the customer","expires_in_seconds":3600})");
  ASSERT_TRUE(link);
  EXPECT_EQ(link->label, "for the customer");
  EXPECT_EQ(*link->expires_in, std::chrono::seconds(3600));
  for (const auto* good : {"60", "31536000"})
    EXPECT_EQ(field_of(decode_new_share_link(std::string(R"({"expires_in_seconds":)") + good + "}")), "")
        << good;
  for (const auto* bad : {"59", "31536001", "\"60\"", "-60"})
    EXPECT_EQ(field_of(decode_new_share_link(std::string(R"({"expires_in_seconds":)") + bad + "}")),
              "expires_in_seconds")
        << bad;
  EXPECT_EQ(field_of(decode_new_share_link(R"({"label":")" + std::string(64, 'x') + R"("})")), "");
  EXPECT_EQ(field_of(decode_new_share_link(R"({"label":")" + std::string(65, 'x') + R"("})")), "label");
  EXPECT_EQ(field_of(decode_new_share_link(R"({"label":"a\nb"})")), "label");
  EXPECT_EQ(field_of(decode_new_share_link(R"({"colour":"red"})")), "colour");
  EXPECT_EQ(field_of(decode_new_share_link("[]")), "malformed");
}

TEST(ShareLink, ShowsUrlsOnlyWhereTheSecretIsKnown) {
  ShareLink link;
  link.id = ShareLinkId::trusted("shl_1");
  link.port = 80;
  link.label = "a";
  EXPECT_EQ(boost::json::serialize(to_json(link)),
            R"({"id":"shl_1","port":80,"label":"a","created_at":"1970-01-01T00:00:00.000Z",)"
            R"("expires_at":null})");

  link.expires_at = base::Time(std::chrono::seconds(1));
  link.urls = {"http://a/", "http://b/"};
  EXPECT_EQ(boost::json::serialize(to_json(link)),
            R"({"id":"shl_1","port":80,"label":"a","created_at":"1970-01-01T00:00:00.000Z",)"
            R"("expires_at":"1970-01-01T00:00:01.000Z","url":"http://a/","urls":["http://a/","http://b/"]})");
}

TEST(Invitation, NamesAUser) {
  EXPECT_EQ(*decode_invitation(R"({"user":"bob"})"), "bob");
  EXPECT_EQ(field_of(decode_invitation("{}")), "user");
  EXPECT_EQ(field_of(decode_invitation(R"({"user":""})")), "user");
}

TEST(ListeningPorts, AreRead) {
  const auto ports =
      decode_listening_ports(R"({"ports":[{"port":3000,"address":"127.0.0.1","process":"node"},)"
                             R"({"port":80,"address":"::","pid":7}],"more":1})");

  ASSERT_TRUE(ports);
  ASSERT_EQ(ports->size(), 2U);
  EXPECT_EQ(ports->at(0).port, 3000);
  EXPECT_EQ(ports->at(0).address, "127.0.0.1");
  EXPECT_EQ(ports->at(0).process, "node");
  EXPECT_EQ(ports->at(1).process, "");
  EXPECT_EQ(field_of(decode_listening_ports(R"({"ports":[{"port":0}]})")), "ports.port");
  EXPECT_EQ(field_of(decode_listening_ports("{}")), "ports");
}

TEST(Heartbeat, ComesBackTheSame) {
  const Heartbeat sent{"0.1.0", "26.1.5", 2, 20, {"helix-headless:latest"}, {1000, 500}};

  const auto back = decode_heartbeat(encode(sent));

  ASSERT_TRUE(back);
  EXPECT_EQ(back->version, sent.version);
  EXPECT_EQ(back->depth, 2);
  EXPECT_EQ(back->max_sessions, 20);
  EXPECT_EQ(back->images, sent.images);
  EXPECT_EQ(back->disk.free_bytes, 500U);
}

TEST(Heartbeat, TakesFieldsOfNewerSendersAndRefusesBadValues) {
  EXPECT_EQ(field_of(decode_heartbeat(R"({"max_sessions":1,"images":[],"new":1,"disk":{"x":1}})")), "");
  EXPECT_EQ(field_of(decode_heartbeat(R"({"images":[]})")), "max_sessions");
  EXPECT_EQ(field_of(decode_heartbeat(R"({"max_sessions":1})")), "images");
  EXPECT_EQ(field_of(decode_heartbeat(R"({"max_sessions":1,"images":[1]})")), "images");
  EXPECT_EQ(field_of(decode_heartbeat(R"({"max_sessions":1,"images":[],"disk":{"free_bytes":-1}})")),
            "disk.free_bytes");
}

TEST(Drain, DefaultsToTrue) {
  EXPECT_TRUE(decode_drain("").value());
  EXPECT_TRUE(decode_drain("{}").value());
  EXPECT_FALSE(decode_drain(R"({"draining":false})").value());
  EXPECT_EQ(field_of(decode_drain(R"({"draining":"no"})")), "draining");
}

TEST(Users, ChecksNameAndRole) {
  EXPECT_EQ(decode_new_user(R"({"name":"ada","role":"admin"})").value().role, Role::admin);
  EXPECT_EQ(field_of(decode_new_user("{}")), "name");
  EXPECT_EQ(field_of(decode_new_user(R"({"name":".a"})")), "name");
  EXPECT_EQ(field_of(decode_new_user(R"({"name":"a","role":"king"})")), "role");
  EXPECT_EQ(field_of(decode_new_api_key(R"({"name":""})")), "name");
  EXPECT_EQ(field_of(decode_login(R"({"api_key":""})")), "api_key");
  EXPECT_EQ(decode_login(R"({"api_key":"hl-1"})").value().expose(), "hl-1");
}

}  // namespace
}  // namespace wire
