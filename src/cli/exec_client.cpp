#include "cli/exec_client.hpp"

#include <csignal>
#include <optional>
#include <unistd.h>
#include <utility>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "cli/local_stream.hpp"
#include "cli/terminal.hpp"
#include "cli/text.hpp"
#include "io/timeout.hpp"

namespace cli {
namespace {

namespace asio = io::asio;
using base::ErrorCode;

/// How long a signal may queue behind input that the command does not read. Chosen.
constexpr std::chrono::seconds kSignalLimit{2};
/// How long the closing handshake may take once everything is said. Chosen.
constexpr std::chrono::milliseconds kCloseLimit{500};

/// Waits until it is cancelled: a direction that is done must not end the others.
io::Task<void> wait_for_the_others() {
  asio::steady_timer never(co_await asio::this_coro::executor);
  never.expires_at(asio::steady_timer::time_point::max());
  co_await never.async_wait(asio::use_awaitable);
}

/// The signals by which people want to be rid of a program.
bool ends_program(int number) {
  return number == SIGINT || number == SIGTERM || number == SIGHUP || number == SIGQUIT;
}

ExecOutcome lost(std::string why) { return {.status = kExitLost, .message = std::move(why), .pid = 0}; }

/// What an event means for the client; nullopt: go on.
std::optional<ExecOutcome> outcome_of(const wire::ExecEvent& event, bool detach) {
  if (const auto* exit = std::get_if<wire::ExecExit>(&event)) return ExecOutcome{exit->status, "", 0};
  if (const auto* failed = std::get_if<wire::ExecFailed>(&event))
    return ExecOutcome{kExitNotRun, printable(failed->message), 0};
  const auto& started = std::get<wire::ExecStarted>(event);
  if (detach) return ExecOutcome{0, "", started.pid};
  return std::nullopt;
}

io::Task<base::Result<bool>> close_politely(io::websocket::Channel& channel) {
  co_await channel.send_close(1000, "");  // RFC 6455 §7.4.1: normal
  const auto last = co_await channel.read_message(wire::kMaxExecDataBytes);
  co_return last.has_value();
}

}  // namespace

ExecClient::ExecClient(io::websocket::Channel& channel, StandardStreams streams, bool read_input)
    : channel_(channel), streams_(streams), read_input_(read_input) {}

io::Task<base::Result<void>> ExecClient::send(wire::ExecRequest request) {
  co_return co_await channel_.write_text(wire::encode(request));
}

io::Task<ExecOutcome> ExecClient::run(wire::ExecStart start) {
  using namespace asio::experimental::awaitable_operators;
  const bool tty = start.tty;
  const bool detach = start.detach;
  raw_terminal_ = tty && read_input_ && ::isatty(streams_.in) == 1;
  auto request = wire::ExecRequest(std::move(start));
  const auto sent = co_await send(std::move(request));
  if (!sent) co_return lost(sent.error().message());

  auto work = receive(detach) || pump_input() || forward_signals(tty);
  auto done = co_await std::move(work);
  auto outcome = std::visit([](auto& result) { return std::move(result); }, done);
  if (outcome.message.empty()) {
    auto closing = close_politely(channel_);
    co_await io::within(kCloseLimit, std::move(closing));
  }
  channel_.close();
  co_return outcome;
}

io::Task<ExecOutcome> ExecClient::receive(bool detach) {
  const auto executor = channel_.executor();
  LocalStream out(executor, streams_.out, LocalStream::Direction::out);
  LocalStream err(executor, streams_.err, LocalStream::Direction::out);
  while (true) {
    const auto message = co_await channel_.read_message(wire::kMaxExecDataBytes);
    if (!message) co_return lost(message.error().message());
    if (!*message) co_return lost("the connection ended before the command did");
    const std::string& payload = (*message)->payload;

    if ((*message)->text) {
      const auto event = wire::decode_exec_event(payload);
      if (!event) co_return lost("the session sent what is no exec message: " + event.error().message());
      const auto outcome = outcome_of(*event, detach);
      if (outcome) co_return *outcome;
      continue;
    }
    if (payload.empty()) continue;
    const bool is_error = payload.front() == static_cast<char>(wire::ExecOutput::err);
    LocalStream& target = is_error ? err : out;
    const bool written = co_await target.write_all(asio::buffer(payload) + 1);
    if (!written) co_return ExecOutcome{kExitBrokenPipe, "", 0};
  }
}

io::Task<ExecOutcome> ExecClient::pump_input() {
  if (read_input_) {
    LocalStream in(channel_.executor(), streams_.in, LocalStream::Direction::in);
    std::string buffer(wire::kExecFrameBytes, '\0');
    while (true) {
      const std::size_t size = co_await in.read_some(asio::buffer(buffer));
      if (size == 0) break;
      const auto sent = co_await channel_.write_binary(asio::buffer(buffer.data(), size));
      if (!sent) co_await wait_for_the_others();  // the reader says why
    }
  }
  // A terminal that ended is gone for good: there is nobody to go on for.
  if (raw_terminal_) co_return lost("the terminal is gone");
  auto request = wire::ExecRequest(wire::ExecStdinEof{});
  co_await send(std::move(request));
  co_await wait_for_the_others();
  co_return ExecOutcome{};
}

io::Task<ExecOutcome> ExecClient::forward_signals(bool tty) {
  asio::signal_set signals(channel_.executor(), SIGINT, SIGTERM, SIGHUP);
  signals.add(SIGQUIT);
  signals.add(SIGUSR1);
  signals.add(SIGUSR2);
  if (tty) signals.add(SIGWINCH);
  while (true) {
    const int number = co_await signals.async_wait(asio::use_awaitable);
    auto request = wire::ExecRequest(wire::ExecSignal{number});
    if (number == SIGWINCH) {
      const auto size = terminal_size(streams_.in);
      request = wire::ExecResize{.cols = size.columns, .rows = size.rows};
    }
    auto sending = send(std::move(request));
    const auto sent = co_await io::within(kSignalLimit, std::move(sending));
    if (sent) continue;
    if (sent.error().code() != ErrorCode::timed_out) co_await wait_for_the_others();
    if (ends_program(number))
      co_return ExecOutcome{
          128 + number,
          "the command does not read its input, so no signal gets through; it is ended with the "
          "connection",
          0};
  }
}

std::string exec_path(const wire::SessionId& id) { return "/sessions/" + id.text() + "/exec"; }

}  // namespace cli
