/// Users, keys and browser logins as the API's clients see them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/secret.hpp"
#include "wire/ids.hpp"

namespace wire {

/// The spelling is the name.
enum class Role { user, admin };
[[nodiscard]] std::string_view to_string(Role role);
[[nodiscard]] base::Result<Role> parse_role(std::string_view text);

struct User {
  UserId id;
  std::string name;
  Role role = Role::user;
  base::Time created_at;
};

struct ApiKey {
  KeyId id;
  std::string name;
  base::Time created_at;
  std::optional<base::Time> last_used_at;
};

[[nodiscard]] boost::json::object to_json(const User& user);
[[nodiscard]] boost::json::object to_json(const ApiKey& key);

/// Answer of GET /users/me: the user, and the session where the key is a session's.
[[nodiscard]] boost::json::object to_me_json(const User& user, const std::optional<SessionId>& session);

/// Body of POST /api/v1/users.
struct NewUser {
  std::string name;
  Role role = Role::user;
};

/// These fail with malformed or invalid_argument naming the field.
[[nodiscard]] base::Result<NewUser> decode_new_user(std::string_view body);
/// The new key's name.
[[nodiscard]] base::Result<std::string> decode_new_api_key(std::string_view body);
/// The key that a browser logs in with.
[[nodiscard]] base::Result<base::Secret> decode_login(std::string_view body);

}  // namespace wire
