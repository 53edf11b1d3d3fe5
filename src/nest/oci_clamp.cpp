#include "nest/oci_clamp.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <sstream>

#include <boost/json.hpp>

namespace nest {
namespace {

namespace json = boost::json;
using base::ErrorCode;
using base::fail;

/// By number, linux/capability.h.
constexpr std::array<std::string_view, 41> kCapabilities = {"CAP_CHOWN",
                                                            "CAP_DAC_OVERRIDE",
                                                            "CAP_DAC_READ_SEARCH",
                                                            "CAP_FOWNER",
                                                            "CAP_FSETID",
                                                            "CAP_KILL",
                                                            "CAP_SETGID",
                                                            "CAP_SETUID",
                                                            "CAP_SETPCAP",
                                                            "CAP_LINUX_IMMUTABLE",
                                                            "CAP_NET_BIND_SERVICE",
                                                            "CAP_NET_BROADCAST",
                                                            "CAP_NET_ADMIN",
                                                            "CAP_NET_RAW",
                                                            "CAP_IPC_LOCK",
                                                            "CAP_IPC_OWNER",
                                                            "CAP_SYS_MODULE",
                                                            "CAP_SYS_RAWIO",
                                                            "CAP_SYS_CHROOT",
                                                            "CAP_SYS_PTRACE",
                                                            "CAP_SYS_PACCT",
                                                            "CAP_SYS_ADMIN",
                                                            "CAP_SYS_BOOT",
                                                            "CAP_SYS_NICE",
                                                            "CAP_SYS_RESOURCE",
                                                            "CAP_SYS_TIME",
                                                            "CAP_SYS_TTY_CONFIG",
                                                            "CAP_MKNOD",
                                                            "CAP_LEASE",
                                                            "CAP_AUDIT_WRITE",
                                                            "CAP_AUDIT_CONTROL",
                                                            "CAP_SETFCAP",
                                                            "CAP_MAC_OVERRIDE",
                                                            "CAP_MAC_ADMIN",
                                                            "CAP_SYSLOG",
                                                            "CAP_WAKE_ALARM",
                                                            "CAP_BLOCK_SUSPEND",
                                                            "CAP_AUDIT_READ",
                                                            "CAP_PERFMON",
                                                            "CAP_BPF",
                                                            "CAP_CHECKPOINT_RESTORE"};

/// One the kernel knows and we do not is dropped like one that is not held.
bool holds(std::uint64_t set, std::string_view name) {
  const auto found = std::find(kCapabilities.begin(), kCapabilities.end(), name);
  if (found == kCapabilities.end()) return false;
  return ((set >> static_cast<unsigned>(found - kCapabilities.begin())) & 1U) != 0;
}

json::object* object_in(json::object& parent, std::string_view key) {
  json::value* member = parent.if_contains(key);
  return member != nullptr ? member->if_object() : nullptr;
}

json::array* array_in(json::object& parent, std::string_view key) {
  json::value* member = parent.if_contains(key);
  return member != nullptr ? member->if_array() : nullptr;
}

std::optional<std::uint64_t> unsigned_of(const json::value* value) {
  if (value == nullptr) return std::nullopt;
  if (const auto* number = value->if_uint64()) return *number;
  if (const auto* number = value->if_int64(); number != nullptr && *number >= 0)
    return static_cast<std::uint64_t>(*number);
  return std::nullopt;
}

std::optional<std::int64_t> signed_of(const json::value* value) {
  return value != nullptr && value->is_int64() ? std::optional(value->get_int64()) : std::nullopt;
}

void clamp_capabilities(json::object& process, const HeldRights& held, std::vector<std::string>& notes) {
  json::object* sets = object_in(process, "capabilities");
  if (sets == nullptr) return;
  std::vector<std::string> dropped;
  for (auto& [kind, value] : *sets) {
    json::array* names = value.if_array();
    if (names == nullptr) continue;
    json::array kept;
    for (const json::value& name : *names) {
      const json::string* text = name.if_string();
      if (text == nullptr) continue;
      if (holds(held.capabilities, *text))
        kept.push_back(name);
      else if (std::find(dropped.begin(), dropped.end(), *text) == dropped.end())
        dropped.emplace_back(*text);
    }
    *names = std::move(kept);
  }
  if (dropped.empty()) return;
  std::string note = "capabilities";
  for (const std::string& name : dropped) note += " -" + name;
  notes.push_back(std::move(note));
}

void clamp_rlimits(json::object& process, const HeldRights& held, std::vector<std::string>& notes) {
  json::array* limits = array_in(process, "rlimits");
  if (limits == nullptr || held.raises_limits) return;
  for (json::value& each : *limits) {
    json::object* limit = each.if_object();
    if (limit == nullptr) continue;
    const json::value* type = limit->if_contains("type");
    if (type == nullptr || !type->is_string()) continue;
    const auto most = held.hard.find(std::string(type->get_string()));
    if (most == held.hard.end()) continue;
    for (const std::string_view bound : {"hard", "soft"}) {
      const auto asked = unsigned_of(limit->if_contains(bound));
      if (!asked || *asked <= most->second) continue;
      (*limit)[bound] = most->second;
      if (bound == "hard")
        notes.push_back("rlimit " + most->first + " " + std::to_string(*asked) + " -> " +
                        std::to_string(most->second));
    }
  }
}

void clamp_oom_score(json::object& process, const HeldRights& held, std::vector<std::string>& notes) {
  const auto asked = signed_of(process.if_contains("oomScoreAdj"));
  if (!asked || *asked >= held.lowest_oom_score_adj) return;
  process["oomScoreAdj"] = held.lowest_oom_score_adj;
  notes.push_back("oomScoreAdj " + std::to_string(*asked) + " -> " +
                  std::to_string(held.lowest_oom_score_adj));
}

void clamp_process_object(json::object& process, const HeldRights& held, std::vector<std::string>& notes) {
  clamp_capabilities(process, held, notes);
  clamp_rlimits(process, held, notes);
  clamp_oom_score(process, held, notes);
}

bool is_allowed(const json::object& rule) {
  const json::value* allow = rule.if_contains("allow");
  return allow != nullptr && allow->is_bool() && allow->get_bool();
}

DeviceRule to_device_rule(const json::object& rule) {
  DeviceRule result;
  if (const auto* type = rule.if_contains("type");
      type != nullptr && type->is_string() && !type->get_string().empty())
    result.type = type->get_string()[0];
  result.major = signed_of(rule.if_contains("major")).value_or(-1);
  result.minor = signed_of(rule.if_contains("minor")).value_or(-1);
  if (const auto* access = rule.if_contains("access"); access != nullptr && access->is_string())
    result.access = std::string(access->get_string());
  return result;
}

std::string to_text(const DeviceRule& rule) {
  const auto number = [](std::int64_t value) { return value < 0 ? std::string("*") : std::to_string(value); };
  return std::string(1, rule.type) + " " + number(rule.major) + ":" + number(rule.minor) + " " + rule.access;
}

/// Whether runc can set this rule at our level.
bool can_be_set(const json::object& rule, const HeldRights& held) {
  const DeviceRule asked = to_device_rule(rule);
  if (!held.devices || !is_allowed(rule)) return true;
  return std::any_of(held.devices->begin(), held.devices->end(),
                     [&](const DeviceRule& own) { return own.covers(asked); });
}

void clamp_devices(json::object& config, const HeldRights& held, std::vector<std::string>& notes) {
  json::object* linux_part = object_in(config, "linux");
  json::object* resources = linux_part != nullptr ? object_in(*linux_part, "resources") : nullptr;
  json::array* rules = resources != nullptr ? array_in(*resources, "devices") : nullptr;
  if (rules == nullptr) return;
  json::array kept;
  for (const json::value& each : *rules) {
    const json::object* rule = each.if_object();
    if (rule != nullptr && !can_be_set(*rule, held)) {
      notes.push_back(std::string("device rule -") + (is_allowed(*rule) ? "allow " : "deny ") +
                      to_text(to_device_rule(*rule)));
      continue;
    }
    kept.push_back(each);
  }
  *rules = std::move(kept);
}

base::Result<json::value> parse_object(std::string_view text) {
  if (text.size() > kMaxOciConfigBytes) return fail(ErrorCode::too_large, "config is larger than 4 MiB");
  json::parse_options options;
  options.max_depth = 32;
  boost::system::error_code error;
  json::value value = json::parse(text, error, {}, options);
  if (error) return fail(ErrorCode::malformed, "config is not JSON: " + error.message());
  if (!value.is_object()) return fail(ErrorCode::malformed, "config is not a JSON object");
  return value;
}

}  // namespace

bool DeviceRule::covers(const DeviceRule& asked) const {
  if (type != 'a' && type != asked.type) return false;
  if (major >= 0 && major != asked.major) return false;
  if (minor >= 0 && minor != asked.minor) return false;
  return std::all_of(asked.access.begin(), asked.access.end(),
                     [&](char each) { return access.find(each) != std::string::npos; });
}

std::vector<DeviceRule> parse_devices_list(std::string_view text) {
  const auto number = [](std::string_view part) {
    std::int64_t value = -1;
    if (part != "*") std::from_chars(part.data(), part.data() + part.size(), value);
    return value;
  };
  std::vector<DeviceRule> rules;
  std::istringstream lines{std::string(text)};
  std::string type;
  std::string numbers;
  std::string access;
  while (lines >> type >> numbers >> access) {
    const std::size_t colon = numbers.find(':');
    if (colon == std::string::npos) continue;
    const std::string_view both = numbers;
    rules.push_back(
        DeviceRule{type[0], number(both.substr(0, colon)), number(both.substr(colon + 1)), access});
  }
  return rules;
}

base::Result<Clamped> clamp_config(std::string_view config, const HeldRights& held) {
  auto document = parse_object(config);
  if (!document) return tl::unexpected(document.error());
  Clamped clamped;
  json::object& root = document->get_object();
  if (json::object* process = object_in(root, "process")) clamp_process_object(*process, held, clamped.notes);
  clamp_devices(root, held, clamped.notes);
  clamped.json = json::serialize(*document);
  return clamped;
}

base::Result<Clamped> clamp_process(std::string_view process, const HeldRights& held) {
  auto document = parse_object(process);
  if (!document) return tl::unexpected(document.error());
  Clamped clamped;
  clamp_process_object(document->get_object(), held, clamped.notes);
  clamped.json = json::serialize(*document);
  return clamped;
}

std::optional<int> asked_oom_score_adj(std::string_view text) {
  auto document = parse_object(text);
  if (!document) return std::nullopt;
  json::object& root = document->get_object();
  json::object* process = object_in(root, "process");
  const auto asked = signed_of((process != nullptr ? *process : root).if_contains("oomScoreAdj"));
  if (!asked) return std::nullopt;
  return static_cast<int>(std::clamp<std::int64_t>(*asked, -1000, 1000));
}

}  // namespace nest
