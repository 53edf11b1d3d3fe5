#include "wire/session.hpp"

#include <algorithm>
#include <array>

#include <boost/json/array.hpp>

#include "wire/json_object.hpp"

namespace wire {
namespace {

namespace json = boost::json;

// Chosen, as in api/openapi.yaml.
constexpr std::size_t kMostVariables = 100;
constexpr std::size_t kMostVariableBytes = 32 * 1024;
constexpr std::size_t kMostVariableName = 128;
constexpr std::size_t kMostEnvBytes = 48 * 1024;  // hydra takes 64 KiB, our own variables included
constexpr std::size_t kMostName = 63;
constexpr std::size_t kMostImage = 255;

constexpr std::array kStates{
    std::pair{SessionState::starting, std::string_view{"starting"}},
    std::pair{SessionState::running, std::string_view{"running"}},
    std::pair{SessionState::stopping, std::string_view{"stopping"}},
    std::pair{SessionState::stopped, std::string_view{"stopped"}},
    std::pair{SessionState::failed, std::string_view{"failed"}},
};

bool is_alnum(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

bool is_name(std::string_view text) {
  const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  return !text.empty() && text.size() <= kMostName && std::all_of(text.begin(), text.end(), allowed);
}

bool is_image(std::string_view text) {
  constexpr std::string_view kMarks = "._/:@-";
  const auto allowed = [kMarks](char c) { return is_alnum(c) || kMarks.find(c) != std::string_view::npos; };
  return !text.empty() && is_alnum(text.front()) && std::all_of(text.begin(), text.end(), allowed);
}

bool is_variable_name(std::string_view text) {
  const auto allowed = [](char c) { return is_alnum(c) || c == '_'; };
  return !text.empty() && text.size() <= kMostVariableName && !(text.front() >= '0' && text.front() <= '9') &&
         std::all_of(text.begin(), text.end(), allowed);
}

void check_env(ObjectReader& in, const std::map<std::string, std::string>& env) {
  std::size_t bytes = 0;
  for (const auto& [name, value] : env) {
    bytes += name.size() + value.size() + 2;
    const std::string field = "env." + name;
    if (!is_variable_name(name))
      in.refuse(field, "must be named by at most 128 of A-Z, a-z, 0-9 and _, no digit first");
    if (is_reserved_variable(name)) in.refuse(field, "is set by Helix itself");
    if (value.find_first_of(std::string_view("\0\n\r", 3)) != std::string::npos)
      in.refuse(field, "must not contain line breaks or NUL");
  }
  if (bytes > kMostEnvBytes)
    in.refuse("env", "must have at most " + std::to_string(kMostEnvBytes) + " bytes in all");
}

json::value time_or_null(const std::optional<base::Time>& time) {
  if (!time) return nullptr;
  return json::value(base::to_rfc3339(*time));
}

}  // namespace

std::string_view to_string(SessionState state) {
  for (const auto& [value, spelling] : kStates) {
    if (value == state) return spelling;
  }
  return "failed";
}

base::Result<SessionState> parse_session_state(std::string_view text) {
  for (const auto& [value, spelling] : kStates) {
    if (spelling == text) return value;
  }
  return base::fail(base::ErrorCode::invalid_argument, "not a session's state");
}

bool is_reserved_variable(std::string_view name) {
  constexpr std::array<std::string_view, 5> kOwn{"USER_API_TOKEN", "ZED_HELIX_TOKEN", "ANTHROPIC_API_KEY",
                                                 "OPENAI_API_KEY", "RUNNER_TOKEN"};
  return name.starts_with("HELIX_") || std::find(kOwn.begin(), kOwn.end(), name) != kOwn.end();
}

base::Result<NewSession> decode_new_session(std::string_view body) {
  const auto object = parse_json_object(body);
  if (!object) return tl::unexpected(object.error());

  ObjectReader in(*object);
  NewSession out;
  out.name = in.text("name", kMostName);
  if (out.name && !is_name(*out.name)) in.refuse("name", "must be 1 to 63 characters of a-z, 0-9 and -");
  out.image = in.text("image", kMostImage);
  if (out.image && !is_image(*out.image))
    in.refuse("image", "must be an image reference such as helix-headless:latest");
  out.container_type = in.text("container_type", kMostName).value_or(out.container_type);
  if (out.container_type != "headless") in.refuse("container_type", "must be headless");
  out.vcpus = in.integer("vcpus", 0, 1024).value_or(0);
  out.memory_mb = in.integer("memory_mb", 0, 16'777'216).value_or(0);
  out.env =
      in.text_map("env", kMostVariables, kMostVariableBytes).value_or(std::map<std::string, std::string>{});
  check_env(in, out.env);

  const auto done = in.finish();
  if (!done) return tl::unexpected(done.error());
  return out;
}

std::string container_name(const SessionId& id, std::string_view container_type) {
  return std::string(container_type) + "-external-" + std::string(ulid_of(id));
}

json::object to_json(const Session& session) {
  json::array ports;
  for (const auto& exposure : session.exposed_ports) ports.push_back(to_list_item(exposure));
  json::object out{{"id", session.id.text()}, {"name", session.name}, {"owner", session.owner.text()}};
  out["state"] = to_string(session.state);
  out["status_message"] = session.status_message;
  out["sandbox_id"] = session.sandbox ? json::value(session.sandbox->text()) : json::value(nullptr);
  out["image"] = session.image;
  out["container_type"] = session.container_type;
  out["container_name"] = container_name(session.id, session.container_type);
  out["created_at"] = base::to_rfc3339(session.created_at);
  out["updated_at"] = base::to_rfc3339(session.updated_at);
  out["started_at"] = time_or_null(session.started_at);
  out["vcpus"] = session.vcpus;
  out["memory_mb"] = session.memory_mb;
  out["docker_version"] =
      session.docker_version ? json::value(*session.docker_version) : json::value(nullptr);
  out["exposed_ports"] = std::move(ports);
  return out;
}

}  // namespace wire
