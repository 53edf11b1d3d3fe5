/// How a session's container is made: runtime.md's checklist as one value.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "agent/sessions/names.hpp"
#include "base/error.hpp"
#include "engine/engine.hpp"
#include "nest/level.hpp"
#include "wire/dev_container.hpp"

namespace agent {

/// What this sandbox has to give, read once.
struct HostRights {
  std::uint64_t capabilities = ~std::uint64_t{0};  // our bounding set, one bit per number
  std::int64_t open_files = 0;                     // our hard limit
  std::int64_t cpus = 1;
};

/// Reads /proc/self/status and the limits.
[[nodiscard]] HostRights read_host_rights();
/// The line "CapBnd:" of a status file; all bits when there is none.
[[nodiscard]] std::uint64_t parse_bounding_set(std::string_view status);

/// Everything about the sandbox that a session's container depends on.
struct SandboxSetup {
  std::string sandbox_id;
  nest::Level level;  // the sandbox's own; a session's is one deeper
  HostRights rights;
  std::string seccomp_profile;  // its JSON text: the engine wants the content, not a path
  std::filesystem::path binaries = "/opt/helix/bin";  // each session gets a copy of them
};

/// The 14 default capabilities, SYS_ADMIN and NET_ADMIN, without those that `bounding_set` lacks.
[[nodiscard]] std::vector<std::string> session_capabilities(std::uint64_t bounding_set);

[[nodiscard]] engine::ContainerSpec make_container_spec(const wire::NewDevContainer& request,
                                                        const wire::SessionId& id, const SessionPaths& paths,
                                                        const SandboxSetup& setup);

}  // namespace agent
