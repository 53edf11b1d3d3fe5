/// What the control plane asks of a session's desktop-bridge.
#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "io/task.hpp"
#include "server/remote/runners.hpp"
#include "wire/bridge_health.hpp"
#include "wire/ids.hpp"
#include "wire/listening_port.hpp"

namespace server {

/// Every call fails with unavailable (the bridge is away), timed_out, or what the bridge answered.
class BridgeApi {
 public:
  virtual ~BridgeApi() = default;
  [[nodiscard]] virtual bool connected(const wire::SessionId& session) const = 0;
  virtual io::Task<base::Result<wire::BridgeHealth>> health(wire::SessionId session) = 0;
  /// The version that the session's own `docker info` tells.
  virtual io::Task<base::Result<std::string>> docker_version(wire::SessionId session) = 0;
  /// What listens in the session.
  virtual io::Task<base::Result<std::vector<wire::ListeningPort>>> listening_ports(
      wire::SessionId session) = 0;
};

/// Over the tunnel.
class TunnelBridgeApi : public BridgeApi {
 public:
  explicit TunnelBridgeApi(Runners& runners) : runners_(runners) {}
  [[nodiscard]] bool connected(const wire::SessionId& session) const override;
  io::Task<base::Result<wire::BridgeHealth>> health(wire::SessionId session) override;
  io::Task<base::Result<std::string>> docker_version(wire::SessionId session) override;
  io::Task<base::Result<std::vector<wire::ListeningPort>>> listening_ports(wire::SessionId session) override;

 private:
  Runners& runners_;
};

}  // namespace server
