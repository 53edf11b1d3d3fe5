#include "wire/dev_container.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace wire {
namespace {

namespace json = boost::json;
using base::ErrorCode;
using base::fail;

constexpr std::array kStates{
    std::pair{DevContainerState::starting, std::string_view{"starting"}},
    std::pair{DevContainerState::running, std::string_view{"running"}},
    std::pair{DevContainerState::stopping, std::string_view{"stopping"}},
    std::pair{DevContainerState::stopped, std::string_view{"stopped"}},
    std::pair{DevContainerState::failed, std::string_view{"failed"}},
};

// Chosen; the control plane's own limits are lower.
constexpr std::size_t kMaxEnv = 256;
constexpr std::size_t kMaxEnvBytes = 64 * 1024;
constexpr std::size_t kMaxSessions = 100'000;
constexpr std::int64_t kMaxMemoryMb = 16'777'216;

base::Result<json::object> parse_object(std::string_view text) {
  json::parse_options options;
  options.max_depth = 32;
  boost::system::error_code error;
  auto value = json::parse(json::string_view(text.data(), text.size()), error, {}, options);
  if (error) return fail(ErrorCode::malformed, "the body is not JSON: " + error.message());
  if (!value.is_object()) return fail(ErrorCode::malformed, "the body is not a JSON object");
  return std::move(value.get_object());
}

/// Takes members of an object, remembering the first one that breaks its rule. Absent and null mean the
/// default.
class Members {
 public:
  explicit Members(const json::object& object) : object_(object) {}

  void text(std::string_view key, std::string& into, std::size_t most = 4096) {
    const auto* value = find(key);
    if (value == nullptr) return;
    if (!value->is_string()) return refuse(key, "must be a string");
    if (value->get_string().size() > most)
      return refuse(key, "is longer than " + std::to_string(most) + " bytes");
    into = std::string(value->get_string());
  }

  void flag(std::string_view key, bool& into) {
    const auto* value = find(key);
    if (value == nullptr) return;
    if (!value->is_bool()) return refuse(key, "must be true or false");
    into = value->get_bool();
  }

  void number(std::string_view key, std::int64_t& into, std::int64_t least, std::int64_t most) {
    const auto* value = find(key);
    if (value == nullptr) return;
    boost::system::error_code error;
    const auto number = value->to_number<std::int64_t>(error);
    if (error || number < least || number > most)
      return refuse(key,
                    "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    into = number;
  }

  void bytes(std::string_view key, std::uint64_t& into) {
    const auto* value = find(key);
    if (value == nullptr) return;
    boost::system::error_code error;
    const auto number = value->to_number<std::uint64_t>(error);
    if (error) return refuse(key, "must be a number of bytes");
    into = number;
  }

  void texts(std::string_view key, std::vector<std::string>& into, std::size_t most, std::size_t most_bytes) {
    const auto* value = array(key, most);
    if (value == nullptr) return;
    into.clear();
    for (const auto& item : *value) {
      if (!item.is_string()) return refuse(key, "must hold strings only");
      if (item.get_string().size() > most_bytes)
        return refuse(key, "holds a string longer than " + std::to_string(most_bytes) + " bytes");
      into.emplace_back(item.get_string());
    }
  }

  /// The array of that name, null when absent or wrong.
  const json::array* array(std::string_view key, std::size_t most) {
    const auto* value = find(key);
    if (value == nullptr) return nullptr;
    if (!value->is_array() || value->get_array().size() > most) {
      refuse(key, "must be an array of at most " + std::to_string(most) + " items");
      return nullptr;
    }
    return &value->get_array();
  }

  void refuse(std::string_view key, std::string_view rule) {
    if (!problem_.empty()) return;
    problem_ = std::string(key) + " " + std::string(rule);
  }

  template <class T>
  base::Result<T> finish(T value) const {
    if (!problem_.empty()) return fail(ErrorCode::invalid_argument, problem_);
    return value;
  }

 private:
  const json::value* find(std::string_view key) const {
    const auto* value = object_.if_contains(key);
    if (value == nullptr || value->is_null()) return nullptr;
    return value;
  }

  const json::object& object_;
  std::string problem_;
};

bool is_env_entry(std::string_view entry) {
  const auto equals = entry.find('=');
  if (equals == std::string_view::npos || equals == 0) return false;
  const auto key = entry.substr(0, equals);
  const auto in_key = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  if (!std::all_of(key.begin(), key.end(), in_key) || (key[0] >= '0' && key[0] <= '9')) return false;
  // The session reads one variable a line.
  constexpr std::string_view kBreaks{"\n\r\0", 3};
  return entry.find_first_of(kBreaks) == std::string_view::npos;
}

bool is_container_type(std::string_view text) {
  const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  return !text.empty() && text.size() <= 24 && text[0] != '-' &&
         std::all_of(text.begin(), text.end(), allowed);
}

bool is_image_name(std::string_view text) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._-/:@").find(c) != std::string_view::npos;
  };
  return !text.empty() && text.size() <= 255 && std::all_of(text.begin(), text.end(), allowed);
}

base::Result<DevContainer> dev_container_of(const json::object& object) {
  Members members(object);
  DevContainer value;
  members.text("session_id", value.session_id);
  members.text("owner", value.owner);
  members.text("container_id", value.container_id);
  members.text("container_name", value.container_name);
  members.text("image", value.image);
  members.text("step", value.step);
  members.text("error", value.error, 16 * 1024);
  members.text("started_at", value.started_at);
  std::string state;
  members.text("state", state);
  const auto known = parse_dev_container_state(state);
  if (known) {
    value.state = *known;
  } else {
    members.refuse("state", "is none that is known");
  }
  if (!is_session_id(value.session_id)) members.refuse("session_id", "must be \"ses_\" and a ULID");
  return members.finish(std::move(value));
}

json::object to_object(const DevContainer& value) {
  return {{"session_id", value.session_id},
          {"owner", value.owner},
          {"container_id", value.container_id},
          {"container_name", value.container_name},
          {"image", value.image},
          {"state", to_string(value.state)},
          {"step", value.step},
          {"error", value.error},
          {"started_at", value.started_at}};
}

json::array to_array(const std::vector<std::string>& texts) {
  json::array array;
  for (const auto& text : texts) array.emplace_back(text);
  return array;
}

}  // namespace

std::string_view to_string(DevContainerState state) {
  for (const auto& [value, spelling] : kStates) {
    if (value == state) return spelling;
  }
  return "failed";
}

std::optional<DevContainerState> parse_dev_container_state(std::string_view text) {
  for (const auto& [value, spelling] : kStates) {
    if (spelling == text) return value;
  }
  return std::nullopt;
}

bool is_session_id(std::string_view text) {
  constexpr std::string_view kPrefix = "ses_";
  constexpr std::string_view kBase32 = "0123456789abcdefghjkmnpqrstvwxyz";
  if (text.size() != kPrefix.size() + 26 || text.substr(0, kPrefix.size()) != kPrefix) return false;
  return text.find_first_not_of(kBase32, kPrefix.size()) == std::string_view::npos;
}

base::Result<NewDevContainer> decode_new_dev_container(std::string_view json) {
  const auto object = parse_object(json);
  if (!object) return tl::unexpected(object.error());

  Members members(*object);
  NewDevContainer value;
  members.text("session_id", value.session_id);
  members.text("owner", value.owner, 128);
  members.text("image", value.image, 255);
  members.text("container_type", value.container_type);
  members.texts("env", value.env, kMaxEnv, kMaxEnvBytes);
  members.number("vcpus", value.vcpus, 0, 1024);
  members.number("memory_mb", value.memory_mb, 0, kMaxMemoryMb);
  members.text("project_id", value.project_id, 128);
  members.text("gpu_vendor", value.gpu_vendor, 32);
  members.flag("persistent", value.persistent);

  if (!is_session_id(value.session_id)) members.refuse("session_id", "must be \"ses_\" and a ULID");
  if (!is_image_name(value.image)) members.refuse("image", "must be an image name");
  if (!is_container_type(value.container_type))
    members.refuse("container_type", "must be 1 to 24 of a-z, 0-9 and -");
  if (!std::all_of(value.env.begin(), value.env.end(), is_env_entry))
    members.refuse("env", "must hold KEY=VALUE without line breaks");
  return members.finish(std::move(value));
}

base::Result<DevContainer> decode_dev_container(std::string_view json) {
  const auto object = parse_object(json);
  if (!object) return tl::unexpected(object.error());
  return dev_container_of(*object);
}

base::Result<std::vector<DevContainer>> decode_dev_containers(std::string_view json) {
  const auto object = parse_object(json);
  if (!object) return tl::unexpected(object.error());

  Members members(*object);
  std::vector<DevContainer> values;
  const auto* items = members.array("dev_containers", kMaxSessions);
  if (items == nullptr) members.refuse("dev_containers", "is missing");
  for (std::size_t i = 0; items != nullptr && i < items->size(); ++i) {
    const auto* item = (*items)[i].if_object();
    if (item == nullptr) return fail(ErrorCode::invalid_argument, "dev_containers must hold objects");
    auto value = dev_container_of(*item);
    if (!value) return tl::unexpected(value.error());
    values.push_back(std::move(*value));
  }
  return members.finish(std::move(values));
}

base::Result<Reconcile> decode_reconcile(std::string_view json) {
  const auto object = parse_object(json);
  if (!object) return tl::unexpected(object.error());

  Members members(*object);
  Reconcile value;
  // A list that is absent by mistake must not delete everything.
  if (!object->contains("sessions")) members.refuse("sessions", "is missing");
  members.texts("sessions", value.sessions, kMaxSessions, 64);
  members.flag("dry_run", value.dry_run);
  members.number("grace_seconds", value.grace_seconds, 0, 86'400);
  if (!std::all_of(value.sessions.begin(), value.sessions.end(), is_session_id))
    members.refuse("sessions", "must hold session ids");
  return members.finish(std::move(value));
}

base::Result<Reconciled> decode_reconciled(std::string_view json) {
  const auto object = parse_object(json);
  if (!object) return tl::unexpected(object.error());

  Members members(*object);
  Reconciled value;
  members.texts("removed", value.removed, kMaxSessions, 64);
  members.flag("dry_run", value.dry_run);
  return members.finish(std::move(value));
}

base::Result<SystemStats> decode_system_stats(std::string_view json) {
  const auto object = parse_object(json);
  if (!object) return tl::unexpected(object.error());

  constexpr std::int64_t kMost = 1'000'000;
  Members members(*object);
  SystemStats value;
  members.text("version", value.version);
  members.text("docker_version", value.docker_version);
  members.text("state", value.state);
  members.text("step", value.step);
  members.number("depth", value.depth, 1, 32);
  members.number("max_sessions", value.max_sessions, 0, kMost);
  members.number("sessions", value.sessions, 0, kMost);
  members.number("cpus", value.cpus, 0, kMost);
  members.bytes("memory_bytes", value.memory_bytes);
  members.bytes("memory_free_bytes", value.memory_free_bytes);
  members.texts("images", value.images, 10'000, 512);
  const auto* disks = members.array("disks", 64);
  for (std::size_t i = 0; disks != nullptr && i < disks->size(); ++i) {
    const auto* item = (*disks)[i].if_object();
    if (item == nullptr) return fail(ErrorCode::invalid_argument, "disks must hold objects");
    Members disk_members(*item);
    DiskUsage disk;
    disk_members.text("path", disk.path);
    disk_members.bytes("total_bytes", disk.total_bytes);
    disk_members.bytes("free_bytes", disk.free_bytes);
    auto decoded = disk_members.finish(std::move(disk));
    if (!decoded) return tl::unexpected(decoded.error());
    value.disks.push_back(std::move(*decoded));
  }
  return members.finish(std::move(value));
}

std::string encode(const NewDevContainer& value) {
  const json::object object{{"session_id", value.session_id}, {"owner", value.owner},
                            {"image", value.image},           {"container_type", value.container_type},
                            {"env", to_array(value.env)},     {"vcpus", value.vcpus},
                            {"memory_mb", value.memory_mb},   {"project_id", value.project_id},
                            {"gpu_vendor", value.gpu_vendor}, {"persistent", value.persistent}};
  return json::serialize(object);
}

std::string encode(const DevContainer& value) { return json::serialize(to_object(value)); }

std::string encode(const std::vector<DevContainer>& values) {
  json::array items;
  for (const auto& value : values) items.emplace_back(to_object(value));
  const json::object object{{"dev_containers", std::move(items)}};
  return json::serialize(object);
}

std::string encode(const Reconcile& value) {
  const json::object object{{"sessions", to_array(value.sessions)},
                            {"dry_run", value.dry_run},
                            {"grace_seconds", value.grace_seconds}};
  return json::serialize(object);
}

std::string encode(const Reconciled& value) {
  const json::object object{{"removed", to_array(value.removed)}, {"dry_run", value.dry_run}};
  return json::serialize(object);
}

std::string encode(const SystemStats& value) {
  json::array disks;
  for (const auto& disk : value.disks) {
    disks.emplace_back(json::object{
        {"path", disk.path}, {"total_bytes", disk.total_bytes}, {"free_bytes", disk.free_bytes}});
  }
  const json::object object{{"version", value.version},
                            {"docker_version", value.docker_version},
                            {"state", value.state},
                            {"step", value.step},
                            {"depth", value.depth},
                            {"max_sessions", value.max_sessions},
                            {"sessions", value.sessions},
                            {"cpus", value.cpus},
                            {"memory_bytes", value.memory_bytes},
                            {"memory_free_bytes", value.memory_free_bytes},
                            {"images", to_array(value.images)},
                            {"disks", std::move(disks)}};
  return json::serialize(object);
}

}  // namespace wire
