/// URLs that a browser is sent to around a login, taken apart so strictly that none leads elsewhere. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace server {

/// "http://host:port/path?query", and nothing that a browser and we could read differently.
struct AppUrl {
  std::string scheme;      // "http" or "https"
  std::string host;        // lower case, without port; an IPv6 address with its brackets
  std::uint16_t port = 0;  // 0: none is given
  std::string target;      // path and query; begins with '/'
};

/// Nothing for another scheme, user information, a fragment, a backslash, blanks, control and non-ASCII
/// bytes, anything that is no host.
[[nodiscard]] std::optional<AppUrl> parse_app_url(std::string_view text);

/// "host" or "host:port" of a URL; the port is left out where it is the scheme's own.
[[nodiscard]] std::string authority_of(const std::string& scheme, const std::string& host,
                                       std::uint16_t port);
/// 80 or 443 where none is given.
[[nodiscard]] std::uint16_t port_of(const AppUrl& url);

/// Value of a Location that stays on the host: `target` with what no URL may hold escaped. "//evil" becomes
/// "/.//evil", which is the same path, and no host. "/" for what is no path at all.
[[nodiscard]] std::string local_location(std::string_view target);

}  // namespace server
