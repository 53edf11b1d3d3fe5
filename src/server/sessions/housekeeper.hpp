/// Finishes what ends a session on its sandbox: stops, removals, orphans. Works off what the store says, so a
/// crash or an absent sandbox only delays it.
#pragma once

#include <chrono>
#include <map>
#include <set>
#include <string>

#include <boost/asio/steady_timer.hpp>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "io/task_group.hpp"
#include "server/remote/hydra_api.hpp"
#include "server/sessions/launcher.hpp"
#include "store/removal_store.hpp"
#include "store/sandbox_store.hpp"
#include "store/session_store.hpp"

namespace server {

/// Chosen.
struct HousekeepingLimits {
  std::chrono::milliseconds every{std::chrono::seconds(5)};   // between sweeps that nobody asked for
  std::chrono::milliseconds watch{std::chrono::seconds(30)};  // between looks at what runs
  int ended_looks = 3;                                        // looks in a row that find a container ended
  std::chrono::milliseconds orphan_grace{
      std::chrono::minutes(10)};  // from first sight of what the store does not know
};

struct HousekeeperParts {
  store::SessionStore& sessions;
  store::RemovalStore& removals;
  store::SandboxStore& sandboxes;
  Runners& runners;
  HydraApi& hydra;
  Launcher& launcher;
  LiveStreams& streams;
  const base::Clock& clock;
};

class Housekeeper {
 public:
  Housekeeper(const boost::asio::any_io_executor& executor, HousekeeperParts parts, HousekeepingLimits limits,
              base::Log log);

  /// Sweeps until cancelled.
  io::Task<void> run();
  /// Asks for a sweep now.
  void kick();
  /// A hydra's tunnel came: its remains are compared with the store.
  void on_connected(const wire::SandboxId& sandbox);
  io::Task<void> close();
  /// False when sweeps have failed for a while: nothing that is stopped or deleted would end. For /ready.
  [[nodiscard]] bool well() const;

 private:
  void sweep_caught();
  void sweep();
  void sweep_sandbox(const wire::SandboxId& sandbox);
  void begin(const wire::SessionId& session, std::string name, io::Task<void> task);

  io::Task<void> finish_stop(wire::SessionId session, wire::SandboxId sandbox);
  io::Task<void> finish_removal(store::RemovalRecord removal);
  io::Task<void> compare(wire::SandboxId sandbox);
  io::Task<base::Result<wire::Reconciled>> ask_for_orphans(wire::SandboxId sandbox);
  io::Task<void> remove_orphan(wire::SessionId session, wire::SandboxId sandbox);
  io::Task<void> watch(wire::SandboxId sandbox);
  io::Task<void> give_up(wire::SessionId session, std::string reason);

  struct Orphan {
    wire::SandboxId sandbox;
    std::chrono::steady_clock::time_point seen;
  };

  HousekeeperParts parts_;
  HousekeepingLimits limits_;
  base::Log log_;
  boost::asio::steady_timer kicked_;
  std::chrono::steady_clock::time_point last_sweep_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point watched_ = std::chrono::steady_clock::now();
  std::set<wire::SessionId> busy_;              // sessions about which something is being done
  std::map<wire::SessionId, Orphan> orphans_;   // on a sandbox, unknown to the store
  std::map<wire::SessionId, int> looks_ended_;  // looks in a row that found the container ended
  io::TaskGroup tasks_;
};

}  // namespace server
