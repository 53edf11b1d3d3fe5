/// Keeps one daemon running: starts it, adopts it after our own restart, restarts it when it ends, says how
/// it is.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/error.hpp"
#include "base/log.hpp"
#include "io/process.hpp"
#include "io/task.hpp"
#include "nest/process_identity.hpp"

namespace nest {

/// Back-off between restarts: doubles from `first` to `most`, forgotten after `stable` of uninterrupted life.
/// Chosen.
struct RestartPolicy {
  std::chrono::milliseconds first{500};
  std::chrono::milliseconds most{std::chrono::seconds(30)};
  std::chrono::milliseconds stable{std::chrono::minutes(1)};
};

struct DaemonSpec {
  std::string name;  // "dockerd": in logs, health and file names
  std::vector<std::string> argv;
  std::map<std::string, std::string> env;  // on top of ours
  /// The one argument that tells this daemon from others of the same program, e.g.
  /// "--data-root=/var/lib/docker". Finds it again where the record is lost. Empty: by record only.
  std::string mark;
  std::filesystem::path record;  // who it is: pid and start time, survives us; e.g. /run/helix/dockerd.daemon
  std::filesystem::path
      log_file;  // its stdout and stderr; rotated to <log_file>.1, so at most twice the limit
  std::uintmax_t log_limit_bytes = 8 * 1024 * 1024;

  /// Answers whether it does its work now. Called every 100 ms until it first succeeds, then every
  /// `probe_every`.
  std::function<io::Task<base::Result<void>>()> probe;
  /// Before each start of a process (not before an adoption): removes stale files, makes what it needs.
  std::function<io::Task<base::Result<void>>()> before_start;
  /// After each time it became ready.
  std::function<io::Task<void>()> on_ready;

  std::chrono::milliseconds ready_limit{
      std::chrono::seconds(90)};  // not ready by then: killed and started again
  std::chrono::milliseconds probe_every{std::chrono::seconds(5)};
  std::chrono::milliseconds probe_limit{std::chrono::seconds(10)};
  RestartPolicy restart;
};

enum class DaemonState {
  stopped,
  starting,
  ready,
  failing  // it ended, cannot be started, or was ready and does not answer
};

[[nodiscard]] std::string_view to_string(DaemonState state);

struct DaemonHealth {
  DaemonState state = DaemonState::stopped;
  pid_t pid = 0;  // 0 while none runs
  bool adopted = false;
  int starts = 0;          // of processes, by this object
  std::string last_error;  // of the latest failure, empty when there was none since it was last ready
  std::vector<std::string> last_lines;  // end of the log file, at most 20 lines, only when not ready
};

/// The daemon is in a session of its own and writes to a file, so it lives on when we die or are cancelled.
class DaemonSupervisor {
 public:
  DaemonSupervisor(const io::asio::any_io_executor& executor, DaemonSpec spec, base::Log log);
  ~DaemonSupervisor();
  DaemonSupervisor(const DaemonSupervisor&) = delete;
  DaemonSupervisor& operator=(const DaemonSupervisor&) = delete;

  /// Supervises until cancelled (the daemon stays) or stopped (it has ended then). Once.
  io::Task<void> run();
  /// SIGTERM, after `grace` SIGKILL; returns when the daemon has ended and run() will start no other.
  io::Task<void> stop(std::chrono::milliseconds grace);
  /// Ends the process: SIGTERM, after `grace` SIGKILL; run() starts it again without back-off.
  io::Task<void> restart(std::chrono::milliseconds grace);
  /// Waits until it is ready. Fails with timed_out; the message has the last error.
  io::Task<base::Result<void>> wait_ready(std::chrono::milliseconds limit);

  [[nodiscard]] DaemonHealth health() const;
  [[nodiscard]] bool ready() const { return state_ == DaemonState::ready; }

 private:
  io::Task<void> live_once();
  bool adopt();
  io::Task<base::Result<void>> start();
  io::Task<void> await_exit();
  io::Task<void> watch();
  io::Task<base::Result<void>> probe_once();
  io::Task<void> become_ready(std::chrono::steady_clock::time_point since);
  io::Task<void> back_off(std::chrono::milliseconds lived);
  io::Task<void> terminate(std::chrono::milliseconds grace);
  io::Task<void> wait_gone(ProcessIdentity identity, std::chrono::milliseconds limit);
  io::Task<void> next_change();
  void set_state(DaemonState state);
  void rotate_log();

  DaemonSpec spec_;
  base::Log log_;
  DaemonState state_ = DaemonState::stopped;
  std::unique_ptr<io::Process> child_;  // null while the daemon is adopted
  std::optional<ProcessIdentity> process_;
  bool running_ = false;   // run() is under way
  bool stopping_ = false;  // start no other
  bool hurry_ = false;     // no back-off before the next start
  int starts_ = 0;
  std::chrono::milliseconds delay_{0};
  std::string last_error_;
  io::asio::steady_timer changed_;  // cancelled whenever the state or the process changes
};

}  // namespace nest
