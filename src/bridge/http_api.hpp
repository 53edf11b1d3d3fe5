/// The bridge's HTTP API on bridge.sock, reached by the control plane through the tunnel and by hydra
/// directly.
///
///     GET  /health       wire/bridge_health.hpp; always 200
///     GET  /docker/info  the session's own engine's GET /info, 503 while it does not answer
///     GET  /exec         WebSocket, wire/exec.hpp
///     GET  /ports        what listens in the session, ports.hpp
///     POST /reload       takes the env file's new values; 409 with the reason when they are no good
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/log.hpp"
#include "bridge/exec_service.hpp"
#include "bridge/ports.hpp"
#include "io/http/router.hpp"
#include "io/http/server.hpp"
#include "wire/bridge_health.hpp"

namespace bridge {

/// What the API answers with; each is called on the loop.
struct ApiParts {
  std::function<wire::BridgeHealth()> health;
  std::function<io::Task<base::Result<std::string>>()> docker_info;
  std::function<io::Task<std::vector<ListeningPort>>()> ports;
  std::function<base::Result<void>()> reload;
  ExecService& execs;
};

class HttpApi {
 public:
  HttpApi(ApiParts parts, base::Log log);

  /// Answers one request.
  io::Task<void> handle(io::http::Exchange& exchange);

 private:
  enum class Route : std::size_t { health, docker_info, exec, ports, reload };

  io::Task<void> answer(io::http::Exchange& exchange, Route route);
  io::Task<void> answer_docker_info(io::http::Exchange& exchange);
  io::Task<void> answer_ports(io::http::Exchange& exchange);
  io::Task<void> answer_exec(io::http::Exchange& exchange);

  ApiParts parts_;
  base::Log log_;
  io::http::Router router_;
};

}  // namespace bridge
