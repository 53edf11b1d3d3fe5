#include "server/auth/authenticator.hpp"

#include "server/auth/tokens.hpp"

namespace server {

Authenticator::Authenticator(store::UserStore& users, store::SandboxStore& sandboxes,
                             const base::Secret& runner_token, const base::Clock& clock, io::TaskGroup& tasks)
    : users_(users), sandboxes_(sandboxes), clock_(clock), tasks_(tasks) {
  if (!runner_token.empty()) runner_token_ = hash_token(runner_token.expose());
}

io::Task<std::optional<Principal>> Authenticator::by_bearer(std::string token) {
  const auto hash = hash_token(token);
  if (runner_token_ && same_hash(*runner_token_, hash)) {
    Principal enrolment;
    enrolment.kind = CallerKind::enrolment;
    co_return enrolment;
  }
  const auto holder = users_.find_key(hash);
  if (holder && same_hash(holder->key.hash, hash)) {
    note_use(holder->key);
    co_return principal_of(*holder);
  }
  const auto sandbox = sandboxes_.find_sandbox(hash);
  if (sandbox && sandbox->token && same_hash(*sandbox->token, hash)) {
    // Written before the caller gets anything: from here on the shared token must not replace this one.
    if (!sandbox->token_used) {
      const auto marked = co_await sandboxes_.mark_token_used(sandbox->id);
      if (!marked) co_return std::nullopt;
    }
    Principal principal;
    principal.kind = CallerKind::sandbox;
    principal.sandbox = sandbox->id;
    co_return principal;
  }
  co_return std::nullopt;
}

std::optional<Principal> Authenticator::by_cookie(const std::string& value) {
  return by_login(hash_token(value));
}

std::optional<Principal> Authenticator::by_login(const store::TokenHash& login) {
  const auto holder = users_.find_login(login, clock_.now());
  if (!holder || !same_hash(holder->key.hash, login)) return std::nullopt;
  note_use(holder->key);
  auto principal = principal_of(*holder);
  principal.by_cookie = true;
  principal.login = login;
  return principal;
}

Principal Authenticator::principal_of(const store::KeyHolder& holder) {
  Principal principal;
  principal.user = holder.user;
  principal.key = holder.key.id;
  principal.session = holder.key.session;
  principal.kind = holder.user.role == wire::Role::admin ? CallerKind::admin : CallerKind::user;
  if (holder.key.session) principal.kind = CallerKind::session;
  return principal;
}

void Authenticator::note_use(const store::KeyRecord& key) {
  const auto now = clock_.now();
  if (key.last_used_at && now - *key.last_used_at < kKeyUseResolution) return;
  if (!being_noted_.insert(key.id).second) return;
  tasks_.spawn("auth.note_use", write_use(key.id, now));
}

io::Task<void> Authenticator::write_use(wire::KeyId key, base::Time at) {
  // A lost note is made by the next use; the store's own state is watched elsewhere.
  [[maybe_unused]] const auto written = co_await users_.touch_key(key, at);
  being_noted_.erase(key);
}

}  // namespace server
