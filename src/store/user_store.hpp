/// Users, their keys, the keys of sessions, and browser logins.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "io/task.hpp"
#include "wire/ids.hpp"
#include "wire/user.hpp"

namespace store {

/// Hash of a secret with enough entropy of its own; the secret itself is stored nowhere.
struct TokenHash {
  std::string bytes;
};

struct KeyRecord {
  wire::KeyId id;
  wire::UserId owner;
  std::optional<wire::SessionId> session;  // a session's own key
  std::string name;
  TokenHash hash;
  base::Time created_at;
  std::optional<base::Time> last_used_at;
};

/// Whom a key or login belongs to.
struct KeyHolder {
  KeyRecord key;
  wire::User user;
};

struct LoginRecord {
  TokenHash hash;
  wire::KeyId key;
  base::Time created_at;
  base::Time expires_at;
};

/// Reads are immediate and throw ReadFailure; writes fail with the codes named, or internal and unavailable.
class UserStore {
 public:
  virtual ~UserStore() = default;

  [[nodiscard]] virtual std::optional<wire::User> find_user(const wire::UserId& id) = 0;
  [[nodiscard]] virtual std::vector<wire::User> list_users() = 0;
  /// A user with a first key. Fails with conflict when the name is taken.
  virtual io::Task<base::Result<void>> create_user(wire::User user, KeyRecord key) = 0;
  /// With keys and logins. Fails with not_found, or conflict: has sessions, or is the last admin.
  virtual io::Task<base::Result<void>> remove_user(wire::UserId id) = 0;

  [[nodiscard]] virtual std::optional<KeyHolder> find_key(const TokenHash& hash) = 0;
  [[nodiscard]] virtual std::optional<KeyRecord> find_key(const wire::KeyId& id) = 0;
  /// A person's own keys, without those of the sessions.
  [[nodiscard]] virtual std::vector<KeyRecord> list_keys(const wire::UserId& owner) = 0;
  virtual io::Task<base::Result<void>> create_key(KeyRecord key) = 0;
  virtual io::Task<base::Result<void>> touch_key(wire::KeyId id, base::Time used_at) = 0;
  /// Its logins end too. Fails with not_found.
  virtual io::Task<base::Result<void>> remove_key(wire::KeyId id) = 0;

  [[nodiscard]] virtual std::optional<KeyHolder> find_login(const TokenHash& hash, base::Time now) = 0;
  /// Drops what has expired by `login.created_at` on the way.
  virtual io::Task<base::Result<void>> create_login(LoginRecord login) = 0;
  virtual io::Task<base::Result<void>> remove_login(TokenHash hash) = 0;
};

}  // namespace store
