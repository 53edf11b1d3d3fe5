/// How a level's dockerd is started: its argument vector, what is cleaned up before, how it is asked whether
/// it is ready.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "io/task.hpp"
#include "nest/daemon_supervisor.hpp"
#include "nest/level.hpp"

namespace nest {

struct DockerDaemonOptions {
  Level level;
  /// Made before each start where it is missing (see bridge.hpp). Never docker0, which dockerd deletes at
  /// times.
  std::string bridge = "helix0";
  int mtu = 1500;
  bool live_restore = false;                     // for a sandbox; never for a session, where swarm refuses it
  std::vector<std::string> registry_mirrors;     // "http://10.213.0.1:5001"
  std::vector<std::string> insecure_registries;  // "10.213.0.1:5000"
  std::vector<std::string> more_arguments;       // e.g. "--icc=false"
  std::string iptables_path;                     // directory to put first in its PATH, from probe_iptables()
  std::filesystem::path runtime =
      "/opt/helix/bin/helix-runtime";  // of containers and builds where the file exists
  std::filesystem::path data_root = "/var/lib/docker";
  std::filesystem::path exec_root = "/var/run/docker";
  std::filesystem::path socket = "/var/run/docker.sock";
  std::filesystem::path pid_file = "/var/run/docker.pid";
  std::filesystem::path state_dir = "/run/helix";  // record and log file
};

/// overlay2 and the level's --dns, pools and address are always given.
[[nodiscard]] std::vector<std::string> dockerd_argv(const DockerDaemonOptions& options, bool runtime_present);

/// A complete spec: probe is GET /_ping; before_start makes the bridge, sets FORWARD to DROP (dockerd does
/// that only where it turned forwarding on itself), removes stale pid files and, without live_restore, ends
/// what an earlier dockerd left running: dockerd itself would stop those containers as if by hand, and then
/// `unless-stopped` ones would stay down.
[[nodiscard]] DaemonSpec docker_daemon_spec(DockerDaemonOptions options, base::Log log);

struct DockerInfo {
  std::string version;
  std::string storage_driver;
  std::string json;  // the whole answer
};

/// GET /info of the engine on `socket`. Fails with unavailable, timed_out or malformed.
io::Task<base::Result<DockerInfo>> docker_info(std::filesystem::path socket, std::chrono::milliseconds limit);

/// Removes pid files of dockerd and its containerd whose process is gone or is something else.
void remove_stale_pid_files(const DockerDaemonOptions& options);

/// Ends the containers' processes of a dockerd that is gone: SIGTERM, after `grace` SIGKILL. Their shims stay
/// and tell the next dockerd how they ended. Returns how many containers there were.
io::Task<int> end_leftovers(std::filesystem::path exec_root, std::chrono::milliseconds grace);

/// Which iptables works in this network namespace: empty when the default one does, else a directory with
/// links to the back end that does (nft or legacy). Fails with unavailable when none works.
io::Task<base::Result<std::string>> probe_iptables(std::filesystem::path link_dir);

}  // namespace nest
