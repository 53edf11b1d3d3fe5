/// Messages of exec, a command run in a session over a WebSocket: text frames are JSON, binary frames are
/// bytes.
///
///     client
///     {"type":"start","argv":["ls","-l"],"env":{"A":"1"},"cwd":"/","tty":false,"cols":80,"rows":24,"detach":false}
///              binary: standard input
///              {"type":"stdin_eof"}  {"type":"resize","cols":120,"rows":40} {"type":"signal","signal":"INT"}
///     server   {"type":"started","pid":42}
///              binary: one byte 1 (stdout) or 2 (stderr; with a tty everything is 1), then output
///              {"type":"exit","status":0} (128 + signal when killed)  or  {"type":"error","message":"…"};
///              then close 1000
///
/// Flow control is TCP's; neither side holds more than a frame in each direction.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.hpp"

namespace wire {

/// Bytes of a text frame, and of one that carries output. Chosen: the longest argument list that Linux takes
/// is 2 MiB.
inline constexpr std::size_t kMaxExecTextBytes = std::size_t{2} * 1024 * 1024;
inline constexpr std::size_t kMaxExecDataBytes = std::size_t{1024} * 1024;
/// Bytes of input or output that a sender puts into one frame. Chosen.
inline constexpr std::size_t kExecFrameBytes = std::size_t{64} * 1024;

struct ExecStart {
  std::vector<std::string> argv;  // at least one
  std::map<std::string, std::string> env;
  std::string cwd;  // empty: the session's usual place
  bool tty = false;
  int cols = 80;
  int rows = 24;
  bool detach = false;  // the command outlives the connection
};
struct ExecStdinEof {};
struct ExecResize {
  int cols = 80;
  int rows = 24;
};
struct ExecSignal {
  int number = 0;  // of this machine; travels as a name
};
using ExecRequest = std::variant<ExecStart, ExecStdinEof, ExecResize, ExecSignal>;

struct ExecStarted {
  std::int64_t pid = 0;
};
struct ExecExit {
  int status = 0;
};
/// The session could not run the command, or nothing more is known of it. Not for a program that is not there
/// or cannot be executed: that is told on stderr, and the status is 127 or 126, as shells do.
struct ExecFailed {
  std::string message;
};
using ExecEvent = std::variant<ExecStarted, ExecExit, ExecFailed>;

/// First byte of the server's binary frames.
enum class ExecOutput : std::uint8_t { out = 1, err = 2 };

[[nodiscard]] std::string encode(const ExecRequest& request);
[[nodiscard]] std::string encode(const ExecEvent& event);

/// Fail with malformed, or invalid_argument naming the field.
[[nodiscard]] base::Result<ExecRequest> decode_exec_request(std::string_view text);
[[nodiscard]] base::Result<ExecEvent> decode_exec_event(std::string_view text);

/// "INT" and "SIGINT" are understood. Only signals that a client may send: HUP INT QUIT KILL USR1 USR2 TERM
/// CONT STOP TSTP. Fails with invalid_argument, field "signal".
[[nodiscard]] base::Result<int> parse_signal(std::string_view name);
/// "INT"; "" for a signal that is none of those.
[[nodiscard]] std::string_view signal_name(int number);

}  // namespace wire
