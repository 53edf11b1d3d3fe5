/// Values and JSON of hydra's own API: session containers on one sandbox, reconciling them, the sandbox's
/// figures.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace wire {

/// On hydra's answer to a proxied request: nothing in the session took the connection; the body is a problem
/// document that says which address refused. An app's own 503 has no such field.
inline constexpr std::string_view kUnreachableField = "X-Helix-Unreachable";

/// What a session's container is doing. The spelling is the name.
enum class DevContainerState { starting, running, stopping, stopped, failed };

[[nodiscard]] std::string_view to_string(DevContainerState state);
[[nodiscard]] std::optional<DevContainerState> parse_dev_container_state(std::string_view text);

/// Body of POST /api/v1/dev-containers. Only session_id is required. Unknown fields are ignored.
struct NewDevContainer {
  std::string session_id;  // "ses_" + ULID
  std::string owner;       // user id, at most 128 characters
  std::string image = "helix-headless:latest";
  std::string container_type =
      "headless";                // first part of the container's name: [a-z0-9-], 1 to 24 characters
  std::vector<std::string> env;  // "KEY=VALUE" without newlines; at most 256 of them
  std::int64_t vcpus = 0;        // CPU limit; 0: shares instead of a limit
  std::int64_t memory_mb = 0;    // memory limit in MiB; 0: none
  std::string project_id;
  std::string gpu_vendor;  // "" or "none"; others are refused by sandboxes without that GPU
  bool persistent = true;
};

/// A session's container as hydra sees it: answer of POST and GET, one item of the list.
struct DevContainer {
  std::string session_id;
  std::string owner;
  std::string container_id;    // "" until there is one
  std::string container_name;  // "headless-external-<ulid>"
  std::string image;
  DevContainerState state = DevContainerState::starting;
  std::string step;        // what is being done, for people; "" when nothing is
  std::string error;       // why it failed or ended by itself, for people
  std::string started_at;  // RFC 3339, when the container last started; "" before
};

/// Body of POST /api/v1/gc/reconcile.
struct Reconcile {
  std::vector<std::string> sessions;  // those that exist: everything of any other session goes
  bool dry_run = false;               // only tell
  std::int64_t grace_seconds = 60;    // what is younger stays; 0 to 86400
};

/// Its answer: sessions of which something was removed (or would be).
struct Reconciled {
  std::vector<std::string> removed;
  bool dry_run = false;
};

/// Bytes of one file system.
struct DiskUsage {
  std::string path;
  std::uint64_t total_bytes = 0;
  std::uint64_t free_bytes = 0;
};

/// Answer of GET /api/v1/system/stats.
struct SystemStats {
  std::string version;
  std::string docker_version;
  std::string state;  // "ready", "starting", "degraded", "draining"
  std::string step;   // why it is not ready
  std::int64_t depth = 1;
  std::int64_t max_sessions = 0;
  std::int64_t sessions = 0;  // containers that are not stopped
  std::int64_t cpus = 0;
  std::uint64_t memory_bytes = 0;
  std::uint64_t memory_free_bytes = 0;
  std::vector<std::string> images;
  std::vector<DiskUsage> disks;
};

/// True for "ses_" and 26 characters of lower-case Crockford base 32.
[[nodiscard]] bool is_session_id(std::string_view text);

/// Decoders fail with malformed (no JSON object) or invalid_argument naming the field and the rule.
[[nodiscard]] base::Result<NewDevContainer> decode_new_dev_container(std::string_view json);
[[nodiscard]] base::Result<DevContainer> decode_dev_container(std::string_view json);
/// {"dev_containers":[…]}
[[nodiscard]] base::Result<std::vector<DevContainer>> decode_dev_containers(std::string_view json);
[[nodiscard]] base::Result<Reconcile> decode_reconcile(std::string_view json);
[[nodiscard]] base::Result<Reconciled> decode_reconciled(std::string_view json);
[[nodiscard]] base::Result<SystemStats> decode_system_stats(std::string_view json);

[[nodiscard]] std::string encode(const NewDevContainer& value);
[[nodiscard]] std::string encode(const DevContainer& value);
[[nodiscard]] std::string encode(const std::vector<DevContainer>& values);
[[nodiscard]] std::string encode(const Reconcile& value);
[[nodiscard]] std::string encode(const Reconciled& value);
[[nodiscard]] std::string encode(const SystemStats& value);

}  // namespace wire
