/// Who makes a request.
#pragma once

#include <optional>

#include "store/user_store.hpp"
#include "wire/ids.hpp"
#include "wire/user.hpp"

namespace server {

/// Kinds of caller, as api/openapi.yaml's x-access names them. `owner` is no kind: it is a person who owns
/// the thing.
enum class CallerKind { anonymous, user, admin, session, sandbox, enrolment };

struct Principal {
  CallerKind kind = CallerKind::anonymous;
  std::optional<wire::User> user;          // user, admin; for session its owner
  std::optional<wire::SessionId> session;  // session
  std::optional<wire::SandboxId> sandbox;  // sandbox
  std::optional<wire::KeyId> key;          // user, admin, session
  bool by_cookie = false;
  std::optional<store::TokenHash> login;  // with by_cookie: of the browser

  [[nodiscard]] bool is_person() const { return kind == CallerKind::user || kind == CallerKind::admin; }
};

}  // namespace server
