#include "nest/prepare.hpp"

#include <algorithm>

#include "nest/mounts.hpp"
#include "nest/resolv_conf.hpp"

namespace nest {
namespace {

base::Error at_step(std::string_view step, const base::Error& error) {
  return base::Error(error.code(), std::string(step) + ": " + error.message());
}

/// Docker 26 sets IPv6 sysctls for each container and fails where /proc/sys is read-only.
base::Result<void> make_sysctls_writable(const std::vector<Mount>& mounts) {
  for (const Mount& mount : mounts) {
    if (mount.point != "/proc/sys" || !mount.read_only) continue;
    if (auto done = remount_writable(mount.point); !done) return done;
  }
  return {};
}

}  // namespace

base::Result<PreparedLevel> prepare_level(const PrepareOptions& options, const base::Log& log) {
  PreparedLevel prepared;
  const std::vector<Route> routes = read_routes();
  const auto level = find_level(options.depth, routes);
  if (!level) return tl::unexpected(at_step("depth", level.error()));
  prepared.level = *level;
  if (auto probed = probe_pid_namespace(); !probed) return tl::unexpected(at_step("depth", probed.error()));
  if (auto checked = check_routes(*level, routes, options.bridge); !checked)
    return tl::unexpected(at_step("addresses", checked.error()));

  const std::vector<Mount> mounts = read_mounts();
  auto filesystem = check_data_root(mounts, options.data_root);
  if (!filesystem) return tl::unexpected(at_step("data root", filesystem.error()));
  prepared.data_filesystem = *filesystem;

  const auto cgroups = prepare_cgroups(mounts);
  if (!cgroups) return tl::unexpected(at_step("cgroups", cgroups.error()));
  prepared.cgroups = *cgroups;
  if (auto done = make_sysctls_writable(mounts); !done)
    return tl::unexpected(at_step("sysctls", done.error()));
  if (auto done = rewrite_resolv_conf(); !done) return tl::unexpected(at_step("resolv.conf", done.error()));

  prepared.mtu = parent_mtu();
  prepared.limits = run_preflight(level->depth <= 1);
  log_preflight(prepared.limits, log);
  log.info("level.prepared", {{"depth", level->depth},
                              {"bridge", level->bridge_cidr()},
                              {"mtu", prepared.mtu},
                              {"cgroups", prepared.cgroups == CgroupVersion::v1 ? "v1" : "v2"},
                              {"data_filesystem", prepared.data_filesystem}});
  return prepared;
}

}  // namespace nest
