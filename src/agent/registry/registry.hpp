/// The sandbox's registry: one process that takes pushes, one for the sessions that only reads the same
/// storage.
#pragma once

#include <filesystem>
#include <string>

#include "base/error.hpp"
#include "nest/daemon_supervisor.hpp"
#include "nest/level.hpp"

namespace agent {

struct RegistryOptions {
  nest::Level level;
  std::filesystem::path storage = "/data/registry";
  std::filesystem::path state = "/run/helix";  // configuration, record, log
  std::string secret;                          // signs uploads under way; any, but the same after a restart
};

/// Text of the configuration file of docker-registry(1).
[[nodiscard]] std::string registry_config(const RegistryOptions& options, bool read_only);

/// Takes pushes, on port 5000 of every address; the packet rules leave it to the sandbox itself.
[[nodiscard]] nest::DaemonSpec registry_spec(const RegistryOptions& options);
/// For reading only, on port 5001 of the bridge address; sessions that ask for port 5000 arrive here.
[[nodiscard]] nest::DaemonSpec read_only_registry_spec(const RegistryOptions& options);

}  // namespace agent
