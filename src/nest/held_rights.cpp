#include "nest/held_rights.hpp"

#include <cerrno>
#include <charconv>
#include <unistd.h>
#include <utility>

#include <linux/bpf.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include "nest/text_file.hpp"

namespace nest {
namespace {

constexpr unsigned kCapSysResource = 24;  // linux/capability.h

constexpr std::pair<const char*, int> kLimits[] = {
    {"RLIMIT_AS", RLIMIT_AS},
    {"RLIMIT_CORE", RLIMIT_CORE},
    {"RLIMIT_CPU", RLIMIT_CPU},
    {"RLIMIT_DATA", RLIMIT_DATA},
    {"RLIMIT_FSIZE", RLIMIT_FSIZE},
    {"RLIMIT_LOCKS", RLIMIT_LOCKS},
    {"RLIMIT_MEMLOCK", RLIMIT_MEMLOCK},
    {"RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE},
    {"RLIMIT_NICE", RLIMIT_NICE},
    {"RLIMIT_NOFILE", RLIMIT_NOFILE},
    {"RLIMIT_NPROC", RLIMIT_NPROC},
    {"RLIMIT_RSS", RLIMIT_RSS},
    {"RLIMIT_RTPRIO", RLIMIT_RTPRIO},
    {"RLIMIT_RTTIME", RLIMIT_RTTIME},
    {"RLIMIT_SIGPENDING", RLIMIT_SIGPENDING},
    {"RLIMIT_STACK", RLIMIT_STACK},
};

constexpr const char* kOomScoreAdj = "/proc/self/oom_score_adj";

int lowest_oom_score_adj(std::optional<int> asked) {
  const auto text = read_text_file(kOomScoreAdj, 16);
  int own = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), own);
  if (!asked || *asked >= own) return own < -1000 ? -1000 : std::min(own, asked.value_or(own));
  // How far down one may go is not readable anywhere.
  if (!write_text_file(kOomScoreAdj, std::to_string(*asked))) return own;
  const auto restored = write_text_file(kOomScoreAdj, std::to_string(own));
  return restored ? *asked : own;
}

/// Asks with an empty program: the permission is checked before the program, so only EPERM says no.
bool may_load_device_programs() {
  bpf_attr attributes{};
  attributes.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
  return ::syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof attributes) >= 0 ||
         (errno != EPERM && errno != ENOSYS);
}

}  // namespace

std::uint64_t parse_bounding_set(std::string_view status) {
  constexpr std::string_view kField = "CapBnd:";
  const std::size_t at = status.find(kField);
  if (at == std::string_view::npos) return 0;
  const std::size_t start = status.find_first_not_of(" \t", at + kField.size());
  std::uint64_t set = 0;
  if (start != std::string_view::npos)
    std::from_chars(status.data() + start, status.data() + status.size(), set, 16);
  return set;
}

HeldRights find_held_rights(std::optional<int> asked_oom_score_adj) {
  HeldRights held;
  held.capabilities = parse_bounding_set(read_text_file("/proc/self/status", 64 * 1024).value_or(""));
  held.raises_limits = ((held.capabilities >> kCapSysResource) & 1U) != 0;
  for (const auto& [name, number] : kLimits) {
    rlimit limit{};
    if (::getrlimit(static_cast<__rlimit_resource>(number), &limit) == 0) held.hard[name] = limit.rlim_max;
  }
  held.lowest_oom_score_adj = lowest_oom_score_adj(asked_oom_score_adj);
  // Version 1 shows what this level holds; version 2 has no such list.
  if (const auto list = read_text_file("/sys/fs/cgroup/devices/devices.list", 64 * 1024))
    held.devices = parse_devices_list(*list);
  return held;
}

bool device_programs_denied() {
  struct statfs info{};
  constexpr long kCgroup2Magic = 0x63677270;  // linux/magic.h
  if (::statfs("/sys/fs/cgroup", &info) != 0 || info.f_type != kCgroup2Magic) return false;
  return !may_load_device_programs();
}

}  // namespace nest
