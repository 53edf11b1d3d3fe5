/// Host limits that every level shares: which one bounds how many sessions fit.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/log.hpp"

namespace nest {

/// One limit, and how many sessions it leaves room for.
struct HostLimit {
  std::string name;         // "fs.inotify.max_user_instances"
  std::uint64_t value = 0;  // in force now
  std::uint64_t per_session = 1;
  std::string raised_from;  // former value where we could raise it

  [[nodiscard]] std::uint64_t sessions() const { return value / per_session; }
};

struct PreflightReport {
  std::vector<HostLimit> limits;
  /// The limit that ends first.
  [[nodiscard]] const HostLimit* tightest() const;
};

/// Reads inotify instances and watches, keyrings, pid_max, bridge ports (a constant of the kernel), hard
/// nofile. What is below what 100 sessions want is raised where `raise` is set and the kernel lets us: these
/// are the machine's own settings, so only its sandbox does that, never a session. What cannot be read is
/// left out.
[[nodiscard]] PreflightReport run_preflight(bool raise);

/// One event "preflight.limit" each, and "preflight.tightest".
void log_preflight(const PreflightReport& report, const base::Log& log);

}  // namespace nest
