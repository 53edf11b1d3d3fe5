/// Sandboxes: how they get their tokens, whether they are there, and which of them would take a session.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/secret.hpp"
#include "server/auth/principal.hpp"
#include "server/remote/runners.hpp"
#include "store/sandbox_store.hpp"
#include "store/session_store.hpp"
#include "wire/sandbox.hpp"

namespace server {

struct SandboxOptions {
  std::chrono::seconds offline_after{90};  // without a heartbeat; contracts.md
  std::chrono::seconds tunnel_grace{15};   // without a tunnel: hydra restarts in less; chosen
  bool legacy_tokens = true;               // the shared token may speak for names that hold none of their own
  double least_free_part = 0.02;           // of its disk, or it takes no new session; product.md, lesson 10
};

/// Where a session with some image could go.
struct PlacementChoice {
  std::vector<store::Candidate> fit;  // online, not draining, has the image and room on its disk
  bool any_online = false;
  bool image_known = false;  // by a sandbox that is online
};

class Sandboxes {
 public:
  Sandboxes(store::SandboxStore& store, store::SessionStore& sessions, Runners& runners,
            const base::Clock& clock, base::Random& random, SandboxOptions options, base::Log log);

  /// Fails with conflict while the name holds a token in use.
  io::Task<base::Result<base::Secret>> enrol(wire::SandboxId id);
  /// Frees the name; its token and tunnel end. Fails with not_found.
  io::Task<base::Result<void>> free_name(wire::SandboxId id);
  /// Fails with forbidden when `caller` may not speak for `id`.
  io::Task<base::Result<void>> note_heartbeat(Principal caller, wire::SandboxId id, wire::Heartbeat report);
  io::Task<base::Result<void>> set_draining(wire::SandboxId id, bool draining);
  /// Fails with not_found, or conflict while sessions have their place there.
  io::Task<base::Result<void>> remove(wire::SandboxId id);

  [[nodiscard]] std::vector<wire::Sandbox> list();
  [[nodiscard]] std::optional<wire::Sandbox> find(const wire::SandboxId& id);

  /// Whether `caller` may hold the tunnel of this runner id. Fails with forbidden, or invalid_argument for an
  /// id that is neither hydra-… nor desktop-….
  [[nodiscard]] base::Result<void> check_claim(const Principal& caller, const std::string& runner_id);
  /// Tells operators that the shared token was used for more than enrolling.
  void note_shared_token(const std::string& runner_id, std::string_view use);

  [[nodiscard]] PlacementChoice candidates(const std::string& image);
  /// The sandbox itself where it is online and has room on its disk, draining or not.
  [[nodiscard]] std::vector<store::Candidate> candidate(const wire::SandboxId& id);
  /// Images of the sandboxes that are online, sorted.
  [[nodiscard]] std::vector<std::string> images();
  [[nodiscard]] bool online(const wire::SandboxId& id);
  /// nullopt while it is online.
  [[nodiscard]] std::optional<base::Time> away_since(const wire::SandboxId& id);

  /// To be called when a hydra's tunnel ended or came.
  void on_disconnected(const wire::SandboxId& id) { lost_at_[id] = clock_.now(); }
  void on_connected(const wire::SandboxId& id) { lost_at_.erase(id); }

 private:
  [[nodiscard]] bool is_online(const store::SandboxRecord& record) const;
  [[nodiscard]] bool has_disk(const store::SandboxRecord& record) const;
  [[nodiscard]] wire::Sandbox view(const store::SandboxRecord& record,
                                   const std::map<wire::SandboxId, std::int64_t>& occupied) const;
  /// The shared token for a name of its own: allowed unless switched off.
  [[nodiscard]] base::Result<void> check_shared_token(const wire::SandboxId& id);

  store::SandboxStore& store_;
  store::SessionStore& sessions_;
  Runners& runners_;
  const base::Clock& clock_;
  base::Random& random_;
  SandboxOptions options_;
  base::Log log_;
  std::map<wire::SandboxId, base::Time> lost_at_;  // tunnels that ended since we started
};

}  // namespace server
