/// Which cookies cross the gateway: the platform's own never do, an app's only to its own host.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace server {

/// True for a cookie, as it stands between the semicolons of Cookie or at the front of Set-Cookie, whose name
/// begins with `helix_` or `__Host-helix_` in any case. A cookie without a name counts by its value: a
/// browser that was given `=helix_x=1` sends `helix_x=1`.
[[nodiscard]] bool is_platform_cookie(std::string_view pair);

/// The value of a Cookie field without the platform's cookies; nullopt when nothing is left.
[[nodiscard]] std::optional<std::string> strip_platform_cookies(std::string_view value);

/// What of an app's Set-Cookie may go to a browser that asked `own_host` (lower case, no port): nullopt for
/// one that sets a platform cookie, has a control character, or names a Domain other than `own_host`. A
/// Domain that is `own_host` is taken out: the cookie would reach the names below, which are other exposures
/// where the own host is the API's. Everything else stays as it is. Read as browsers do: RFC 6265bis §5.6.
[[nodiscard]] std::optional<std::string> judge_set_cookie(std::string_view value, std::string_view own_host);

/// The host of a Host field: lower case, without port.
[[nodiscard]] std::string host_without_port(std::string_view authority);

}  // namespace server
