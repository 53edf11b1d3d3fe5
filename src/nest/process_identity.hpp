/// Recognises a daemon that an earlier life of our program started, never a stranger that got its pid.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "base/error.hpp"

namespace nest {

/// A pid alone may be another process by now; with its start time it may not.
struct ProcessIdentity {
  pid_t pid = 0;
  std::uint64_t start_ticks = 0;  // since boot, field 22 of /proc/<pid>/stat

  [[nodiscard]] bool operator==(const ProcessIdentity&) const = default;
};

/// nullopt when there is no such process, or only its zombie.
[[nodiscard]] std::optional<ProcessIdentity> identify(pid_t pid);
[[nodiscard]] bool is_alive(const ProcessIdentity& identity);

/// Field 22 of a stat line whose second field may hold spaces and brackets; nullopt for other text.
[[nodiscard]] std::optional<std::uint64_t> parse_start_ticks(std::string_view stat_line);

/// The file is replaced atomically; "<pid> <start ticks>\n".
[[nodiscard]] base::Result<void> write_identity(const std::filesystem::path& path,
                                                const ProcessIdentity& identity);
/// nullopt when the file is absent, unreadable, or tells of a process that is gone.
[[nodiscard]] std::optional<ProcessIdentity> read_live_identity(const std::filesystem::path& path);

/// Command line of a process, empty when it is gone.
[[nodiscard]] std::vector<std::string> command_line(pid_t pid);
/// Processes of our own PID namespace (not of containers below) whose program is named `program` and that
/// have `argument` among their arguments.
[[nodiscard]] std::vector<ProcessIdentity> find_processes(std::string_view program,
                                                          std::string_view argument);
/// All descendants of `pid`, children first.
[[nodiscard]] std::vector<pid_t> descendants(pid_t pid);

}  // namespace nest
