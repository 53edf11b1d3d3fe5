/// hydra as a whole: a level's daemons, its sessions, its API and its way to the control plane, in start
/// order.
#pragma once

#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>

#include "agent/config.hpp"
#include "agent/control/control_plane.hpp"
#include "agent/http/api.hpp"
#include "agent/log_ring.hpp"
#include "agent/network/bridge_guard.hpp"
#include "agent/registry/registry.hpp"
#include "agent/sessions/session_dialer.hpp"
#include "agent/sessions/session_files.hpp"
#include "agent/sessions/session_service.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "engine/docker/docker_engine.hpp"
#include "io/http/server.hpp"
#include "io/net.hpp"
#include "io/task_group.hpp"
#include "nest/daemon_supervisor.hpp"
#include "nest/prepare.hpp"
#include "tunnel/runner.hpp"

namespace agent {

/// What was found out about the sandbox before anything starts.
struct Ground {
  nest::PreparedLevel prepared;
  std::string iptables_path;    // see nest::probe_iptables
  std::string seccomp_profile;  // JSON text
  std::string certificates;     // PEM text, "" without any
  std::string registry_secret;
};

/// Prepares the container for a dockerd, reads files, installs certificates. The error says what to change.
io::Task<base::Result<Ground>> prepare_ground(const Config& config, base::Log log);

class Agent {
 public:
  /// `config` and `lines` must outlive it.
  Agent(const boost::asio::any_io_executor& executor, const Config& config, Ground ground, LogRing& lines,
        base::Log log);

  enum class End {
    stopped,   // with all sessions and daemons: the container ends
    replaced,  // run the program anew; sessions and daemons go on
  };
  /// Runs until a signal: SIGTERM and SIGINT stop the sandbox, SIGHUP replaces the program by its newest
  /// version. Fails with conflict or internal when the API's socket cannot be made.
  io::Task<base::Result<End>> run();

 private:
  io::Task<void> start_daemons();
  io::Task<void> join_control_plane();
  io::Task<void> open_tunnel();
  io::Task<End> wait_for_signal();
  io::Task<void> stop_everything();
  io::Task<void> on_engine_ready();
  io::Task<base::Result<std::vector<Attachment>>> attachments();
  io::Task<wire::Heartbeat> heartbeat();
  io::Task<wire::SystemStats> stats();
  [[nodiscard]] Health health() const;

  boost::asio::any_io_executor executor_;
  const Config& config_;
  Ground ground_;
  base::Log log_;
  base::SystemRandom random_;
  io::UnixConnector docker_connector_;
  engine::DockerEngine engine_;
  SessionFiles files_;
  SessionService sessions_;
  SessionDialer dialer_;
  BridgeGuard guard_;
  nest::DaemonSupervisor dns_;
  nest::DaemonSupervisor dockerd_;
  nest::DaemonSupervisor registry_;
  nest::DaemonSupervisor read_only_registry_;
  Api api_;
  io::http::Server server_;
  io::UnixConnector own_connector_;
  ControlPlane control_;
  tunnel::Runner runner_;
  io::TaskGroup tasks_;
  std::string docker_version_;
  bool stopping_ = false;
};

}  // namespace agent
