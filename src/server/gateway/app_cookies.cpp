#include "server/gateway/app_cookies.hpp"

namespace server {
namespace {

std::string cookie_name(const std::string& name, const CookieScope& scope) {
  const std::string suffix = scope.allocated_port == 0 ? "" : "_" + std::to_string(scope.allocated_port);
  return (scope.https ? "__Host-" : "") + name + suffix;
}

std::string set_cookie(const std::string& name, const std::string& value, const std::string& path,
                       std::chrono::seconds lifetime, bool https) {
  return name + "=" + value + "; Path=" + path + "; Max-Age=" + std::to_string(lifetime.count()) +
         "; HttpOnly; SameSite=Lax" + (https ? "; Secure" : "");
}

/// Browsers insist on "/" for a name with __Host-.
std::string state_path(const CookieScope& scope) { return scope.https ? "/" : "/.helix/"; }

}  // namespace

std::string app_cookie_name(const CookieScope& scope) { return cookie_name("helix_app", scope); }

std::string state_cookie_name(const CookieScope& scope) { return cookie_name("helix_app_state", scope); }

std::string set_app_cookie(const CookieScope& scope, const base::Secret& value) {
  return set_cookie(app_cookie_name(scope), value.expose(), "/", kAppLoginTime, scope.https);
}

std::string set_state_cookie(const CookieScope& scope, const std::string& state) {
  return set_cookie(state_cookie_name(scope), state, state_path(scope), kLoginDanceTime, scope.https);
}

std::string clear_state_cookie(const CookieScope& scope) {
  return set_cookie(state_cookie_name(scope), "", state_path(scope), std::chrono::seconds(0), scope.https);
}

}  // namespace server
