/// The gateway's cookies at host names and allocated ports. docs/decisions/0012-gateway.md.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/secret.hpp"

namespace server {

/// How long a browser stays let in at an app. Chosen.
inline constexpr std::chrono::hours kAppLoginTime{12};
/// How long a login may take. Chosen.
inline constexpr std::chrono::minutes kLoginDanceTime{10};

/// Which app a browser's cookie is for, as far as browsers tell apps apart: they do not tell ports apart.
struct CookieScope {
  std::uint16_t allocated_port = 0;  // 0: a host name
  bool https = false;                // then the names begin with __Host-
};

/// "helix_app" or "helix_app_<port>".
[[nodiscard]] std::string app_cookie_name(const CookieScope& scope);
/// "helix_app_state" or "helix_app_state_<port>": remembers that this browser began the login.
[[nodiscard]] std::string state_cookie_name(const CookieScope& scope);

/// Values of Set-Cookie.
[[nodiscard]] std::string set_app_cookie(const CookieScope& scope, const base::Secret& value);
[[nodiscard]] std::string set_state_cookie(const CookieScope& scope, const std::string& state);
[[nodiscard]] std::string clear_state_cookie(const CookieScope& scope);

}  // namespace server
