/// One session's bridge as a whole: the parts in their start order, and their ends in reverse.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "bridge/exec_service.hpp"
#include "bridge/http_api.hpp"
#include "bridge/ports.hpp"
#include "bridge/session_config.hpp"
#include "bridge/session_docker.hpp"
#include "io/http/server.hpp"
#include "io/task_group.hpp"
#include "tunnel/runner.hpp"

namespace bridge {

/// How a bridge was told to end.
enum class End {
  stop,    // SIGTERM: the session's docker has been stopped
  restart  // SIGHUP: only this program goes; docker and detached commands live on
};

struct Places {
  std::filesystem::path session = "/run/helix/session";  // env, bridge.sock
  /// Reads `session`/env over our own environment.
  [[nodiscard]] base::Result<SessionConfig> read_config() const;
};

class Bridge {
 public:
  Bridge(const io::asio::any_io_executor& executor, Places places, SessionConfig config, base::Log log);

  /// Until SIGTERM, SIGINT or SIGHUP. Fails when bridge.sock cannot be made.
  io::Task<base::Result<End>> run();

 private:
  io::Task<End> wait_for_signal();
  io::Task<void> shut_down(End end);
  base::Result<void> reload();
  [[nodiscard]] ApiParts api_parts();
  [[nodiscard]] tunnel::RunnerOptions runner_options() const;
  [[nodiscard]] ExecOptions exec_options() const;

  io::asio::any_io_executor executor_;
  Places places_;
  SessionConfig config_;
  base::Log log_;
  base::SystemRandom random_;
  SessionDocker docker_;
  PortFinder ports_;
  ExecService execs_;
  HttpApi api_;
  io::http::Server server_;
  io::UnixConnector local_;
  tunnel::Runner runner_;
  io::TaskGroup tasks_;  // last: its tasks end before what they use
};

}  // namespace bridge
