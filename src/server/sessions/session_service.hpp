/// What people do with sessions: create, look, stop, start, delete.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/random.hpp"
#include "server/sandboxes/sandboxes.hpp"
#include "server/sessions/housekeeper.hpp"
#include "server/sessions/launcher.hpp"
#include "server/sessions/live_streams.hpp"
#include "store/session_store.hpp"
#include "wire/session.hpp"

namespace server {

struct SessionOptions {
  std::string default_image = "helix-headless:latest";
  std::int64_t sessions_per_owner = 20;
};

struct SessionParts {
  store::SessionStore& sessions;
  Sandboxes& sandboxes;
  Launcher& launcher;
  Housekeeper& housekeeper;
  LiveStreams& streams;
  base::Metrics& metrics;
  const base::Clock& clock;
  base::Random& random;
};

class SessionService {
 public:
  SessionService(SessionParts parts, SessionOptions options, base::Log log)
      : parts_(parts), options_(std::move(options)), log_(std::move(log)) {}

  /// Placed and starting; or failed already, when no sandbox that is online has the image.
  /// Fails with conflict (name taken, no room), too_many, or unavailable (no sandbox is online).
  io::Task<base::Result<store::SessionRecord>> create(wire::UserId owner, wire::NewSession request);

  [[nodiscard]] std::optional<store::SessionRecord> find(const wire::SessionId& id) {
    return parts_.sessions.find(id);
  }
  [[nodiscard]] std::vector<store::SessionRecord> list(const std::optional<wire::UserId>& owner) {
    return parts_.sessions.list(owner);
  }
  /// As clients see it, without its exposures; its status says what is being done, or that its sandbox is
  /// away.
  [[nodiscard]] wire::Session view(const store::SessionRecord& record);

  struct Transition {
    store::SessionRecord session;
    bool under_way = false;  // false: it was so already
  };
  /// Keys and streams end at once. Fails with not_found, or conflict (failed).
  io::Task<base::Result<Transition>> stop(wire::SessionId id);
  /// Fails with not_found, conflict (stopping, no room), unavailable (its sandbox is away).
  io::Task<base::Result<Transition>> start(wire::SessionId id);
  /// In any state, whether its sandbox is there or not. Fails with not_found.
  io::Task<base::Result<void>> remove(wire::SessionId id);

  /// "<time> <event>" lines of the session's life, oldest first.
  [[nodiscard]] std::string event_lines(const wire::SessionId& id);

  /// Takes up what a former life of the program left in the middle.
  void resume();

  [[nodiscard]] const SessionOptions& options() const { return options_; }

 private:
  [[nodiscard]] store::KeyRecord key_record(const store::SessionRecord& session, const base::Secret& secret);
  [[nodiscard]] base::Result<std::vector<store::Candidate>> places_for_restart(
      const store::SessionRecord& session);

  SessionParts parts_;
  SessionOptions options_;
  base::Log log_;
};

}  // namespace server
