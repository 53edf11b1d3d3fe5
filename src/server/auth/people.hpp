/// Users, their keys and their browsers' logins.
#pragma once

#include <filesystem>
#include <string>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/secret.hpp"
#include "server/auth/principal.hpp"
#include "store/user_store.hpp"
#include "wire/user.hpp"

namespace server {

/// How long a browser stays logged in. Chosen.
inline constexpr std::chrono::hours kLoginTime{24 * 30};

class People {
 public:
  People(store::UserStore& users, const base::Clock& clock, base::Random& random, base::Log log)
      : users_(users), clock_(clock), random_(random), log_(std::move(log)) {}

  struct NewKey {
    wire::ApiKey key;
    base::Secret secret;
  };
  struct CreatedUser {
    wire::User user;
    base::Secret secret;
  };
  struct Login {
    wire::User user;
    base::Secret cookie;
  };

  /// On a first start: makes the user `admin` and writes its key to `key_file` (0600). Does nothing when
  /// there are users. Fails with unavailable when the file cannot be written, or as the store does.
  io::Task<base::Result<void>> ensure_admin(std::filesystem::path key_file);

  /// Fails with conflict when the name is taken.
  io::Task<base::Result<CreatedUser>> create_user(wire::NewUser request);
  [[nodiscard]] std::vector<wire::User> list_users() { return users_.list_users(); }
  /// Fails with not_found or conflict.
  io::Task<base::Result<void>> remove_user(wire::UserId id) { return users_.remove_user(std::move(id)); }

  io::Task<base::Result<NewKey>> create_key(wire::UserId owner, std::string name);
  [[nodiscard]] std::vector<wire::ApiKey> list_keys(const wire::UserId& owner);
  [[nodiscard]] std::optional<store::KeyRecord> find_key(const wire::KeyId& id) {
    return users_.find_key(id);
  }
  io::Task<base::Result<void>> remove_key(wire::KeyId id) { return users_.remove_key(std::move(id)); }

  /// Fails with unauthenticated unless it is a person's key.
  io::Task<base::Result<Login>> log_in(base::Secret key);
  io::Task<base::Result<void>> log_out(std::string cookie);
  [[nodiscard]] bool login_lives(const store::TokenHash& login) {
    return users_.find_login(login, clock_.now()).has_value();
  }

 private:
  [[nodiscard]] store::KeyRecord key_record(const wire::UserId& owner, std::string name,
                                            const base::Secret& secret);

  store::UserStore& users_;
  const base::Clock& clock_;
  base::Random& random_;
  base::Log log_;
};

}  // namespace server
