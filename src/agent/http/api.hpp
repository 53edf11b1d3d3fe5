/// hydra's HTTP API on its unix socket: routes, and answers to what the control plane asks.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "agent/log_ring.hpp"
#include "agent/sessions/session_dialer.hpp"
#include "agent/sessions/session_files.hpp"
#include "agent/sessions/session_service.hpp"
#include "base/log.hpp"
#include "engine/engine.hpp"
#include "io/http/router.hpp"
#include "io/http/server.hpp"
#include "wire/dev_container.hpp"

namespace agent {

/// What GET /health answers.
struct Health {
  std::string status;  // "ok", or "starting", "degraded", "stopping"
  std::string step;    // what is being done, or what is wrong and what to do
  bool docker_ready = false;
  std::string docker_version;
};

/// Everything it refers to must outlive it.
class Api {
 public:
  struct Parts {
    SessionService& sessions;
    SessionDialer& dialer;
    SessionFiles& files;
    engine::Engine& engine;
    LogRing& log_lines;
    std::function<Health()> health;
    std::function<io::Task<wire::SystemStats>()> stats;
  };

  Api(Parts parts, base::Log log);

  /// Handles one request; give it to an io::http::Server.
  io::Task<void> handle(io::http::Exchange& exchange);

 private:
  using Exchange = io::http::Exchange;
  using Params = io::http::PathParams;
  using Method = io::Task<void> (Api::*)(Exchange&, Params);

  void add(std::string method, std::string pattern, Method handler);

  io::Task<void> get_health(Exchange& exchange, Params params);
  io::Task<void> get_stats(Exchange& exchange, Params params);
  io::Task<void> follow_own_log(Exchange& exchange, Params params);
  io::Task<void> create(Exchange& exchange, Params params);
  io::Task<void> list(Exchange& exchange, Params params);
  io::Task<void> get(Exchange& exchange, Params params);
  io::Task<void> stop(Exchange& exchange, Params params);
  io::Task<void> remove(Exchange& exchange, Params params);
  io::Task<void> reconcile(Exchange& exchange, Params params);
  io::Task<void> get_log(Exchange& exchange, Params params);
  io::Task<void> exec(Exchange& exchange, Params params);
  io::Task<void> proxy(Exchange& exchange, Params params);

  Parts parts_;
  base::Log log_;
  io::http::Router router_;
  std::vector<Method> handlers_;
};

}  // namespace agent
