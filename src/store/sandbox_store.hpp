/// Sandboxes: their tokens and what they last reported.
#pragma once

#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "io/task.hpp"
#include "store/user_store.hpp"
#include "wire/ids.hpp"
#include "wire/sandbox.hpp"

namespace store {

struct SandboxRecord {
  wire::SandboxId id;
  std::optional<TokenHash> token;
  bool token_used = false;
  bool draining = false;
  wire::Heartbeat report;
  std::optional<base::Time> last_seen_at;
  base::Time created_at;
};

/// Reads are immediate and throw ReadFailure; writes fail with the codes named, or internal and unavailable.
class SandboxStore {
 public:
  virtual ~SandboxStore() = default;

  [[nodiscard]] virtual std::optional<SandboxRecord> find_sandbox(const wire::SandboxId& id) = 0;
  [[nodiscard]] virtual std::optional<SandboxRecord> find_sandbox(const TokenHash& token) = 0;
  /// By id.
  [[nodiscard]] virtual std::vector<SandboxRecord> list_sandboxes() = 0;

  /// Gives the name its token, or another one as long as the last was never used (its answer may have been
  /// lost). Fails with conflict when the name holds a token in use.
  virtual io::Task<base::Result<void>> enrol(wire::SandboxId id, TokenHash token, base::Time now) = 0;
  /// The sandbox has shown that it holds its token.
  virtual io::Task<base::Result<void>> mark_token_used(wire::SandboxId id) = 0;
  /// The name may be enrolled again; its token ends. Fails with not_found.
  virtual io::Task<base::Result<void>> drop_token(wire::SandboxId id) = 0;
  /// Makes the sandbox known where it is not.
  virtual io::Task<base::Result<void>> note_heartbeat(wire::SandboxId id, wire::Heartbeat report,
                                                      base::Time now) = 0;
  /// Fails with not_found.
  virtual io::Task<base::Result<void>> set_draining(wire::SandboxId id, bool draining) = 0;
  /// Fails with not_found, or conflict while sessions have their place there.
  virtual io::Task<base::Result<void>> remove_sandbox(wire::SandboxId id) = 0;
};

}  // namespace store
