#include "wire/user.hpp"

#include <algorithm>

#include "wire/json_object.hpp"

namespace wire {
namespace {

namespace json = boost::json;

bool is_user_name(std::string_view text) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  const auto allowed = [plain](char c) { return plain(c) || c == '.' || c == '_' || c == '-'; };
  return !text.empty() && text.size() <= 63 && plain(text.front()) &&
         std::all_of(text.begin(), text.end(), allowed);
}

}  // namespace

std::string_view to_string(Role role) { return role == Role::admin ? "admin" : "user"; }

base::Result<Role> parse_role(std::string_view text) {
  if (text == "user") return Role::user;
  if (text == "admin") return Role::admin;
  return base::fail_field("role", "must be user or admin");
}

json::object to_json(const User& user) {
  json::object out{{"id", user.id.text()}, {"name", user.name}};
  out["role"] = to_string(user.role);
  out["created_at"] = base::to_rfc3339(user.created_at);
  return out;
}

json::object to_json(const ApiKey& key) {
  json::object out{
      {"id", key.id.text()}, {"name", key.name}, {"created_at", base::to_rfc3339(key.created_at)}};
  out["last_used_at"] =
      key.last_used_at ? json::value(base::to_rfc3339(*key.last_used_at)) : json::value(nullptr);
  return out;
}

json::object to_me_json(const User& user, const std::optional<SessionId>& session) {
  json::object out{{"id", user.id.text()}, {"name", user.name}};
  out["role"] = to_string(user.role);
  if (session) out["session_id"] = session->text();
  return out;
}

base::Result<NewUser> decode_new_user(std::string_view body) {
  const auto object = parse_json_object(body);
  if (!object) return tl::unexpected(object.error());
  ObjectReader in(*object);
  NewUser out;
  const auto name = in.text("name", 63);
  in.require(name.has_value(), "name");
  if (name && !is_user_name(*name))
    in.refuse("name", "must be 1 to 63 characters of a-z, 0-9, ., _ and -, beginning with a letter or digit");
  out.name = name.value_or("");
  const auto role = parse_role(in.text("role", 16).value_or("user"));
  if (!role) in.refuse("role", role.error().message());
  const auto done = in.finish();
  if (!done) return tl::unexpected(done.error());
  out.role = *role;
  return out;
}

base::Result<std::string> decode_new_api_key(std::string_view body) {
  const auto object = parse_json_object(body);
  if (!object) return tl::unexpected(object.error());
  ObjectReader in(*object);
  auto name = in.text("name", 100);
  in.require(name.has_value(), "name");
  if (name && name->empty()) in.refuse("name", "must not be empty");
  const auto done = in.finish();
  if (!done) return tl::unexpected(done.error());
  return *std::move(name);
}

base::Result<base::Secret> decode_login(std::string_view body) {
  const auto object = parse_json_object(body);
  if (!object) return tl::unexpected(object.error());
  ObjectReader in(*object);
  auto key = in.text("api_key", 256);
  in.require(key.has_value() && !key->empty(), "api_key");
  const auto done = in.finish();
  if (!done) return tl::unexpected(done.error());
  return base::Secret(*std::move(key));
}

}  // namespace wire
