#include "nest/preflight.hpp"

#include <algorithm>
#include <charconv>

#include <sys/resource.h>

#include "nest/text_file.hpp"

namespace nest {
namespace {

/// How many sessions a machine should not fail to hold because of a number in /proc/sys. Chosen.
constexpr std::uint64_t kWantedSessions = 100;

struct Tunable {
  const char* name;
  const char* path;
  std::uint64_t per_session;  // what one session with a few containers uses, rounded up
};

constexpr Tunable kTunables[] = {
    {"fs.inotify.max_user_instances", "/proc/sys/fs/inotify/max_user_instances", 10},
    {"fs.inotify.max_user_watches", "/proc/sys/fs/inotify/max_user_watches", 10'000},
    {"kernel.keys.maxkeys", "/proc/sys/kernel/keys/maxkeys", 20},
    {"kernel.keys.root_maxkeys", "/proc/sys/kernel/keys/root_maxkeys", 20},
    {"kernel.pid_max", "/proc/sys/kernel/pid_max", 300},
};

std::optional<std::uint64_t> read_number(const char* path) {
  const auto text = read_text_file(path, 64);
  std::uint64_t value = 0;
  if (!text || std::from_chars(text->data(), text->data() + text->size(), value).ec != std::errc())
    return std::nullopt;
  return value;
}

std::optional<HostLimit> check(const Tunable& tunable, bool raise) {
  const auto value = read_number(tunable.path);
  if (!value) return std::nullopt;
  HostLimit limit{tunable.name, *value, tunable.per_session, ""};
  const std::uint64_t wanted = kWantedSessions * tunable.per_session;
  if (raise && *value < wanted && write_text_file(tunable.path, std::to_string(wanted))) {
    // What the kernel took counts, not what was written.
    limit.value = read_number(tunable.path).value_or(*value);
    if (limit.value != *value) limit.raised_from = std::to_string(*value);
  }
  return limit;
}

}  // namespace

const HostLimit* PreflightReport::tightest() const {
  const auto fewer = [](const HostLimit& a, const HostLimit& b) { return a.sessions() < b.sessions(); };
  const auto found = std::min_element(limits.begin(), limits.end(), fewer);
  return found == limits.end() ? nullptr : &*found;
}

PreflightReport run_preflight(bool raise) {
  PreflightReport report;
  for (const Tunable& tunable : kTunables) {
    if (auto limit = check(tunable, raise)) report.limits.push_back(std::move(*limit));
  }
  // BR_MAX_PORTS of the kernel, net/bridge/br_private.h.
  report.limits.push_back(HostLimit{"bridge.ports", 1024, 1, ""});
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0)
    report.limits.push_back(HostLimit{"nofile.hard", files.rlim_max, 64, ""});
  return report;
}

void log_preflight(const PreflightReport& report, const base::Log& log) {
  for (const HostLimit& limit : report.limits) {
    log.info("preflight.limit", {{"limit", limit.name},
                                 {"value", limit.value},
                                 {"sessions", limit.sessions()},
                                 {"raised_from", limit.raised_from}});
  }
  if (const HostLimit* tightest = report.tightest())
    log.info("preflight.tightest", {{"limit", tightest->name}, {"sessions", tightest->sessions()}});
}

}  // namespace nest
