/// Which server to talk to, and with which key: environment, then `helix login`, then the session around us.
#pragma once

#include <optional>
#include <string>

#include "base/error.hpp"
#include "base/secret.hpp"
#include "cli/config_file.hpp"
#include "cli/environment.hpp"

namespace cli {

/// Where helix-api listens when nobody says otherwise.
inline constexpr const char* kDefaultUrl = "http://localhost:8080";

struct Settings {
  std::string url;
  base::Secret api_key;    // may be empty: then nobody is logged in
  std::string session_id;  // of the session that this program runs in, empty outside; it belongs to `url`
};

/// HELIX_URL and HELIX_API_KEY come first, each filled up from the login; then the login; in a session then
/// HELIX_API_URL and USER_API_TOKEN. A key is never sent to another server than the one it was given for.
[[nodiscard]] Settings resolve_settings(const Environment& environment, const std::optional<Config>& login);

}  // namespace cli
