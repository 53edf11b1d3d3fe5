#include "agent/runit.hpp"

#include <chrono>

#include "agent/files.hpp"
#include "io/timeout.hpp"

namespace agent {
namespace {

// Source: supervise/status in runsv(8) of runit 2.1.2: 12 bytes time, 4 bytes pid, paused, wanted, term,
// state.
constexpr std::size_t kStatusBytes = 20;
constexpr std::size_t kWantedAt = 17;
constexpr std::chrono::milliseconds kNoted{300};  // chosen

}  // namespace

bool parse_wanted_up(std::string_view status) {
  return status.size() >= kStatusBytes && status[kWantedAt] == 'u';
}

io::Task<bool> is_wanted_up(std::filesystem::path directory) {
  co_await io::sleep_for(kNoted);
  const auto status = read_file(directory / "supervise" / "status", kStatusBytes);
  co_return status&& parse_wanted_up(*status);
}

}  // namespace agent
