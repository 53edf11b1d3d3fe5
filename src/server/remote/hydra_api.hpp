/// What the control plane asks of a sandbox's hydra.
#pragma once

#include <chrono>
#include <vector>

#include "base/error.hpp"
#include "io/task.hpp"
#include "server/remote/runners.hpp"
#include "wire/dev_container.hpp"
#include "wire/ids.hpp"

namespace server {

/// Every call fails with unavailable (the sandbox is away), timed_out, or what hydra answered.
class HydraApi {
 public:
  virtual ~HydraApi() = default;
  /// Idempotent by session: an existing container gets the new environment and is started.
  virtual io::Task<base::Result<wire::DevContainer>> create(wire::SandboxId sandbox,
                                                            wire::NewDevContainer request,
                                                            std::chrono::milliseconds limit) = 0;
  /// Fails with not_found.
  virtual io::Task<base::Result<wire::DevContainer>> get(wire::SandboxId sandbox,
                                                         wire::SessionId session) = 0;
  virtual io::Task<base::Result<std::vector<wire::DevContainer>>> list(wire::SandboxId sandbox) = 0;
  /// Keeps container, volume and workspace. Fails with not_found.
  virtual io::Task<base::Result<void>> stop(wire::SandboxId sandbox, wire::SessionId session) = 0;
  /// All of it goes; succeeds when nothing is there.
  virtual io::Task<base::Result<void>> remove(wire::SandboxId sandbox, wire::SessionId session) = 0;
  virtual io::Task<base::Result<wire::Reconciled>> reconcile(wire::SandboxId sandbox,
                                                             wire::Reconcile request) = 0;
};

/// Over the tunnel.
class TunnelHydraApi : public HydraApi {
 public:
  explicit TunnelHydraApi(Runners& runners) : runners_(runners) {}
  io::Task<base::Result<wire::DevContainer>> create(wire::SandboxId sandbox, wire::NewDevContainer request,
                                                    std::chrono::milliseconds limit) override;
  io::Task<base::Result<wire::DevContainer>> get(wire::SandboxId sandbox, wire::SessionId session) override;
  io::Task<base::Result<std::vector<wire::DevContainer>>> list(wire::SandboxId sandbox) override;
  io::Task<base::Result<void>> stop(wire::SandboxId sandbox, wire::SessionId session) override;
  io::Task<base::Result<void>> remove(wire::SandboxId sandbox, wire::SessionId session) override;
  io::Task<base::Result<wire::Reconciled>> reconcile(wire::SandboxId sandbox,
                                                     wire::Reconcile request) override;

 private:
  Runners& runners_;
};

}  // namespace server
