/// Everything a level needs before its dockerd starts, in order, once per life of the container or of our
/// program.
#pragma once

#include <filesystem>
#include <string>

#include "base/error.hpp"
#include "base/log.hpp"
#include "nest/cgroups.hpp"
#include "nest/level.hpp"
#include "nest/preflight.hpp"

namespace nest {

struct PrepareOptions {
  std::string depth;  // HELIX_DOCKER_DEPTH as it is set, may be empty
  std::string bridge = "helix0";
  std::filesystem::path data_root = "/var/lib/docker";
};

struct PreparedLevel {
  Level level;
  CgroupVersion cgroups = CgroupVersion::v2;
  std::string data_filesystem;  // "btrfs"
  int mtu = 1500;
  PreflightReport limits;
};

/// Depth, PID namespace probe, routes, data root, cgroups, /proc/sys writable, resolv.conf, preflight; logs
/// "level.prepared". Safe to call again. The error's message starts with the step's name. Blocks for
/// milliseconds.
[[nodiscard]] base::Result<PreparedLevel> prepare_level(const PrepareOptions& options, const base::Log& log);

}  // namespace nest
