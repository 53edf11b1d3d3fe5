#include "bridge/exec_service.hpp"

#include <csignal>
#include <filesystem>
#include <sched.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "io/net.hpp"
#include "io/timeout.hpp"
#include "nest/process_identity.hpp"
#include "nest/text_file.hpp"
#include "support/run.hpp"

namespace bridge {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using io::websocket::Channel;

const base::Log kQuiet("test", base::LogLevel::error, base::LogFormat::text, [](std::string_view) {});

/// What a client saw of one command.
struct Seen {
  std::string out;
  std::string err;
  std::optional<int> status;
  std::string error;
  pid_t pid = 0;
  std::uint16_t close_code = 0;
};

class ExecServiceTest : public testing::Test {
 public:
  ExecServiceTest() : tasks_(loop_.get_executor(), kQuiet) {
    std::string pattern = testing::TempDir() + "exec.XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
    options_.directory = directory_ / "run";
    options_.workspace = directory_;
    options_.environment = [] {
      return nest::Environment{{"PATH", "/usr/bin:/bin"}, {"HELIX_SESSION_ID", "ses_x"}};
    };
  }
  ~ExecServiceTest() override { fs::remove_all(directory_); }

  ExecService& service() {
    if (!service_) service_.emplace(loop_.get_executor(), options_, kQuiet);
    return *service_;
  }

  /// The client's end of a new connection that the service serves.
  io::websocket::ChannelPtr connect() {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    auto server = std::make_unique<Channel>(io::adopt_socket(loop_.get_executor(), ends[0]),
                                            wire::WebSocketRole::server);
    tasks_.spawn("serve", service().serve(std::move(server)));
    return std::make_unique<Channel>(io::adopt_socket(loop_.get_executor(), ends[1]),
                                     wire::WebSocketRole::client);
  }

  /// Runs `script` with a shell, sends `input` and its end, reads all until the connection ends.
  Seen run(const std::string& script, std::string input = {}, bool tty = false, bool detach = false) {
    wire::ExecStart start;
    start.argv = {"sh", "-c", script};
    start.tty = tty;
    start.detach = detach;
    return run(std::move(start), std::move(input));
  }
  Seen run(wire::ExecStart start, std::string input = {}) {
    Seen seen;
    support::run(loop_, talk(*this, std::move(start), std::move(input), seen));
    return seen;
  }

  static io::Task<void> talk(ExecServiceTest& test, wire::ExecStart start, std::string input, Seen& seen) {
    auto channel = test.connect();
    io::TaskGroup writer(test.loop_.get_executor(), kQuiet);
    const auto request = wire::ExecRequest(std::move(start));
    co_await channel->write_text(wire::encode(request));
    writer.spawn("input", send_input(*channel, std::move(input)));
    co_await collect(*channel, seen);
    writer.cancel();
    co_await writer.join();
    channel->close();
    co_await test.tasks_.join();
    co_await test.service().close();
  }

  static io::Task<void> send_input(Channel& channel, std::string input) {
    for (std::size_t at = 0; at < input.size(); at += wire::kExecFrameBytes) {
      const std::size_t size = std::min(wire::kExecFrameBytes, input.size() - at);
      const auto sent = co_await channel.write_binary(boost::asio::buffer(input.data() + at, size));
      if (!sent) co_return;
    }
    const auto request = wire::ExecRequest(wire::ExecStdinEof{});
    co_await channel.write_text(wire::encode(request));
  }

  static io::Task<base::Result<void>> send_forever(Channel& channel) {
    const std::string frame(wire::kExecFrameBytes, 'x');
    for (;;) {
      const auto sent = co_await channel.write_binary(boost::asio::buffer(frame));
      if (!sent) co_return sent;
    }
  }

  static io::Task<void> collect(Channel& channel, Seen& seen) {
    for (;;) {
      const bool more = co_await collect_one(channel, seen);
      if (!more) break;
    }
    seen.close_code = channel.peer_close_code();
  }

  static io::Task<bool> collect_one(Channel& channel, Seen& seen) {
    auto message = co_await channel.read_message(wire::kMaxExecDataBytes);
    if (!message || !message->has_value()) co_return false;
    const std::string& payload = (*message)->payload;
    if (!(*message)->text) {
      (payload.at(0) == 1 ? seen.out : seen.err).append(payload, 1);
      co_return true;
    }
    const auto event = wire::decode_exec_event(payload).value();
    if (const auto* started = std::get_if<wire::ExecStarted>(&event))
      seen.pid = static_cast<pid_t>(started->pid);
    if (const auto* exit = std::get_if<wire::ExecExit>(&event)) seen.status = exit->status;
    if (const auto* failed = std::get_if<wire::ExecFailed>(&event)) seen.error = failed->message;
    co_return true;
  }

  boost::asio::io_context loop_;
  fs::path directory_;
  ExecOptions options_;
  std::optional<ExecService> service_;
  io::TaskGroup tasks_;
};

TEST_F(ExecServiceTest, CarriesBothStreamsAndTheStatus) {
  const Seen seen = run("echo out; echo err >&2; exit 7");

  EXPECT_EQ(seen.out, "out\n");
  EXPECT_EQ(seen.err, "err\n");
  EXPECT_EQ(seen.status, 7);
  EXPECT_GT(seen.pid, 0);
  EXPECT_EQ(seen.close_code, 1000);
  EXPECT_TRUE(fs::is_empty(directory_ / "run")) << "the record of an ended command stays";
}

TEST_F(ExecServiceTest, StartsInTheWorkspaceWithTheSessionsEnvironmentOnly) {
  wire::ExecStart start;
  start.argv = {"sh", "-c", "echo $PWD $HELIX_SESSION_ID $MORE $HOME"};
  start.env = {{"MORE", "m"}};

  EXPECT_EQ(run(start).out, directory_.string() + " ses_x m\n");
}

TEST_F(ExecServiceTest, PassesInputOfAnySizeThrough) {
  const std::string input(5'000'000, 'x');

  const Seen seen = run("cat", input);

  EXPECT_EQ(seen.out.size(), input.size());
  EXPECT_EQ(seen.status, 0);
}

TEST_F(ExecServiceTest, ACommandThatReadsNothingStillEnds) {
  const Seen seen = run("exit 3", std::string(5'000'000, 'x'));

  EXPECT_EQ(seen.status, 3);
}

TEST_F(ExecServiceTest, ABackgroundProcessDoesNotKeepTheClient) {
  options_.times.drain = 5ms;
  const Seen seen = run("sleep 1000 & echo $!");

  EXPECT_EQ(seen.status, 0);
  const pid_t sleeper = std::stoi(seen.out);
  EXPECT_EQ(::kill(sleeper, SIGKILL), 0) << "it should still run";
}

TEST_F(ExecServiceTest, SaysWhyACommandCannotBeRun) {
  wire::ExecStart start;
  start.argv = {"no-such-program"};
  const Seen missing = run(start);
  EXPECT_EQ(missing.err, "no-such-program: no such program\n");
  EXPECT_EQ(missing.status, 127);
  start.argv = {"true"};
  start.cwd = "/no/such";
  const Seen seen = run(start);
  EXPECT_EQ(seen.error, "working directory /no/such does not exist");
  EXPECT_EQ(seen.status, std::nullopt);
  EXPECT_EQ(seen.close_code, 1000);
}

TEST_F(ExecServiceTest, GivesATerminal) {
  wire::ExecStart start;
  start.argv = {"sh", "-c", "stty size; read line; echo got $line >&2; exit 4"};
  start.tty = true;
  start.cols = 91;
  start.rows = 17;

  const Seen seen = run(start, "hello\n");

  EXPECT_NE(seen.out.find("17 91"), std::string::npos) << seen.out;
  EXPECT_NE(seen.out.find("got hello"), std::string::npos) << seen.out;
  EXPECT_EQ(seen.err, "");
  EXPECT_EQ(seen.status, 4);
}

TEST_F(ExecServiceTest, EndOfInputReachesATerminal) {
  const Seen seen = run("cat; echo ended", "line\n", true);

  EXPECT_NE(seen.out.find("ended"), std::string::npos) << seen.out;
  EXPECT_EQ(seen.status, 0);
}

TEST_F(ExecServiceTest, DetachedCommandsOutliveTheConnectionAndWriteToALog) {
  const fs::path fifo = directory_ / "fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);

  const Seen seen = run("read line < '" + fifo.string() + "'; echo got $line", {}, false, true);

  EXPECT_EQ(seen.status, std::nullopt);
  EXPECT_GT(seen.pid, 0);
  EXPECT_EQ(seen.close_code, 1000);
  ASSERT_TRUE(nest::identify(seen.pid)) << "it must go on after its client and its service";
  ASSERT_TRUE(nest::write_text_file(fifo, "hello\n"));
  ::waitpid(seen.pid, nullptr, 0);
  EXPECT_EQ(nest::read_text_file(directory_ / "run" / (std::to_string(seen.pid) + ".log")).value_or(""),
            "got hello\n");
}

TEST_F(ExecServiceTest, RefusesMoreThanTheLimit) {
  options_.attached = 0;

  EXPECT_EQ(run("true").error, "this session runs 0 commands already, which is the limit");
}

TEST_F(ExecServiceTest, RefusesAFirstMessageThatIsNoStart) {
  Seen seen;
  const auto talk = [](ExecServiceTest& test, Seen& result) -> io::Task<void> {
    auto channel = test.connect();
    co_await channel->write_text(R"({"type":"stdin_eof"})");
    co_await collect(*channel, result);
    channel->close();
    co_await test.tasks_.join();
  };

  support::run(loop_, talk(*this, seen));

  EXPECT_EQ(seen.error, "the first message must be start");
}

io::Task<void> signal_when_up(ExecServiceTest&, Channel& channel, Seen& seen, std::string signal,
                              io::Task<bool> (*read)(Channel&, Seen&)) {
  while (seen.out.find("up") == std::string::npos) {
    const bool more = co_await read(channel, seen);
    if (!more) co_return;
  }
  const auto request = wire::ExecRequest(wire::ExecSignal{wire::parse_signal(signal).value()});
  co_await channel.write_text(wire::encode(request));
}

TEST_F(ExecServiceTest, ForwardsSignals) {
  Seen seen;
  const auto talk = [](ExecServiceTest& test, Seen& result) -> io::Task<void> {
    auto channel = test.connect();
    wire::ExecStart start;
    start.argv = {"sh", "-c", "trap 'echo caught; exit 5' TERM; echo up; while :; do sleep 0.01; done"};
    const auto request = wire::ExecRequest(std::move(start));
    co_await channel->write_text(wire::encode(request));
    co_await signal_when_up(test, *channel, result, "TERM", &ExecServiceTest::collect_one);
    co_await collect(*channel, result);
    channel->close();
    co_await test.tasks_.join();
  };

  support::run(loop_, talk(*this, seen));

  EXPECT_EQ(seen.out, "up\ncaught\n");
  EXPECT_EQ(seen.status, 5);
}

/// Starts `script`, waits for "up", then the client goes without a word. Returns the command's pid.
io::Task<void> start_and_leave(ExecServiceTest&, io::websocket::ChannelPtr channel, std::string script,
                               Seen& seen, io::TaskGroup& tasks, io::Task<bool> (*read)(Channel&, Seen&)) {
  wire::ExecStart start;
  start.argv = {"sh", "-c", std::move(script)};
  const auto request = wire::ExecRequest(std::move(start));
  co_await channel->write_text(wire::encode(request));
  while (seen.out.find("up") == std::string::npos) {
    const bool more = co_await read(*channel, seen);
    if (!more) co_return;
  }
  channel->close();
  co_await tasks.join();
}

TEST_F(ExecServiceTest, ALostClientEndsTheCommandAndItsGroup) {
  Seen seen;

  support::run(loop_, start_and_leave(*this, connect(), "sleep 1000 & echo $!; echo up; wait", seen, tasks_,
                                      &ExecServiceTest::collect_one));

  const pid_t background = std::stoi(seen.out);
  EXPECT_FALSE(nest::identify(seen.pid));
  support::run(loop_, io::wait_for_exit(background));  // its own end is its parent's to notice, in its time
  EXPECT_EQ(service().attached(), 0u);
}

TEST_F(ExecServiceTest, ALostClientsCommandThatIgnoresTheHangUpIsKilled) {
  options_.times.hang_up = 10ms;
  Seen seen;

  support::run(loop_, start_and_leave(*this, connect(), "trap '' HUP; echo up; while :; do sleep 0.01; done",
                                      seen, tasks_, &ExecServiceTest::collect_one));

  EXPECT_FALSE(nest::identify(seen.pid));
}

// The reader is stuck behind input that the command does not read, so only asking the client tells that it is
// gone.
TEST_F(ExecServiceTest, NoticesALostClientWhoseInputIsNotRead) {
  options_.times.ping_every = 10ms;
  Seen seen;
  const auto talk = [](ExecServiceTest& test, Seen& result) -> io::Task<void> {
    auto channel = test.connect();
    wire::ExecStart start;
    start.argv = {"sleep", "1000"};
    const auto request = wire::ExecRequest(std::move(start));
    co_await channel->write_text(wire::encode(request));
    while (result.pid == 0) co_await collect_one(*channel, result);
    auto flood = send_forever(*channel);
    auto bounded = io::within(100ms, std::move(flood));
    const auto stuck = co_await std::move(bounded);
    EXPECT_FALSE(stuck) << "the command reads nothing, so the flood must block";
    channel->close();
    co_await test.tasks_.join();
  };

  support::run(loop_, talk(*this, seen));

  EXPECT_FALSE(nest::identify(seen.pid));
}

TEST_F(ExecServiceTest, CancellingEndsAttachedCommands) {
  Seen seen;
  const auto talk = [](ExecServiceTest& test, Seen& result) -> io::Task<void> {
    auto channel = test.connect();
    wire::ExecStart start;
    start.argv = {"sleep", "1000"};
    const auto request = wire::ExecRequest(std::move(start));
    co_await channel->write_text(wire::encode(request));
    while (result.pid == 0) co_await collect_one(*channel, result);
    test.tasks_.cancel();
    co_await test.tasks_.join();
    channel->close();
  };

  support::run(loop_, talk(*this, seen));

  EXPECT_FALSE(nest::identify(seen.pid));
}

TEST_F(ExecServiceTest, EndsCommandsOfABridgeThatWasKilled) {
  options_.times.hang_up = 1ms;
  const pid_t orphan = ::fork();
  if (orphan == 0) {
    ::setsid();
    ::signal(SIGHUP, SIG_IGN);
    for (;;) ::pause();
  }
  while (::getpgid(orphan) != orphan) ::sched_yield();
  fs::create_directories(directory_ / "run");
  const fs::path record = directory_ / "run" / (std::to_string(orphan) + ".attached");
  ASSERT_TRUE(nest::write_identity(record, *nest::identify(orphan)));

  support::run(loop_, service().end_orphans());

  int status = 0;
  EXPECT_EQ(::waitpid(orphan, &status, 0), orphan);
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_FALSE(fs::exists(record));
}

}  // namespace
}  // namespace bridge
