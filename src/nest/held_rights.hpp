/// Finds out what this process may grant to a container.
#pragma once

#include <optional>

#include "nest/oci_clamp.hpp"

namespace nest {

/// Reads /proc/self, our rlimits and cgroup, and tries what only trying tells: the oom_score_adj that is
/// asked for (put back afterwards).
[[nodiscard]] HeldRights find_held_rights(std::optional<int> asked_oom_score_adj);

/// True where cgroup v2 device rules are needed (they are bpf(2) programs) and may not be loaded: runc must
/// be told to go on without.
[[nodiscard]] bool device_programs_denied();

/// The bounding set of a /proc/<pid>/status text, 0 where it has none.
[[nodiscard]] std::uint64_t parse_bounding_set(std::string_view status);

}  // namespace nest
