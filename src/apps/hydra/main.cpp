// hydra: the sandbox agent. Flags, configuration, wiring; see src/agent.
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "agent/config.hpp"
#include "agent/log_ring.hpp"
#include "apps/hydra/agent.hpp"
#include "base/log.hpp"

extern char** environ;

namespace {

constexpr int kUsage = 2;
constexpr int kFailed = 1;
/// runsv starts us again at once; a wrong setting should not fill the log meanwhile. Chosen.
constexpr std::chrono::seconds kFailurePause{5};

constexpr std::string_view kHelp =
    "Usage: hydra [--help | --version]\n\n"
    "Runs one sandbox: its dockerd, its registry, the containers of its sessions. Dials out to the control "
    "plane and\n"
    "answers it over that connection and on /run/helix/hydra.sock.\n\n"
    "SIGTERM stops the sandbox: sessions first, then dockerd; those that ran start with it again.\n"
    "SIGHUP runs the newest hydra from /opt/helix/bin, which hands newer bridges to the sessions; they do "
    "not "
    "notice.\n\n";

agent::Environment read_environment() {
  agent::Environment environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto equals = text.find('=');
    if (equals != std::string_view::npos)
      environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

base::Log make_log(const agent::Config& config, agent::LogRing& lines) {
  const auto sink = [&lines](std::string_view line) {
    lines.add(line);
    std::string text(line);
    text.push_back('\n');
    // One write per line, so that lines of several threads do not mix.
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
  };
  return {"hydra", config.log_level, config.log_format, sink};
}

io::Task<void> wait_for_end() {
  const auto executor = co_await boost::asio::this_coro::executor;
  boost::asio::signal_set signals(executor, SIGTERM, SIGINT);
  co_await signals.async_wait(boost::asio::use_awaitable);
}

/// Runs the agent to its end; nullopt when it could not start.
io::Task<std::optional<agent::Agent::End>> run_agent(const agent::Config& config, agent::LogRing& lines,
                                                     base::Log log) {
  auto ground = co_await agent::prepare_ground(config, log);
  if (!ground) {
    log.error("hydra.cannot_start", {{"error", ground.error().message()}});
    co_return std::nullopt;
  }
  const auto executor = co_await boost::asio::this_coro::executor;
  agent::Agent hydra(executor, config, std::move(*ground), lines, log);
  const auto end = co_await hydra.run();
  if (!end) {
    log.error("hydra.cannot_start", {{"error", end.error().message()}});
    co_return std::nullopt;
  }
  co_return *end;
}

int run(const agent::Config& config, char** argv) {
  agent::LogRing lines;
  const auto log = make_log(config, lines);
  boost::asio::io_context loop(1);
  if (!config.enabled) {
    log.info("hydra.disabled", {{"why", "HYDRA_ENABLED is false"}});
    boost::asio::co_spawn(loop, wait_for_end(), [](const std::exception_ptr&) {});
    loop.run();
    return 0;
  }

  std::optional<agent::Agent::End> end;
  std::exception_ptr failure;
  boost::asio::co_spawn(loop, run_agent(config, lines, log),
                        [&](const std::exception_ptr& error, std::optional<agent::Agent::End> result) {
                          failure = error;
                          end = result;
                        });
  loop.run();
  if (failure) std::rethrow_exception(failure);
  if (!end) {
    std::this_thread::sleep_for(kFailurePause);
    return kFailed;
  }
  if (*end == agent::Agent::End::replaced) {
    const auto program = config.binaries / "hydra";
    ::execv(program.c_str(), argv);
    // runsv starts whatever is there.
    log.warn("hydra.not_replaced", {{"program", program.string()}, {"error", std::strerror(errno)}});
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1) {
    const std::string_view flag = argv[1];
    if (flag == "--version") {
      std::cout << "hydra " << HELIX_VERSION << "\n";
      return 0;
    }
    const bool asked = flag == "--help" || flag == "-h";
    (asked ? std::cout : std::cerr) << kHelp << agent::config_help();
    return asked ? 0 : kUsage;
  }
  std::signal(SIGPIPE, SIG_IGN);
  const auto config = agent::read_config(read_environment());
  if (!config) {
    std::cerr << "hydra: " << config.error().message() << "\n";
    std::this_thread::sleep_for(kFailurePause);
    return kUsage;
  }
  return run(*config, argv);
}
