/// Sessions as the API's clients see them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "wire/exposure.hpp"
#include "wire/ids.hpp"

namespace wire {

/// The spelling is the name.
enum class SessionState { starting, running, stopping, stopped, failed };

[[nodiscard]] std::string_view to_string(SessionState state);
[[nodiscard]] base::Result<SessionState> parse_session_state(std::string_view text);

/// Body of POST /api/v1/sessions.
struct NewSession {
  std::optional<std::string> name;
  std::optional<std::string> image;
  std::string container_type = "headless";
  std::int64_t vcpus = 0;      // limit; 0: none
  std::int64_t memory_mb = 0;  // limit in MiB; 0: none
  std::map<std::string, std::string> env;
};

/// Fails with malformed or invalid_argument naming the field.
[[nodiscard]] base::Result<NewSession> decode_new_session(std::string_view body);

/// A name that Helix sets itself, or that must not be set for the session's programs.
[[nodiscard]] bool is_reserved_variable(std::string_view name);

struct Session {
  SessionId id;
  std::string name;
  UserId owner;
  SessionState state = SessionState::starting;
  std::string status_message;
  std::optional<SandboxId> sandbox;
  std::string image;
  std::string container_type;
  std::int64_t vcpus = 0;
  std::int64_t memory_mb = 0;
  std::optional<std::string> docker_version;
  base::Time created_at;
  base::Time updated_at;
  std::optional<base::Time> started_at;
  std::vector<Exposure> exposed_ports;
};

/// `headless-external-<ulid>`.
[[nodiscard]] std::string container_name(const SessionId& id, std::string_view container_type);

[[nodiscard]] boost::json::object to_json(const Session& session);

}  // namespace wire
