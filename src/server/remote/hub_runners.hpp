/// The tunnel's hub as the runners that features see.
#pragma once

#include "server/remote/runners.hpp"
#include "tunnel/hub.hpp"

namespace server {

class HubRunners : public Runners {
 public:
  explicit HubRunners(tunnel::Hub& hub) : hub_(hub) {}
  io::Task<base::Result<io::StreamPtr>> dial(std::string runner_id,
                                             std::chrono::milliseconds limit) override {
    return hub_.dial(std::move(runner_id), limit);
  }
  [[nodiscard]] bool connected(const std::string& runner_id) const override {
    return hub_.connected(runner_id);
  }
  void drop(const std::string& runner_id) override { hub_.drop(runner_id); }

 private:
  tunnel::Hub& hub_;
};

}  // namespace server
