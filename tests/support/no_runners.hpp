/// Runners for tests that need none: nobody is connected, and what was dropped is told.
#pragma once

#include <string>
#include <vector>

#include "server/remote/runners.hpp"

namespace support {

class NoRunners : public server::Runners {
 public:
  io::Task<base::Result<io::StreamPtr>> dial(std::string, std::chrono::milliseconds) override {
    co_return base::fail(base::ErrorCode::unavailable, "nobody is connected");
  }
  [[nodiscard]] bool connected(const std::string&) const override { return false; }
  void drop(const std::string& runner_id) override { dropped.push_back(runner_id); }

  std::vector<std::string> dropped;
};

}  // namespace support
