/// Wall-clock time as a value that tests can move.
#pragma once

#include <chrono>
#include <string>

namespace base {

/// UTC, millisecond resolution.
using Time = std::chrono::time_point<std::chrono::system_clock, std::chrono::milliseconds>;

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Time now() const = 0;
};

class SystemClock : public Clock {
 public:
  [[nodiscard]] Time now() const override;
};

/// RFC 3339 with milliseconds: "2026-11-21T11:34:40.123Z".
[[nodiscard]] std::string to_rfc3339(Time time);

}  // namespace base
