#include "agent/sessions/container_spec.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <iterator>
#include <unistd.h>
#include <utility>

#include <sys/resource.h>

namespace agent {
namespace {

/// Processes of one session, its own containers included. Chosen: a kind cluster with a build beside it takes
/// 3000.
constexpr std::int64_t kPidsLimit = 16'384;
constexpr std::int64_t kShares = 1024;  // one session's weight against another's
/// Most open files of one process; above 2^20 some programs that close all descriptors take minutes.
constexpr std::int64_t kMostOpenFiles = 1'048'576;

// Numbers: linux/capability.h. The first 14 are Docker's defaults; each of the last two is needed by a nested
// dockerd (runtime.md 1).
constexpr std::array kCapabilities{
    std::pair{0U, "CHOWN"},        std::pair{1U, "DAC_OVERRIDE"}, std::pair{3U, "FOWNER"},
    std::pair{4U, "FSETID"},       std::pair{5U, "KILL"},         std::pair{6U, "SETGID"},
    std::pair{7U, "SETUID"},       std::pair{8U, "SETPCAP"},      std::pair{10U, "NET_BIND_SERVICE"},
    std::pair{13U, "NET_RAW"},     std::pair{18U, "SYS_CHROOT"},  std::pair{27U, "MKNOD"},
    std::pair{29U, "AUDIT_WRITE"}, std::pair{31U, "SETFCAP"},     std::pair{12U, "NET_ADMIN"},
    std::pair{21U, "SYS_ADMIN"},
};

}  // namespace

std::uint64_t parse_bounding_set(std::string_view status) {
  constexpr std::string_view kKey = "\nCapBnd:";
  const auto key = status.find(kKey);
  if (key == std::string_view::npos) return ~std::uint64_t{0};
  const auto start = status.find_first_not_of(" \t", key + kKey.size());
  if (start == std::string_view::npos) return ~std::uint64_t{0};
  std::uint64_t bits = ~std::uint64_t{0};
  std::from_chars(status.data() + start, status.data() + status.size(), bits, 16);
  return bits;
}

HostRights read_host_rights() {
  HostRights rights;
  std::ifstream file("/proc/self/status");
  rights.capabilities = parse_bounding_set(std::string(std::istreambuf_iterator<char>(file), {}));
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    const auto hard = limit.rlim_max == RLIM_INFINITY ? static_cast<rlim_t>(kMostOpenFiles) : limit.rlim_max;
    rights.open_files = std::min(kMostOpenFiles, static_cast<std::int64_t>(hard));
  }
  rights.cpus = std::max<std::int64_t>(1, sysconf(_SC_NPROCESSORS_ONLN));
  return rights;
}

std::vector<std::string> session_capabilities(std::uint64_t bounding_set) {
  std::vector<std::string> names;
  for (const auto& [number, name] : kCapabilities) {
    if ((bounding_set >> number & 1U) != 0) names.emplace_back(name);
  }
  return names;
}

engine::ContainerSpec make_container_spec(const wire::NewDevContainer& request, const wire::SessionId& id,
                                          const SessionPaths& paths, const SandboxSetup& setup) {
  engine::ContainerSpec spec;
  spec.image = request.image;
  spec.hostname = request.container_type + "-" + std::string(wire::ulid_of(id));
  // Nothing secret and nothing of our own: the rest is in the session's env file, which a restart can renew.
  spec.env = {"HELIX_SESSION_ID=" + id.text(), "HELIX_DOCKER_DEPTH=" + std::to_string(setup.level.depth + 1)};
  spec.labels = {{kSessionLabel, id.text()}, {kSandboxLabel, setup.sandbox_id}, {kOwnerLabel, request.owner}};
  // A session may remount every one of them writable: none is shared with anybody (docs/decisions/0005).
  spec.mounts = {
      {volume_name(id), "/var/lib/docker", false},
      {paths.workspace().string(), "/workspace", false},
      {paths.workspace().string(), "/home/helix/work", false},
      {paths.runtime().string(), "/run/helix/session", false},
      {paths.programs().string(), "/opt/helix/bin", true},
  };
  spec.capabilities = session_capabilities(setup.rights.capabilities);
  spec.security_options = {"seccomp=" + setup.seccomp_profile, "apparmor=unconfined"};
  spec.device_cgroup_rules = {"a *:* rwm"};  // inner --privileged needs it (runtime.md 1)
  spec.dns = {setup.level.bridge_ip()};
  // Sessions that run come back with the sandbox's dockerd; those that were stopped do not.
  spec.restart_policy = "unless-stopped";
  spec.memory_bytes = request.memory_mb * 1024 * 1024;
  // The kernel refuses more than the level above has.
  spec.nano_cpus = std::min(request.vcpus, setup.rights.cpus) * 1'000'000'000;
  spec.cpu_shares = request.vcpus > 0 ? request.vcpus * kShares : kShares;
  spec.pids_limit = kPidsLimit;
  spec.open_files = setup.rights.open_files;
  return spec;
}

}  // namespace agent
