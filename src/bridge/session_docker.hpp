/// The session's own Docker engine: prepares the level, keeps dockerd and its DNS forwarder running, says how
/// they are.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>

#include "base/error.hpp"
#include "base/log.hpp"
#include "bridge/ports.hpp"
#include "bridge/session_config.hpp"
#include "io/task.hpp"
#include "io/task_group.hpp"
#include "nest/daemon_supervisor.hpp"
#include "nest/prepare.hpp"
#include "wire/bridge_health.hpp"

namespace bridge {

class SessionDocker {
 public:
  SessionDocker(const io::asio::any_io_executor& executor, const SessionConfig& config, base::Log log);
  ~SessionDocker();

  /// Until cancelled; the daemons live on then, and the next bridge adopts them. What fails is tried again.
  io::Task<void> run();
  /// Stops the user's containers and the daemons cleanly, at most for `grace`; run() ends.
  io::Task<void> stop(std::chrono::milliseconds grace);

  [[nodiscard]] wire::BridgeHealth health() const;
  /// The engine's own GET /info as JSON. Fails with unavailable or timed_out.
  io::Task<base::Result<std::string>> info();
  /// What the engine's containers publish; none where it does not answer within two seconds.
  io::Task<PublishedPorts> published_ports();

 private:
  io::Task<base::Result<void>> prepare();
  void make_daemons(const nest::PreparedLevel& prepared, const std::string& iptables_path);
  io::Task<void> on_ready();

  io::asio::any_io_executor executor_;
  const SessionConfig& config_;
  base::Log log_;
  io::TaskGroup tasks_;
  std::unique_ptr<nest::DaemonSupervisor> docker_;  // null until the level is prepared
  std::unique_ptr<nest::DaemonSupervisor> dns_;
  std::string step_ = "preparing the container";
  std::string error_;  // of the preparation
  std::string docker_version_;
  bool stopping_ = false;
};

/// Registries that a session's dockerd asks: the sandbox's, which speaks plain HTTP.
struct Registries {
  std::string mirror;    // "http://10.213.0.1:5000"; empty: none
  std::string insecure;  // "10.213.0.1:5000"
};

/// `configured` where it is set, else port 5000 of the level above's bridge. A mirror with https is not
/// insecure.
[[nodiscard]] Registries find_registries(const std::string& configured, const nest::Level& level);

/// The docker client's config.json with the proxies that it hands to containers and builds; "" where there
/// are none.
[[nodiscard]] std::string docker_client_config(const nest::Environment& variables);

}  // namespace bridge
