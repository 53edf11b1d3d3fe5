// desktop-bridge: runs in each session container. Flags, configuration, wiring; see src/bridge.

#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string_view>
#include <thread>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "bridge/bridge.hpp"

namespace {

constexpr int kFailed = 1;
constexpr int kUsage = 2;
/// runsv starts us again at once; a wrong setting should not fill the log meanwhile. Chosen.
constexpr std::chrono::seconds kFailurePause{5};

constexpr const char* kHelp =
    "Usage: desktop-bridge [--session-dir DIR] [--help | --version]\n\n"
    "Runs one session: its dockerd and DNS forwarder, commands, the tunnel to the control plane.\n"
    "Reads DIR/env and listens on DIR/bridge.sock; DIR is /run/helix/session by default.\n\n"
    "SIGTERM stops the session's containers and dockerd, then ends. SIGHUP runs the newest desktop-bridge in "
    "its\n"
    "place: containers and detached commands do not notice, attached commands end with their connection.\n";

/// The program's file, also after it was replaced by a newer one of the same name.
std::string own_path() {
  std::error_code error;
  std::string path = std::filesystem::read_symlink("/proc/self/exe", error).string();
  constexpr std::string_view kDeleted = " (deleted)";
  if (path.ends_with(kDeleted)) path.resize(path.size() - kDeleted.size());
  return path;
}

int fail(const base::Log& log, const base::Error& error) {
  log.error("bridge.cannot_start", {{"error", error.message()}});
  std::this_thread::sleep_for(kFailurePause);
  return kFailed;
}

int run(const bridge::Places& places, char** argv) {
  const base::Log early("desktop-bridge", base::LogLevel::info, base::LogFormat::json);
  auto config = places.read_config();
  if (!config) return fail(early, config.error());
  const base::Log log("desktop-bridge", config->log_level, config->log_format);
  const std::string program = own_path();

  std::optional<base::Result<bridge::End>> end;
  {
    boost::asio::io_context loop(1);
    bridge::Bridge bridge(loop.get_executor(), places, std::move(*config), log);
    boost::asio::co_spawn(loop, bridge.run(),
                          [&end](const std::exception_ptr& error, base::Result<bridge::End> result) {
                            if (error) std::rethrow_exception(error);
                            end = std::move(result);
                          });
    loop.run();
  }
  if (!*end) return fail(log, end->error());
  if (**end == bridge::End::stop) return 0;
  ::execv(program.c_str(), argv);
  return fail(log,
              base::Error(base::ErrorCode::internal, "cannot run " + program + ": " + std::strerror(errno)));
}

}  // namespace

int main(int argc, char** argv) {
  bridge::Places places;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--help") return std::fputs(kHelp, stdout) < 0 ? kFailed : 0;
    if (word == "--version") return std::puts("desktop-bridge " HELIX_VERSION) < 0 ? kFailed : 0;
    if (word == "--session-dir" && i + 1 < argc) {
      places.session = argv[++i];
      continue;
    }
    std::fputs(kHelp, stderr);
    return kUsage;
  }
  return run(places, argv);
}
