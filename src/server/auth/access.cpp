#include "server/auth/access.hpp"

#include <array>
#include <utility>

namespace server {
namespace {

using base::ErrorCode;

constexpr std::array kWords{
    std::pair{Access::anonymous, "anonymous"}, std::pair{Access::user, "user"},
    std::pair{Access::admin, "admin"},         std::pair{Access::owner, "owner"},
    std::pair{Access::session, "session"},     std::pair{Access::sandbox, "sandbox"},
    std::pair{Access::enrolment, "enrolment"}, std::pair{Access::exposure, "exposure"},
};

bool kind_listed(const Access& access, CallerKind kind) {
  switch (kind) {
    case CallerKind::anonymous: return false;
    case CallerKind::user: return access.has(Access::user) || access.has(Access::owner);
    case CallerKind::admin:
      return access.has(Access::admin) || access.has(Access::user) || access.has(Access::owner);
    case CallerKind::session: return access.has(Access::session);
    case CallerKind::sandbox: return access.has(Access::sandbox);
    case CallerKind::enrolment: return access.has(Access::enrolment);
  }
  return false;
}

}  // namespace

std::vector<std::string> Access::words() const {
  std::vector<std::string> out;
  for (const auto& [word, name] : kWords) {
    if (has(word)) out.emplace_back(name);
  }
  return out;
}

base::Result<void> check_kind(const Access& access, const Principal& caller) {
  if (access.has(Access::anonymous) || access.has(Access::exposure) || kind_listed(access, caller.kind))
    return {};
  if (caller.kind == CallerKind::anonymous)
    return base::fail(ErrorCode::unauthenticated, "a valid key is needed: Authorization: Bearer …");
  return base::fail(ErrorCode::forbidden, "a key of this kind may not do this");
}

base::Result<void> check_owner(const Access& access, const Principal& caller, const wire::UserId& owner,
                               const std::optional<wire::SessionId>& of, const std::string& what) {
  if (caller.kind == CallerKind::admin && access.has(Access::admin)) return {};
  const bool own = caller.is_person() && caller.user && caller.user->id == owner && access.has(Access::owner);
  const bool own_session =
      caller.kind == CallerKind::session && access.has(Access::session) && of && caller.session == of;
  if (own || own_session) return {};
  return base::fail(ErrorCode::not_found, "no such " + what);
}

}  // namespace server
