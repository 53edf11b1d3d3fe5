/// hydra's own calls to the control plane: enrolment once, a heartbeat every 30 s.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>

#include "agent/config.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "base/secret.hpp"
#include "io/net.hpp"
#include "io/task.hpp"
#include "wire/sandbox.hpp"

namespace agent {

/// Offline after three of these without one. contracts.md.
inline constexpr std::chrono::seconds kHeartbeatEvery{30};
/// A sandbox whose engine comes up or that gets an image takes sessions at once, not a beat later. Chosen.
inline constexpr std::chrono::seconds kLookForChangeEvery{2};

class ControlPlane {
 public:
  /// The sandbox's state as it is now.
  using Snapshot = std::function<io::Task<wire::Heartbeat>()>;

  ControlPlane(const Config& config, base::Log log);

  /// Takes the sandbox's own token from its file, or exchanges the shared one for it; tries until it has one.
  /// A server that knows no enrolment is served with the shared token.
  io::Task<void> enrol();
  /// Beats until cancelled, out of turn when room or images change. Losing a beat is normal: logs it and goes
  /// on. A token that is refused is exchanged anew.
  io::Task<void> beat(Snapshot snapshot);

  /// What the tunnel shows. Empty before enrol() succeeded.
  [[nodiscard]] const base::Secret& token() const { return token_; }
  [[nodiscard]] bool enrolled() const { return !token_.empty(); }
  /// Why the last call failed, "" after a success.
  [[nodiscard]] const std::string& last_error() const { return last_error_; }

 private:
  io::Task<base::Result<base::Secret>> exchange_token();
  io::Task<base::Result<void>> send(wire::Heartbeat heartbeat);
  /// Returns when the next beat is due, or when the sandbox has other room or other images than in `last`.
  io::Task<void> wait_for_change(Snapshot snapshot, wire::Heartbeat last);

  const Config& config_;
  base::Log log_;
  io::TcpConnector connector_;
  std::filesystem::path token_file_;
  base::Secret token_;
  std::string last_error_;
};

}  // namespace agent
