/// What the environment tells hydra, checked once at its start.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/secret.hpp"
#include "io/net.hpp"
#include "wire/ids.hpp"

namespace agent {

using Environment = std::map<std::string, std::string>;

struct Config {
  bool enabled = true;        // HYDRA_ENABLED
  std::string api_url;        // HELIX_API_URL
  io::Endpoint api;           // the same, taken apart
  base::Secret runner_token;  // RUNNER_TOKEN or the content of RUNNER_TOKEN_FILE; may be empty once enrolled
  wire::SandboxId sandbox;    // SANDBOX_INSTANCE_ID
  std::int64_t max_sessions = 20;         // MAX_SANDBOXES
  std::string depth;                      // HELIX_DOCKER_DEPTH as it is set
  std::string ca_certificates;            // HELIX_CA_CERTS: a path or PEM text
  bool tls_insecure_skip_verify = false;  // HELIX_TLS_INSECURE_SKIP_VERIFY
  base::LogLevel log_level = base::LogLevel::info;
  base::LogFormat log_format = base::LogFormat::json;
  std::filesystem::path data = "/data";  // sessions' workspaces, the registry, our own state
  std::filesystem::path state = "/run/helix";
  std::filesystem::path docker_data = "/var/lib/docker";
  std::filesystem::path docker_socket = "/var/run/docker.sock";
  std::filesystem::path seccomp_profile = "/etc/helix/seccomp.json";
  std::filesystem::path binaries = "/opt/helix/bin";
  Environment environment;  // all of it, for the proxies
};

/// Fails with invalid_argument naming the variable and what to set it to. Reads RUNNER_TOKEN_FILE where it is
/// set.
[[nodiscard]] base::Result<Config> read_config(const Environment& environment);

/// The variables and what they mean, for --help.
[[nodiscard]] std::string config_help();

}  // namespace agent
