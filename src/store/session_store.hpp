/// Sessions and their places on sandboxes.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "io/task.hpp"
#include "store/user_store.hpp"
#include "wire/ids.hpp"
#include "wire/session.hpp"

namespace store {

struct SessionRecord {
  wire::SessionId id;
  wire::UserId owner;
  std::string name;
  wire::SessionState state = wire::SessionState::starting;
  std::string status_message;
  std::optional<wire::SandboxId> sandbox;
  std::string image;
  std::string container_type;
  std::int64_t vcpus = 0;
  std::int64_t memory_mb = 0;
  std::map<std::string, std::string> env;  // what the user gave
  std::optional<std::string> docker_version;
  base::Time created_at;
  base::Time updated_at;
  std::optional<base::Time> started_at;  // when it last became running
};

struct SessionEvent {
  base::Time at;
  std::string message;
};

/// A sandbox that would take a session, and how many it takes in all.
struct Candidate {
  wire::SandboxId sandbox;
  std::int64_t most_sessions = 0;
};

/// What remains to be done on a sandbox for a session that ended.
enum class Cleanup {
  none,
  stop,   // the container stops, its data stays
  remove  // all of it goes
};

/// A step of a session's life. Everything in it is written at once.
struct SessionChange {
  std::optional<wire::SessionState> state = {};
  std::optional<std::string> status_message = {};
  std::optional<std::string> docker_version = {};
  std::optional<base::Time> started_at = {};
  std::vector<SessionEvent> events = {};
  bool drop_keys = false;
  Cleanup cleanup = Cleanup::none;
};

/// Events kept a session; older ones go. Chosen.
inline constexpr int kMostEvents = 500;

/// Reads are immediate and throw ReadFailure; writes fail with the codes named, or internal and unavailable.
class SessionStore {
 public:
  virtual ~SessionStore() = default;

  [[nodiscard]] virtual std::optional<SessionRecord> find(const wire::SessionId& id) = 0;
  /// Oldest first; of one owner, or all.
  [[nodiscard]] virtual std::vector<SessionRecord> list(const std::optional<wire::UserId>& owner) = 0;
  [[nodiscard]] virtual std::vector<SessionRecord> list_on(const wire::SandboxId& sandbox) = 0;
  [[nodiscard]] virtual std::vector<SessionRecord> list_in(wire::SessionState state) = 0;
  /// Sessions that hold a slot (starting, running, stopping) by sandbox; a sandbox without any is left out.
  [[nodiscard]] virtual std::map<wire::SandboxId, std::int64_t> occupied() = 0;
  [[nodiscard]] virtual std::vector<SessionEvent> events(const wire::SessionId& id) = 0;

  /// Writes the session with its key, placed on the candidate that has room and the fewest sessions; without
  /// any candidate it is written unplaced, in the state it has. Fails with conflict (name taken; no candidate
  /// has room) or too_many (`owner_limit` reached).
  virtual io::Task<base::Result<SessionRecord>> create(SessionRecord session, KeyRecord key,
                                                       std::vector<Candidate> candidates,
                                                       std::int64_t owner_limit) = 0;
  /// Makes a stopped or failed session starting again, with a new key, on one of the candidates.
  /// Fails with not_found, or conflict (other state; no room).
  virtual io::Task<base::Result<SessionRecord>> restart(wire::SessionId id, KeyRecord key,
                                                        std::vector<Candidate> candidates,
                                                        SessionEvent event) = 0;
  /// Fails with not_found, or with conflict when the session is in none of the states `from`.
  virtual io::Task<base::Result<SessionRecord>> change(wire::SessionId id,
                                                       std::vector<wire::SessionState> from,
                                                       SessionChange change, base::Time now) = 0;
  /// The session goes with its keys, exposures and events; a removal stays for its sandbox. Fails with
  /// not_found.
  virtual io::Task<base::Result<SessionRecord>> remove(wire::SessionId id, base::Time now) = 0;
};

}  // namespace store
