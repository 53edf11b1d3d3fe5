#include "engine/docker/codec.hpp"

#include <array>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace engine::codec {
namespace {

namespace json = boost::json;
using base::ErrorCode;
using base::fail;

constexpr std::array kStatuses{
    std::pair{ContainerStatus::created, std::string_view{"created"}},
    std::pair{ContainerStatus::running, std::string_view{"running"}},
    std::pair{ContainerStatus::paused, std::string_view{"paused"}},
    std::pair{ContainerStatus::restarting, std::string_view{"restarting"}},
    std::pair{ContainerStatus::removing, std::string_view{"removing"}},
    std::pair{ContainerStatus::exited, std::string_view{"exited"}},
    std::pair{ContainerStatus::dead, std::string_view{"dead"}},
};

// What the engine writes for a time that has not come.
constexpr std::string_view kNoTime = "0001-01-01T00:00:00Z";

const json::object kEmpty;

base::Result<json::value> parse(std::string_view text) {
  boost::system::error_code error;
  auto value = json::parse(json::string_view(text.data(), text.size()), error);
  if (error) return fail(ErrorCode::malformed, "the engine's answer is not JSON: " + error.message());
  return value;
}

base::Result<json::object> parse_object(std::string_view text) {
  auto value = parse(text);
  if (!value) return tl::unexpected(value.error());
  if (!value->is_object()) return fail(ErrorCode::malformed, "the engine's answer is not a JSON object");
  return std::move(value->get_object());
}

const json::object& object_at(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_object() ? value->get_object() : kEmpty;
}

std::string text_at(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr || !value->is_string()) return {};
  return std::string(value->get_string());
}

std::int64_t number_at(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr) return 0;
  boost::system::error_code error;
  const auto number = value->to_number<std::int64_t>(error);
  return error ? 0 : number;
}

bool flag_at(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_bool() && value->get_bool();
}

Labels labels_at(const json::object& object, std::string_view key) {
  Labels labels;
  for (const auto& [name, value] : object_at(object, key)) {
    if (value.is_string()) labels.emplace(std::string(name), std::string(value.get_string()));
  }
  return labels;
}

std::vector<std::string> texts_at(const json::object& object, std::string_view key) {
  std::vector<std::string> texts;
  const auto* value = object.if_contains(key);
  if (value == nullptr || !value->is_array()) return texts;
  for (const auto& item : value->get_array()) {
    if (item.is_string()) texts.emplace_back(item.get_string());
  }
  return texts;
}

std::string without_slash(std::string name) {
  if (!name.empty() && name.front() == '/') name.erase(0, 1);
  return name;
}

base::Result<ContainerStatus> status_of(std::string_view text) {
  for (const auto& [status, spelling] : kStatuses) {
    if (spelling == text) return status;
  }
  return fail(ErrorCode::malformed,
              "the engine tells a container status that is not known: " + std::string(text));
}

json::array to_array(const std::vector<std::string>& texts) {
  json::array array;
  for (const auto& text : texts) array.emplace_back(text);
  return array;
}

json::object to_object(const Labels& labels) {
  json::object object;
  for (const auto& [key, value] : labels) object[key] = value;
  return object;
}

json::array binds_of(const std::vector<Mount>& mounts) {
  json::array binds;
  for (const auto& mount : mounts)
    binds.emplace_back(mount.source + ":" + mount.target + (mount.read_only ? ":ro" : ""));
  return binds;
}

base::Result<std::vector<json::object>> parse_objects(std::string_view text) {
  auto value = parse(text);
  if (!value) return tl::unexpected(value.error());
  if (!value->is_array()) return fail(ErrorCode::malformed, "the engine's answer is not a JSON array");
  std::vector<json::object> objects;
  for (auto& item : value->get_array()) {
    if (!item.is_object())
      return fail(ErrorCode::malformed, "the engine's answer holds what is no JSON object");
    objects.push_back(std::move(item.get_object()));
  }
  return objects;
}

Image image_of(const json::object& object) {
  Image image{text_at(object, "Id"), {}};
  for (auto& tag : texts_at(object, "RepoTags")) {
    if (tag != "<none>:<none>") image.tags.push_back(std::move(tag));
  }
  return image;
}

}  // namespace

std::string encode_spec(const ContainerSpec& spec) {
  json::object host{
      {"Binds", binds_of(spec.mounts)},
      {"CapAdd", to_array(spec.capabilities)},
      {"CapDrop", json::array{"ALL"}},
      {"SecurityOpt", to_array(spec.security_options)},
      {"DeviceCgroupRules", to_array(spec.device_cgroup_rules)},
      {"Dns", to_array(spec.dns)},
      {"RestartPolicy", json::object{{"Name", spec.restart_policy}}},
      {"Memory", spec.memory_bytes},
      {"NanoCpus", spec.nano_cpus},
      {"CpuShares", spec.cpu_shares},
      {"PidsLimit", spec.pids_limit},
      {"LogConfig",
       json::object{{"Type", "json-file"}, {"Config", json::object{{"max-size", "10m"}, {"max-file", "2"}}}}},
  };
  if (!spec.network.empty()) host["NetworkMode"] = spec.network;
  if (spec.open_files > 0) {
    host["Ulimits"] =
        json::array{json::object{{"Name", "nofile"}, {"Soft", spec.open_files}, {"Hard", spec.open_files}}};
  }
  if (!spec.sysctls.empty()) {
    json::object sysctls;
    for (const auto& [key, value] : spec.sysctls) sysctls[key] = value;
    host["Sysctls"] = std::move(sysctls);
  }
  const json::object body{{"Image", spec.image},
                          {"Hostname", spec.hostname},
                          {"Env", to_array(spec.env)},
                          {"Labels", to_object(spec.labels)},
                          {"HostConfig", std::move(host)}};
  return json::serialize(body);
}

std::string encode_label_filter(const std::string& label) {
  const json::object filter{{"label", json::array{label}}};
  return json::serialize(filter);
}

base::Result<Info> decode_info(std::string_view text) {
  const auto object = parse_object(text);
  if (!object) return tl::unexpected(object.error());
  Info info{text_at(*object, "ServerVersion"), text_at(*object, "Driver"),
            number_at(*object, "ContainersRunning")};
  if (info.version.empty()) return fail(ErrorCode::malformed, "the engine's answer has no ServerVersion");
  return info;
}

base::Result<Container> decode_container(std::string_view text) {
  const auto object = parse_object(text);
  if (!object) return tl::unexpected(object.error());
  const auto& config = object_at(*object, "Config");
  const auto& state = object_at(*object, "State");
  const auto status = status_of(text_at(state, "Status"));
  if (!status) return tl::unexpected(status.error());

  Container container;
  container.id = text_at(*object, "Id");
  if (container.id.empty()) return fail(ErrorCode::malformed, "the engine's answer has no Id");
  container.name = without_slash(text_at(*object, "Name"));
  container.image = text_at(config, "Image");
  container.labels = labels_at(config, "Labels");
  container.status = *status;
  container.pid = static_cast<pid_t>(number_at(state, "Pid"));
  container.exit_code = static_cast<int>(number_at(state, "ExitCode"));
  container.error = text_at(state, "Error");
  container.out_of_memory = flag_at(state, "OOMKilled");
  container.created_at = text_at(*object, "Created");
  container.started_at = text_at(state, "StartedAt");
  if (container.started_at == kNoTime) container.started_at.clear();
  const auto& network = object_at(object_at(object_at(*object, "NetworkSettings"), "Networks"), "bridge");
  container.address = text_at(network, "IPAddress");
  container.mac_address = text_at(network, "MacAddress");
  return container;
}

base::Result<std::vector<ContainerSummary>> decode_containers(std::string_view text) {
  const auto objects = parse_objects(text);
  if (!objects) return tl::unexpected(objects.error());
  std::vector<ContainerSummary> containers;
  for (const auto& object : *objects) {
    const auto status = status_of(text_at(object, "State"));
    if (!status) return tl::unexpected(status.error());
    const auto names = texts_at(object, "Names");
    ContainerSummary summary;
    summary.id = text_at(object, "Id");
    if (!names.empty()) summary.name = without_slash(names.front());
    summary.image = text_at(object, "Image");
    summary.labels = labels_at(object, "Labels");
    summary.status = *status;
    summary.created_seconds = number_at(object, "Created");
    containers.push_back(std::move(summary));
  }
  return containers;
}

base::Result<std::map<std::string, Labels>> decode_volumes(std::string_view text) {
  const auto object = parse_object(text);
  if (!object) return tl::unexpected(object.error());
  std::map<std::string, Labels> volumes;
  const auto* list = object->if_contains("Volumes");
  if (list == nullptr || !list->is_array()) return volumes;  // null when there are none
  for (const auto& item : list->get_array()) {
    if (item.is_object())
      volumes.emplace(text_at(item.get_object(), "Name"), labels_at(item.get_object(), "Labels"));
  }
  return volumes;
}

base::Result<std::vector<Image>> decode_images(std::string_view text) {
  const auto objects = parse_objects(text);
  if (!objects) return tl::unexpected(objects.error());
  std::vector<Image> images;
  for (const auto& object : *objects) images.push_back(image_of(object));
  return images;
}

base::Result<Image> decode_image(std::string_view text) {
  const auto object = parse_object(text);
  if (!object) return tl::unexpected(object.error());
  return image_of(*object);
}

base::Result<std::string> decode_id(std::string_view text) {
  const auto object = parse_object(text);
  if (!object) return tl::unexpected(object.error());
  auto id = text_at(*object, "Id");
  if (id.empty()) return fail(ErrorCode::malformed, "the engine's answer has no Id");
  return id;
}

std::string error_message(std::string_view body) {
  const auto object = parse_object(body);
  if (object) {
    auto message = text_at(*object, "message");
    if (!message.empty()) return message;
  }
  return std::string(body.substr(0, 200));
}

}  // namespace engine::codec
