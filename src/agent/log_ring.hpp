/// The last lines of our own log, for whoever asks over the API.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace agent {

/// Thread-safe, as the log is.
class LogRing {
 public:
  explicit LogRing(std::size_t lines = 5000) : most_(lines) {}

  void add(std::string_view line);

  struct Page {
    std::vector<std::string> lines;
    std::uint64_t next = 0;  // position behind the last of them
  };
  /// The last `count` lines.
  [[nodiscard]] Page tail(std::size_t count) const;
  /// What came since `position`, as far as it is still here.
  [[nodiscard]] Page since(std::uint64_t position) const;

 private:
  mutable std::mutex mutex_;
  std::size_t most_;
  std::deque<std::string> lines_;
  std::uint64_t end_ = 0;  // number of lines ever added
};

}  // namespace agent
