/// Turns a credential into who makes the request.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/secret.hpp"
#include "io/task_group.hpp"
#include "server/auth/principal.hpp"
#include "store/sandbox_store.hpp"
#include "store/user_store.hpp"

namespace server {

/// How stale a key's last_used_at may be; each use writing it would cost a disk write a request. Chosen.
inline constexpr std::chrono::seconds kKeyUseResolution{60};

class Authenticator {
 public:
  /// An empty `runner_token` enrols nobody.
  Authenticator(store::UserStore& users, store::SandboxStore& sandboxes, const base::Secret& runner_token,
                const base::Clock& clock, io::TaskGroup& tasks);

  /// nullopt when the token is nobody's. A sandbox's token counts as used from now on.
  io::Task<std::optional<Principal>> by_bearer(std::string token);
  /// nullopt when the cookie is no login.
  [[nodiscard]] std::optional<Principal> by_cookie(const std::string& value);
  /// The same, of a login whose hash is at hand.
  [[nodiscard]] std::optional<Principal> by_login(const store::TokenHash& login);

 private:
  [[nodiscard]] Principal principal_of(const store::KeyHolder& holder);
  void note_use(const store::KeyRecord& key);
  io::Task<void> write_use(wire::KeyId key, base::Time at);

  store::UserStore& users_;
  store::SandboxStore& sandboxes_;
  std::optional<store::TokenHash> runner_token_;
  const base::Clock& clock_;
  io::TaskGroup& tasks_;
  std::set<wire::KeyId> being_noted_;
};

}  // namespace server
