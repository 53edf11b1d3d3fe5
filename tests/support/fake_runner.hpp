/// A runner that dials the control plane and answers HTTP itself, for tests.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "io/http/server.hpp"
#include "tunnel/runner.hpp"

namespace support {

using namespace std::chrono_literals;

inline base::Log quiet() {
  return {"test", base::LogLevel::error, base::LogFormat::text, [](std::string_view) {}};
}

/// A runner that dials the control plane and answers HTTP itself.
class FakeRunner {
 public:
  /// `targets`, where it is not null, must outlive it.
  FakeRunner(const boost::asio::any_io_executor& executor, std::uint16_t api_port, std::string id,
             std::string token, io::http::Handler handler, tunnel::TargetConnector* targets = nullptr)
      : listener_(io::Listener::tcp(executor, "127.0.0.1", 0).value()),
        local_("127.0.0.1", listener_->port(), false),
        server_(executor, std::move(handler), {}, quiet()),
        runner_(executor, options(api_port, std::move(id), std::move(token), targets), local_, random_,
                quiet()),
        tasks_(executor, quiet()) {
    tasks_.spawn("listener", server_.run(*listener_));
    tasks_.spawn("runner", runner_.run());
  }
  io::Task<void> close() {
    tasks_.cancel();
    co_await tasks_.join();
    co_await server_.close();
  }

 private:
  static tunnel::RunnerOptions options(std::uint16_t port, std::string id, std::string token,
                                       tunnel::TargetConnector* targets) {
    tunnel::RunnerOptions out;
    out.targets = targets;
    out.api = io::parse_endpoint("http://127.0.0.1:" + std::to_string(port)).value();
    out.runner_id = std::move(id);
    out.token = [token = std::move(token)] { return base::Secret(token); };
    out.backoff_first = 5ms;
    out.backoff_most = 20ms;
    return out;
  }

  base::SystemRandom random_;
  std::unique_ptr<io::Listener> listener_;
  io::TcpConnector local_;
  io::http::Server server_;
  tunnel::Runner runner_;
  io::TaskGroup tasks_;
};

}  // namespace support
