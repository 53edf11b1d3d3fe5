/// Makes this container's cgroups usable for containers below it, version 1 or 2.
#pragma once

#include <filesystem>
#include <vector>

#include "base/error.hpp"
#include "nest/mounts.hpp"

namespace nest {

enum class CgroupVersion { v1, v2 };

/// v1: remounts each controller read-write. v2: remounts, moves every process of this cgroup namespace's root
/// into the leaf /init and enables all controllers below. Safe to call again. Fails with forbidden or
/// unavailable: then neither --memory nor kind works here, so it is an error and not a warning.
[[nodiscard]] base::Result<CgroupVersion> prepare_cgroups(const std::vector<Mount>& mounts);

/// Part of prepare_cgroups for tests: `root` is a directory that looks like a cgroup v2.
[[nodiscard]] base::Result<void> delegate_cgroup_v2(const std::filesystem::path& root);

}  // namespace nest
