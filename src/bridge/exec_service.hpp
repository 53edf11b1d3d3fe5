/// Runs commands in the session for clients of GET /exec, attached or detached.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include <boost/asio/any_io_executor.hpp>

#include "base/log.hpp"
#include "bridge/exec_session.hpp"
#include "io/task_group.hpp"
#include "nest/environment.hpp"
#include "wire/exec.hpp"

namespace bridge {

struct ExecOptions {
  std::function<nest::Environment()> environment;  // of every command; asked each time, as keys are renewed
  std::filesystem::path directory =
      "/run/helix/exec";                           // output of detached commands, records of attached ones
  std::filesystem::path workspace = "/workspace";  // where commands start
  std::size_t attached = 64;                       // at a time. Chosen
  ExecTimes times;
};

class ExecService {
 public:
  ExecService(const io::asio::any_io_executor& executor, ExecOptions options, base::Log log);

  /// Serves one client to its end: reads the start message, runs the command, closes the channel.
  io::Task<void> serve(io::websocket::ChannelPtr channel);
  /// Ends attached commands whose bridge was killed: nobody reads their output any more. Until cancelled or
  /// done.
  io::Task<void> end_orphans();
  /// Reaps detached commands that an earlier life of this process started, before it became us by exec.
  void reap_inherited();
  /// Forgets detached commands; they go on.
  io::Task<void> close();
  [[nodiscard]] std::size_t attached() const { return attached_; }

 private:
  io::Task<base::Result<wire::ExecStart>> read_start(io::websocket::Channel& channel);
  io::Task<void> run_attached(io::websocket::Channel& channel, wire::ExecStart start);
  io::Task<void> run_detached(io::websocket::Channel& channel, wire::ExecStart start);
  io::Task<void> watch_detached(std::unique_ptr<io::Process> process);
  io::Task<void> tell_not_started(io::websocket::Channel& channel, base::Error error);
  io::Task<void> refuse(io::websocket::Channel& channel, std::string message);
  io::Task<void> finish(io::websocket::Channel& channel, wire::ExecEvent event);
  [[nodiscard]] io::ProcessOptions process_options(const wire::ExecStart& start) const;

  io::asio::any_io_executor executor_;
  ExecOptions options_;
  base::Log log_;
  io::TaskGroup detached_;
  std::size_t attached_ = 0;
};

}  // namespace bridge
