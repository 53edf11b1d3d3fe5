/// What a session's environment tells its bridge, and what the session's commands get to see of it.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/secret.hpp"
#include "io/net.hpp"
#include "nest/environment.hpp"
#include "wire/ids.hpp"

namespace bridge {

struct SessionConfig {
  wire::SessionId session;            // HELIX_SESSION_ID
  std::string api_url;                // HELIX_API_URL
  io::Endpoint api;                   // the same, taken apart
  base::Secret token;                 // USER_API_TOKEN: the session's own scoped key
  bool insecure_skip_verify = false;  // HELIX_TLS_INSECURE_SKIP_VERIFY=true
  std::string depth;                  // HELIX_DOCKER_DEPTH as it is set
  std::string registry_mirror;  // HELIX_REGISTRY_MIRROR, "http://10.213.0.1:5000"; empty: the level above's
  std::string ca_certificates;  // HELIX_CA_CERTS: a path or PEM text
  base::LogLevel log_level = base::LogLevel::info;     // HELIX_LOG_LEVEL
  base::LogFormat log_format = base::LogFormat::json;  // HELIX_LOG_FORMAT
  nest::Environment variables;                         // all of them, the env file's over the container's
};

/// `container` is our own environment, `env_file` the text of /run/helix/session/env, which wins. Fails with
/// malformed or invalid_argument naming the variable.
[[nodiscard]] base::Result<SessionConfig> read_session_config(const nest::Environment& container,
                                                              std::string_view env_file);

/// Whole environment of a command that is run in the session: the session's variables, what `helix` needs to
/// work without a login (HELIX_URL, HELIX_API_KEY), certificates and proxies, and a usual HOME, PATH and
/// LANG.
[[nodiscard]] nest::Environment command_environment(const SessionConfig& config);

/// Our own environment as a map.
[[nodiscard]] nest::Environment own_environment();

}  // namespace bridge
