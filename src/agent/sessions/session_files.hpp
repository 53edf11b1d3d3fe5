/// A session's directories and small files on the sandbox's data disk.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "agent/sessions/names.hpp"
#include "base/error.hpp"
#include "io/task.hpp"

namespace agent {

/// What every session of this sandbox gets besides its own variables.
struct SessionExtras {
  std::vector<std::string> env;  // KEY=VALUE: proxies; a session's own value wins
  std::string certificates;      // PEM text, "" without any
};

/// Blocks for the length of a few small file operations, except remove() and refresh_programs(). What a
/// session can write to is never opened here: files are written elsewhere and renamed into it.
class SessionFiles {
 public:
  SessionFiles(std::filesystem::path data, SessionExtras extras);

  [[nodiscard]] SessionPaths paths(const wire::SessionId& id) const { return SessionPaths(data_, id); }

  /// Makes the directories and writes the env file, replacing an older one. Returns true when there were none
  /// before. Fails with unavailable (disk full) or internal.
  [[nodiscard]] base::Result<bool> prepare(const wire::SessionId& id, const std::vector<std::string>& env);
  /// Brings the session's own copy of the programs in `source` up to date and tells which of them were
  /// replaced. One call at a time per session. Fails with not_found (no programs), timed_out, internal.
  io::Task<base::Result<std::vector<std::string>>> refresh_programs(wire::SessionId id,
                                                                    std::filesystem::path source);
  /// Removes everything, the workspace too. Also succeeds when there is nothing. May take long for a large
  /// workspace.
  io::Task<base::Result<void>> remove(wire::SessionId id);

  /// Whether somebody wants the session stopped.
  [[nodiscard]] bool wants_stopped(const wire::SessionId& id) const;
  [[nodiscard]] base::Result<void> set_wants_stopped(const wire::SessionId& id, bool stopped);

  /// Sessions that have a file or directory here.
  [[nodiscard]] std::set<wire::SessionId> sessions() const;

 private:
  std::filesystem::path data_;
  SessionExtras extras_;
};

/// Text of an env file: `extras` first, then `env`, the last value of a key only.
[[nodiscard]] std::string env_file_text(const std::vector<std::string>& extras,
                                        const std::vector<std::string>& env);

}  // namespace agent
