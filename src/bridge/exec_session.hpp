/// One command run for a client that stays connected: carries its streams, its signals and its end.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include <boost/asio/steady_timer.hpp>

#include "io/process.hpp"
#include "io/stream.hpp"
#include "io/task.hpp"
#include "io/websocket/channel.hpp"
#include "wire/exec.hpp"

namespace bridge {

/// Times of an exec. Chosen.
struct ExecTimes {
  std::chrono::milliseconds start{std::chrono::seconds(30)};       // until the client said what to run
  std::chrono::milliseconds ping_every{std::chrono::seconds(15)};  // finds out that a silent client is gone
  std::chrono::milliseconds drain{250};                        // silence after the end that ends the output
  std::chrono::milliseconds hang_up{std::chrono::seconds(5)};  // between SIGHUP and SIGKILL
  std::chrono::milliseconds close{std::chrono::seconds(5)};    // for the closing handshake
};

/// Holds at most one frame in each direction and one of input ahead, so that signals pass a command that
/// reads slowly.
class ExecSession {
 public:
  /// `process` was started with pipes, or with a terminal; its descriptors are taken.
  ExecSession(io::websocket::Channel& channel, io::Process& process, bool tty, ExecTimes times);

  /// Returns the command's end once all its output is sent; nullopt when the client left or we were cancelled
  /// first: then the command has got SIGHUP, and SIGKILL after a while, and has ended.
  io::Task<std::optional<io::ExitStatus>> run();

 private:
  struct Output {
    wire::ExecOutput kind = wire::ExecOutput::out;
    io::StreamPtr stream;  // null: there is none
    bool ended = false;
    bool reading = false;  // waits for the command, not for the client
    std::uint64_t bytes = 0;
  };

  io::Task<void> serve_command();
  io::Task<void> pump(Output& output);
  io::Task<void> await_exit();
  [[nodiscard]] bool outputs_ended() const { return out_.ended && err_.ended; }

  io::Task<void> until_client_lost();
  io::Task<void> read_client();
  io::Task<bool> read_one();
  bool on_text(const std::string& text);
  io::Task<void> pump_input();
  io::Task<void> keep_asking();
  io::Task<void> wait_lost();
  void lose_client();

  io::Task<void> end_command();
  io::Task<void> await_status();

  io::websocket::Channel& channel_;
  io::Process& process_;
  bool tty_;
  ExecTimes times_;
  io::StreamPtr in_;
  Output out_;
  Output err_;
  std::string input_;  // one frame on its way to the command
  bool input_ended_ = false;
  bool client_lost_ = false;
  bool served_ = false;  // the command has ended, and all its output is sent
  std::optional<io::ExitStatus> exit_;
  io::asio::steady_timer input_changed_;
  io::asio::steady_timer lost_;
  io::asio::steady_timer output_changed_;
};

}  // namespace bridge
