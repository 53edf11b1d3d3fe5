/// Lowers what a container asks for in its OCI config.json to what this level holds itself, so that runc can
/// grant it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace nest {

/// One line of a cgroup v1 devices.list.
struct DeviceRule {
  char type = 'a';          // a, b or c
  std::int64_t major = -1;  // -1: any
  std::int64_t minor = -1;
  std::string access = "rwm";

  /// True when everything that `asked` allows is allowed by this one.
  [[nodiscard]] bool covers(const DeviceRule& asked) const;
};

[[nodiscard]] std::vector<DeviceRule> parse_devices_list(std::string_view text);

/// What this process holds.
struct HeldRights {
  std::uint64_t capabilities = 0;             // bounding set, one bit per number
  bool raises_limits = false;                 // CAP_SYS_RESOURCE
  std::map<std::string, std::uint64_t> hard;  // "RLIMIT_NOFILE" → hard limit
  int lowest_oom_score_adj = -1000;
  std::optional<std::vector<DeviceRule>> devices;  // nullopt: all, or it cannot be known
};

struct Clamped {
  std::string json;                // of the whole document
  std::vector<std::string> notes;  // what was lowered, e.g. "rlimit RLIMIT_NOFILE 1048576 -> 524288"
};

/// Largest config.json that is looked at. Chosen; Docker's are about 20 KiB.
inline constexpr std::size_t kMaxOciConfigBytes = 4 * 1024 * 1024;

/// `config` is a whole config.json. Fields that it does not know stay. Fails with malformed or too_large.
[[nodiscard]] base::Result<Clamped> clamp_config(std::string_view config, const HeldRights& held);
/// The same for the process object alone, as `runc exec --process` takes it.
[[nodiscard]] base::Result<Clamped> clamp_process(std::string_view process, const HeldRights& held);

/// The lowest value asked for in process.oomScoreAdj of a config or process document, nullopt without one.
[[nodiscard]] std::optional<int> asked_oom_score_adj(std::string_view json);

}  // namespace nest
