/// What is still to be done on sandboxes about sessions that ended: survives restarts and absent sandboxes.
#pragma once

#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "io/task.hpp"
#include "wire/ids.hpp"

namespace store {

struct RemovalRecord {
  wire::SessionId session;
  wire::SandboxId sandbox;
  bool keep_data = false;  // only stop the container
  base::Time requested_at;
};

/// Entries are made by SessionStore, in the transaction that ends the session.
class RemovalStore {
 public:
  virtual ~RemovalStore() = default;
  /// Oldest first.
  [[nodiscard]] virtual std::vector<RemovalRecord> list_removals(const wire::SandboxId& sandbox) = 0;
  [[nodiscard]] virtual std::optional<RemovalRecord> find_removal(const wire::SessionId& session,
                                                                  const wire::SandboxId& sandbox) = 0;
  /// It is done. Nothing happens when there is none.
  virtual io::Task<base::Result<void>> finish_removal(wire::SessionId session, wire::SandboxId sandbox) = 0;
};

}  // namespace store
