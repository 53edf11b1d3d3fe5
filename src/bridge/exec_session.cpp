#include "bridge/exec_session.hpp"

#include <array>
#include <csignal>
#include <exception>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "io/timeout.hpp"

namespace bridge {
namespace {

namespace asio = io::asio;
using namespace asio::experimental::awaitable_operators;

constexpr std::chrono::milliseconds kKillLimit{
    10'000};  // SIGKILL works at once but for a process stuck in the kernel

/// Waits for notify(); ends without an exception when cancelled.
io::Task<void> wait_for(asio::steady_timer& timer) {
  boost::system::error_code ignored;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

void notify(asio::steady_timer& timer) { timer.cancel(); }

/// In a race an exception would be taken for "not yet"; here it means that this side is over.
io::Task<void> ends_on_failure(io::Task<void> task) {
  try {
    co_await std::move(task);
  } catch (const boost::system::system_error&) {
  }
}

}  // namespace

ExecSession::ExecSession(io::websocket::Channel& channel, io::Process& process, bool tty, ExecTimes times)
    : channel_(channel),
      process_(process),
      tty_(tty),
      times_(times),
      input_changed_(channel.executor()),
      lost_(channel.executor()),
      output_changed_(channel.executor()) {
  for (asio::steady_timer* timer : {&input_changed_, &lost_, &output_changed_})
    timer->expires_at(asio::steady_timer::time_point::max());
  in_ = io::adopt_pipe(channel.executor(), process.take_in());
  out_.stream = io::adopt_pipe(channel.executor(), process.take_out());
  err_.kind = wire::ExecOutput::err;
  if (!tty) err_.stream = io::adopt_pipe(channel.executor(), process.take_err());
  err_.ended = tty;
}

io::Task<std::optional<io::ExitStatus>> ExecSession::run() {
  try {
    auto work = serve_command() || until_client_lost();
    co_await std::move(work);
  } catch (const std::exception&) {
    // Cancelled: the command ends with us.
  }
  if (served_) co_return exit_;
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_await end_command();
  co_return std::nullopt;
}

io::Task<void> ExecSession::serve_command() {
  auto work = pump(out_) && pump(err_) && await_exit();
  co_await std::move(work);
  served_ = true;
}

io::Task<void> ExecSession::pump(Output& output) {
  if (!output.stream) co_return;
  std::string frame(wire::kExecFrameBytes, '\0');
  frame[0] = static_cast<char>(output.kind);
  std::size_t size = 0;
  do {
    output.reading = true;
    try {
      size = co_await output.stream->read_some(asio::buffer(frame.data() + 1, frame.size() - 1));
    } catch (const boost::system::system_error&) {
      size = 0;  // closed under us: the command has ended, and nothing came for a while
    }
    output.reading = false;
    output.bytes += size;
    if (size == 0) break;
    const auto sent = co_await channel_.write_binary(asio::buffer(frame.data(), size + 1));
    if (!sent) lose_client();
  } while (!client_lost_);
  output.ended = true;
  notify(output_changed_);
}

/// A process that the command left in the background may hold the pipes open for ever, so silence ends them
/// too.
io::Task<void> ExecSession::await_exit() {
  exit_ = co_await process_.wait();
  while (!outputs_ended()) {
    const std::uint64_t before = out_.bytes + err_.bytes;
    auto change = wait_for(output_changed_) || io::sleep_for(times_.drain);
    co_await std::move(change);
    const bool silent = out_.bytes + err_.bytes == before;
    for (Output* output : {&out_, &err_}) {
      if (!output->ended && output->reading && silent) output->stream->close();
    }
  }
}

io::Task<void> ExecSession::until_client_lost() {
  auto work = ends_on_failure(read_client()) || pump_input() || ends_on_failure(keep_asking()) || wait_lost();
  co_await std::move(work);
  client_lost_ = true;
}

io::Task<void> ExecSession::read_client() {
  for (;;) {
    const bool more = co_await read_one();
    if (!more) co_return;
  }
}

io::Task<bool> ExecSession::read_one() {
  auto message = co_await channel_.read_message(wire::kExecFrameBytes);
  if (!message || !message->has_value()) co_return false;
  if ((*message)->text) co_return on_text((*message)->payload);
  while (!input_.empty()) co_await wait_for(input_changed_);
  input_ = std::move((*message)->payload);
  notify(input_changed_);
  co_return true;
}

bool ExecSession::on_text(const std::string& text) {
  const auto request = wire::decode_exec_request(text);
  if (!request) return false;
  if (const auto* signal = std::get_if<wire::ExecSignal>(&*request)) process_.signal(signal->number);
  if (const auto* size = std::get_if<wire::ExecResize>(&*request)) process_.resize(size->cols, size->rows);
  if (std::holds_alternative<wire::ExecStdinEof>(*request)) {
    input_ended_ = true;
    notify(input_changed_);
  }
  return !std::holds_alternative<wire::ExecStart>(*request);
}

/// Never ends by itself: input that ends, or that the command does not want, says nothing about the client.
io::Task<void> ExecSession::pump_input() {
  constexpr char kEndOfTransmission = 4;  // what a terminal takes for the end of input
  for (;;) {
    while (input_.empty() && !input_ended_) co_await wait_for(input_changed_);
    std::string piece = input_;
    const bool last = piece.empty();
    if (last && tty_) piece.assign(1, kEndOfTransmission);
    try {
      if (in_ && !piece.empty()) co_await io::write_all(*in_, asio::buffer(piece));
    } catch (const boost::system::system_error&) {
      in_.reset();  // the command closed it; what still comes is dropped
    }
    if (last) {
      in_.reset();
      co_await wait_lost();
      co_return;
    }
    input_.clear();
    notify(input_changed_);
  }
}

io::Task<void> ExecSession::keep_asking() {
  for (;;) {
    co_await io::sleep_for(times_.ping_every);
    const auto sent = co_await channel_.ping();
    if (!sent) co_return;
  }
}

io::Task<void> ExecSession::wait_lost() {
  while (!client_lost_) co_await wait_for(lost_);
}

void ExecSession::lose_client() {
  client_lost_ = true;
  notify(lost_);
}

io::Task<void> ExecSession::end_command() {
  in_.reset();
  out_.stream.reset();
  err_.stream.reset();
  if (exit_) co_return;
  process_.signal(SIGHUP);
  for (const auto limit : {times_.hang_up, kKillLimit}) {
    auto ended = await_status() || io::sleep_for(limit);
    co_await std::move(ended);
    if (exit_) co_return;
    process_.signal(SIGKILL);
  }
}

io::Task<void> ExecSession::await_status() { exit_ = co_await process_.wait(); }

}  // namespace bridge
