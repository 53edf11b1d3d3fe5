/// Sandboxes as the API's clients see them, and what their hydra reports.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "wire/ids.hpp"

namespace wire {

struct Disk {
  std::uint64_t total_bytes = 0;
  std::uint64_t free_bytes = 0;
};

/// Body of POST /api/v1/sandboxes/{id}/heartbeat.
struct Heartbeat {
  std::string version;
  std::string docker_version;
  std::int64_t depth = 1;
  std::int64_t max_sessions = 0;
  std::vector<std::string> images;
  Disk disk;
};

/// Fails with malformed or invalid_argument. Fields that are not known are ignored: the sender may be newer.
[[nodiscard]] base::Result<Heartbeat> decode_heartbeat(std::string_view body);
[[nodiscard]] std::string encode(const Heartbeat& heartbeat);

/// The spelling is the name.
enum class SandboxState { online, offline, draining };
[[nodiscard]] std::string_view to_string(SandboxState state);

struct Sandbox {
  SandboxId id;
  SandboxState state = SandboxState::offline;
  std::int64_t sessions = 0;
  std::optional<base::Time> last_seen_at;
  Heartbeat report;  // the last one
};

[[nodiscard]] boost::json::object to_json(const Sandbox& sandbox);

/// Body of POST …/drain; an empty body drains. Fails with malformed or invalid_argument.
[[nodiscard]] base::Result<bool> decode_drain(std::string_view body);

/// Answer of POST …/enrol.
[[nodiscard]] std::string encode_sandbox_token(std::string_view token);
[[nodiscard]] base::Result<std::string> decode_sandbox_token(std::string_view body);

}  // namespace wire
