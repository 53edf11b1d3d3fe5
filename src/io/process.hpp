/// Child processes: argument vector, pidfd for their end, no shell.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <sys/types.h>

#include "base/error.hpp"
#include "io/stream.hpp"
#include "io/task.hpp"

namespace io {

/// Where a child's standard stream comes from or goes to.
enum class Stdio { null, inherit, pipe, file };

struct ProcessOptions {
  std::vector<std::string> argv;           // argv[0] is looked up in the child's PATH
  std::map<std::string, std::string> env;  // the whole environment unless inherit_env
  bool inherit_env = true;                 // start from our own, `env` on top
  std::string cwd;                         // empty: ours
  Stdio in = Stdio::null;
  Stdio out = Stdio::inherit;
  Stdio err = Stdio::inherit;
  std::string output_file;   // of Stdio::file, for out and err: appended to, made with mode 0640
  bool new_session = false;  // setsid: its own process group and session
  bool tty = false;  // a pseudo terminal as stdin, stdout, stderr; implies new_session; read it with out_fd
  int cols = 80;
  int rows = 24;
};

/// How a process ended, as a shell counts: exit status, or 128 + signal.
struct ExitStatus {
  int code = 0;
  bool signalled = false;
};

/// A started child. Destroying it does not kill it; wait() to reap it.
class Process {
 public:
  /// The child has no descriptor of ours but its three, default signal handling and an empty signal mask.
  /// Fails with not_found (no such program), invalid_argument (cwd, a NUL in a string, too long) or internal.
  static base::Result<std::unique_ptr<Process>> start(const asio::any_io_executor& executor,
                                                      const ProcessOptions& options);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  [[nodiscard]] pid_t pid() const;
  /// Our ends of the pipes as descriptors, owned by the caller once taken; -1 when not piped or taken before.
  /// With tty all three are the terminal: take_in and take_out give two descriptors of it.
  [[nodiscard]] int take_in();
  [[nodiscard]] int take_out();
  [[nodiscard]] int take_err();
  /// Waits for the end and reaps it; may be awaited once, again after it was cancelled.
  Task<ExitStatus> wait();
  /// To the process, or to its process group where new_session was set. False when it is gone.
  bool signal(int number);
  void resize(int cols, int rows);

 private:
  struct State;
  explicit Process(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// A finished command's output, each stream cut at the limit.
struct CommandResult {
  int status = 0;
  std::string out;
  std::string err;
};

/// Runs a command to its end and collects what it prints (1 MiB a stream). Kills it after `limit`.
/// Fails with not_found, timed_out. A status other than 0 is not a failure here.
Task<base::Result<CommandResult>> run_command(std::vector<std::string> argv, std::chrono::milliseconds limit,
                                              std::string input = {});

/// Waits for the end of a process that need not be our child (adopted); reaps it where it is. Returns at once
/// when there is none.
Task<void> wait_for_exit(pid_t pid);

/// One end of a pipe, or a terminal, as a one-way stream. Owns `descriptor` and makes it non-blocking. A
/// terminal whose other side is gone reads as finished. shutdown_write closes it.
[[nodiscard]] StreamPtr adopt_pipe(const asio::any_io_executor& executor, int descriptor);

}  // namespace io
