/// The client's side of exec: carries standard streams, signals and the exit status of a command in a
/// session.
#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "cli/api.hpp"
#include "cli/program.hpp"
#include "io/task.hpp"
#include "io/websocket/channel.hpp"
#include "wire/exec.hpp"
#include "wire/ids.hpp"

namespace cli {

/// Exit status when the way to the command broke. Source: ssh(1).
inline constexpr int kExitLost = 255;
/// Exit status when the session could not run the command. Source: POSIX shells.
inline constexpr int kExitNotRun = 126;

struct ExecOutcome {
  int status = 0;
  std::string message;   // why there is no status of the command's own; empty otherwise
  std::int64_t pid = 0;  // in the session; of detached commands
};

/// Runs one command over an open channel. Input is read only as fast as the session takes it, output only as
/// fast as it can be written. SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1 and SIGUSR2 go to the command; with a
/// tty the window's size does too. Ends when the command ends (its status), is started (detached), the
/// channel ends (kExitLost), or nobody reads the output (kExitBrokenPipe).
class ExecClient {
 public:
  /// `read_input` false: the command's standard input is empty.
  ExecClient(io::websocket::Channel& channel, StandardStreams streams, bool read_input);

  io::Task<ExecOutcome> run(wire::ExecStart start);

 private:
  io::Task<ExecOutcome> receive(bool detach);
  io::Task<ExecOutcome> pump_input();
  io::Task<ExecOutcome> forward_signals(bool tty);
  io::Task<base::Result<void>> send(wire::ExecRequest request);

  io::websocket::Channel& channel_;
  StandardStreams streams_;
  bool read_input_;
  bool raw_terminal_ = false;  // the input is a person's terminal
};

/// Target of a session's exec, for Api::open_websocket().
[[nodiscard]] std::string exec_path(const wire::SessionId& id);

}  // namespace cli
