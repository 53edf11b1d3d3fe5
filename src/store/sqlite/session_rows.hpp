/// Sessions as rows, for the files that read and write them.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "store/session_store.hpp"
#include "store/sqlite/database.hpp"

namespace store::sqlite {

/// Columns in the order that session_at() reads.
#define HELIX_SESSION_COLUMNS                                                                       \
  "id, owner, name, state, status_message, sandbox, image, container_type, vcpus, memory_mb, env, " \
  "docker_version, "                                                                                \
  "created_at, updated_at, started_at"

[[nodiscard]] SessionRecord session_at(const Statement& row);
[[nodiscard]] std::optional<SessionRecord> find_session(Database& database, const wire::SessionId& id);
[[nodiscard]] base::Result<void> insert_session(Database& database, const SessionRecord& session);
/// State, status, sandbox, docker_version and times, as they are in `session`.
[[nodiscard]] base::Result<void> update_session(Database& database, const SessionRecord& session);
[[nodiscard]] base::Result<void> insert_events(Database& database, const wire::SessionId& id,
                                               const std::vector<SessionEvent>& events);

/// The candidate with room and the fewest sessions; the first of those that are equal.
/// Fails with conflict when none has room.
[[nodiscard]] base::Result<wire::SandboxId> choose_place(Database& database,
                                                         const std::vector<Candidate>& candidates);

}  // namespace store::sqlite
