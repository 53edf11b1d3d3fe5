#include <csignal>

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/this_coro.hpp>

#include "io/process.hpp"
#include "io/timeout.hpp"

namespace io {
namespace {

/// Most of a stream that is kept; the rest is read and dropped, so that the command does not block. Chosen.
constexpr std::size_t kKeptBytes = 1024 * 1024;

Task<void> collect(StreamPtr stream, std::string& into) {
  std::string buffer(16 * 1024, '\0');
  for (;;) {
    const std::size_t size = co_await stream->read_some(asio::buffer(buffer));
    if (size == 0) co_return;
    into.append(buffer, 0, std::min(size, kKeptBytes - into.size()));
  }
}

Task<void> feed(StreamPtr stream, std::string input) {
  try {
    co_await write_all(*stream, asio::buffer(input));
  } catch (const boost::system::system_error&) {
    // A command need not read all that it is given.
  }
  stream->close();
}

Task<base::Result<CommandResult>> finish(Process& process, StreamPtr in, StreamPtr out, StreamPtr err,
                                         std::string input) {
  using namespace asio::experimental::awaitable_operators;
  CommandResult result;
  auto talk = feed(std::move(in), std::move(input)) && collect(std::move(out), result.out) &&
              collect(std::move(err), result.err);
  co_await std::move(talk);
  const ExitStatus status = co_await process.wait();
  result.status = status.code;
  co_return result;
}

}  // namespace

Task<base::Result<CommandResult>> run_command(std::vector<std::string> argv, std::chrono::milliseconds limit,
                                              std::string input) {
  const auto executor = co_await asio::this_coro::executor;
  ProcessOptions options;
  options.argv = std::move(argv);
  options.in = Stdio::pipe;
  options.out = Stdio::pipe;
  options.err = Stdio::pipe;
  options.new_session = true;
  auto process = Process::start(executor, options);
  if (!process) co_return tl::unexpected(process.error());
  StreamPtr in = adopt_pipe(executor, (*process)->take_in());
  StreamPtr out = adopt_pipe(executor, (*process)->take_out());
  StreamPtr err = adopt_pipe(executor, (*process)->take_err());

  base::Result<CommandResult> result = base::fail(base::ErrorCode::internal, "");
  std::exception_ptr cancelled;
  try {
    auto run = finish(**process, std::move(in), std::move(out), std::move(err), std::move(input));
    result = co_await within(limit, std::move(run));
  } catch (...) {
    cancelled = std::current_exception();
  }
  if (result) co_return result;

  (*process)->signal(SIGKILL);
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_await (*process)->wait();
  if (cancelled) std::rethrow_exception(cancelled);
  co_return base::fail(base::ErrorCode::timed_out, options.argv[0] + " did not end in time");
}

}  // namespace io
