#include "base/clock.hpp"

#include <array>
#include <cstdio>
#include <ctime>

namespace base {

Time SystemClock::now() const {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

std::string to_rfc3339(Time time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  const auto millis = static_cast<int>((time - whole).count());
  const std::time_t seconds = std::chrono::system_clock::to_time_t(whole);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 80> text{};
  const int size =
      std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", parts.tm_year + 1900,
                    parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, millis);
  return {text.data(), static_cast<std::size_t>(size)};
}

}  // namespace base
