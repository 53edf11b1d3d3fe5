#include "io/process.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>
#include <unistd.h>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/this_coro.hpp>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "io/timeout.hpp"
#include "support/run.hpp"

namespace io {
namespace {

using namespace std::chrono_literals;
using base::ErrorCode;
using support::run;

CommandResult command(std::vector<std::string> argv, std::string input = {}) {
  return run(run_command(std::move(argv), 20s, std::move(input))).value();
}

Task<std::string> read_all(StreamPtr stream) {
  std::string text;
  std::string buffer(4096, '\0');
  for (;;) {
    const std::size_t size = co_await stream->read_some(asio::buffer(buffer));
    if (size == 0) co_return text;
    text.append(buffer, 0, size);
  }
}

TEST(RunCommand, GivesBothStreamsAndTheStatus) {
  const CommandResult result = command({"sh", "-c", "echo out; echo err >&2; exit 7"});

  EXPECT_EQ(result.status, 7);
  EXPECT_EQ(result.out, "out\n");
  EXPECT_EQ(result.err, "err\n");
}

TEST(RunCommand, PassesMoreInputThanAPipeHolds) {
  const std::string input(600'000, 'x');

  EXPECT_EQ(command({"cat"}, input).out, input);
}

TEST(RunCommand, CutsOutputAtOneMebibyteWithoutBlockingTheCommand) {
  const CommandResult result = command({"head", "-c", "3000000", "/dev/zero"});

  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.out.size(), 1024u * 1024u);
}

TEST(RunCommand, SurvivesACommandThatReadsNothing) {
  EXPECT_EQ(command({"true"}, std::string(2'000'000, 'x')).status, 0);
}

TEST(RunCommand, CountsASignalAsAShellDoes) {
  EXPECT_EQ(command({"sh", "-c", "kill -TERM $$"}).status, 128 + SIGTERM);
}

TEST(RunCommand, KillsTheWholeGroupWhenTimeIsUp) {
  const auto result = run(run_command({"sh", "-c", "sleep 1000 & sleep 1000"}, 50ms));

  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::timed_out);
}

TEST(RunCommand, NamesAProgramThatDoesNotExist) {
  const auto result = run(run_command({"no-such-program-here"}, 1s));

  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::not_found);
  EXPECT_EQ(result.error().message(), "no-such-program-here: no such program");
}

Task<CommandResult> run_with(ProcessOptions options) {
  const auto executor = co_await asio::this_coro::executor;
  options.out = Stdio::pipe;
  auto process = Process::start(executor, options).value();
  CommandResult result;
  result.out = co_await read_all(adopt_pipe(executor, process->take_out()));
  const ExitStatus status = co_await process->wait();
  result.status = status.code;
  co_return result;
}

TEST(Process, StartsWithTheGivenEnvironmentAndDirectory) {
  ProcessOptions options;
  options.argv = {"/bin/sh", "-c", "echo $A-$HOME-$PWD"};
  options.env = {{"A", "1"}};
  options.inherit_env = false;
  options.cwd = "/usr";

  EXPECT_EQ(run(run_with(options)).out, "1--/usr\n");
}

TEST(Process, LooksTheProgramUpInTheChildsPath) {
  ProcessOptions options;
  options.argv = {"true"};
  options.env = {{"PATH", "/nowhere"}};
  asio::io_context loop;

  const auto process = Process::start(loop.get_executor(), options);

  ASSERT_FALSE(process);
  EXPECT_EQ(process.error().code(), ErrorCode::not_found);
}

TEST(Process, RefusesAMissingDirectoryAndNulBytes) {
  asio::io_context loop;
  ProcessOptions options;
  options.argv = {"true"};
  options.cwd = "/no/such/dir";
  EXPECT_EQ(Process::start(loop.get_executor(), options).error().code(), ErrorCode::invalid_argument);
  options.cwd.clear();
  options.argv = {"true", std::string("a\0b", 3)};
  EXPECT_EQ(Process::start(loop.get_executor(), options).error().code(), ErrorCode::invalid_argument);
  options.argv.clear();
  EXPECT_EQ(Process::start(loop.get_executor(), options).error().code(), ErrorCode::invalid_argument);
}

TEST(Process, InheritsNoDescriptorOfOurs) {
  const int leaked = ::dup(1);  // without close-on-exec
  ProcessOptions options;
  options.argv = {"sh", "-c", "ls /proc/self/fd | wc -l"};

  const CommandResult result = run(run_with(options));

  ::close(leaked);
  EXPECT_EQ(result.out, "4\n");  // 0, 1, 2 and the directory that ls reads
}

TEST(Process, AppendsToAFile) {
  const std::filesystem::path path =
      std::filesystem::path(testing::TempDir()) / ("process_test." + std::to_string(::getpid()));
  ProcessOptions options;
  options.argv = {"sh", "-c", "echo one; echo two >&2"};
  options.out = Stdio::file;
  options.err = Stdio::file;
  options.output_file = path;
  asio::io_context loop;
  auto process = Process::start(loop.get_executor(), options).value();

  const ExitStatus status = run(loop, process->wait());

  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  std::filesystem::remove(path);
  EXPECT_EQ(status.code, 0);
  EXPECT_EQ(text, "one\ntwo\n");
}

Task<std::string> terminal_session(int& code) {
  const auto executor = co_await asio::this_coro::executor;
  ProcessOptions options;
  options.argv = {"sh", "-c",
                  "stty size; read line; stty size; echo got $line; tty >/dev/null && echo tty; exit 3"};
  options.tty = true;
  options.cols = 100;
  options.rows = 30;
  auto process = Process::start(executor, options).value();
  StreamPtr in = adopt_pipe(executor, process->take_in());
  StreamPtr out = adopt_pipe(executor, process->take_out());
  std::string text;
  std::string buffer(4096, '\0');
  while (text.find("30 100") == std::string::npos) {
    const std::size_t size = co_await out->read_some(asio::buffer(buffer));
    text.append(buffer, 0, size);
  }
  process->resize(120, 40);
  const std::string line = "hello\n";
  co_await write_all(*in, asio::buffer(line));
  text += co_await read_all(std::move(out));
  const ExitStatus status = co_await process->wait();
  code = status.code;
  co_return text;
}

TEST(Process, GivesATerminalThatResizes) {
  int code = 0;

  const std::string text = run(terminal_session(code));

  EXPECT_NE(text.find("40 120"), std::string::npos) << text;
  EXPECT_NE(text.find("got hello"), std::string::npos) << text;
  EXPECT_NE(text.find("tty"), std::string::npos) << text;
  EXPECT_EQ(code, 3);
}

Task<ExitStatus> interrupt_by_terminal() {
  const auto executor = co_await asio::this_coro::executor;
  ProcessOptions options;
  options.argv = {"sh", "-c", "echo up; exec sleep 1000"};
  options.tty = true;
  auto process = Process::start(executor, options).value();
  StreamPtr in = adopt_pipe(executor, process->take_in());
  StreamPtr out = adopt_pipe(executor, process->take_out());
  std::string buffer(64, '\0');
  co_await out->read_some(asio::buffer(buffer));
  const std::string control_c = "\x03";
  co_await write_all(*in, asio::buffer(control_c));
  co_return co_await process->wait();
}

TEST(Process, TerminalIsTheControllingOne) { EXPECT_EQ(run(interrupt_by_terminal()).code, 128 + SIGINT); }

Task<ExitStatus> signal_group() {
  const auto executor = co_await asio::this_coro::executor;
  ProcessOptions options;
  options.argv = {"sh", "-c", "sleep 1000 & echo up; wait"};
  options.new_session = true;
  options.out = Stdio::pipe;
  auto process = Process::start(executor, options).value();
  StreamPtr out = adopt_pipe(executor, process->take_out());
  std::string buffer(64, '\0');
  co_await out->read_some(asio::buffer(buffer));
  process->signal(SIGKILL);
  // The pipe ends only when the background sleep, which holds it too, is gone.
  co_await read_all(std::move(out));
  co_return co_await process->wait();
}

TEST(Process, SignalReachesTheGroup) {
  const ExitStatus status = run(signal_group());

  EXPECT_EQ(status.code, 128 + SIGKILL);
  EXPECT_TRUE(status.signalled);
}

Task<int> run_many() {
  const auto executor = co_await asio::this_coro::executor;
  int failures = 0;
  for (int i = 0; i < 50; ++i) {
    const std::vector<std::string> argv = {"true"};
    const auto result = co_await run_command(argv, 20s);
    ProcessOptions options;
    options.argv = {"sleep", "0.001"};
    const auto next = Process::start(executor, options).value();
    const ExitStatus status = co_await next->wait();
    if (!result || result->status != 0 || status.code != 0) ++failures;
  }
  co_return failures;
}

// A pidfd that follows another one with the same number was told of the other one's end.
TEST(Process, IsNotTakenForEndedBecauseAnEarlierOneWas) { EXPECT_EQ(run(run_many()), 0); }

TEST(WaitForExit, ReturnsAtOnceForNobodyAndReapsAChild) {
  run(wait_for_exit(0x3ffffff));
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);

  run(wait_for_exit(child));

  EXPECT_EQ(::waitpid(child, nullptr, WNOHANG), -1) << "the child was left a zombie";
}

}  // namespace
}  // namespace io
