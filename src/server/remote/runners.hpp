/// The runners that dialled in, as the control plane's features see them; tests put their own in place.
#pragma once

#include <chrono>
#include <string>

#include "base/error.hpp"
#include "io/stream.hpp"
#include "io/task.hpp"

namespace server {

class Runners {
 public:
  virtual ~Runners() = default;
  /// A byte stream to the runner's local target. Fails with unavailable or timed_out.
  virtual io::Task<base::Result<io::StreamPtr>> dial(std::string runner_id,
                                                     std::chrono::milliseconds limit) = 0;
  [[nodiscard]] virtual bool connected(const std::string& runner_id) const = 0;
  /// Ends its connections: it was removed, or its key ended.
  virtual void drop(const std::string& runner_id) = 0;
};

/// Connects to one runner.
class RunnerConnector : public io::Connector {
 public:
  RunnerConnector(Runners& runners, std::string runner_id, std::chrono::milliseconds limit)
      : runners_(runners), runner_id_(std::move(runner_id)), limit_(limit) {}
  io::Task<base::Result<io::StreamPtr>> connect() override { return runners_.dial(runner_id_, limit_); }

 private:
  Runners& runners_;
  std::string runner_id_;
  std::chrono::milliseconds limit_;
};

}  // namespace server
