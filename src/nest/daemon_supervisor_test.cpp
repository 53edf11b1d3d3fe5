#include "nest/daemon_supervisor.hpp"

#include <csignal>
#include <filesystem>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "io/task_group.hpp"
#include "io/timeout.hpp"
#include "nest/dns_forwarder.hpp"
#include "nest/docker_daemon.hpp"
#include "nest/text_file.hpp"
#include "support/run.hpp"

namespace nest {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using base::ErrorCode;

const base::Log kQuiet("test", base::LogLevel::error, base::LogFormat::text, [](std::string_view) {});

/// A daemon made of a shell script: it writes "up" and is ready when its file says so.
class DaemonSupervisorTest : public testing::Test {
 protected:
  DaemonSupervisorTest() : tasks_(loop_.get_executor(), kQuiet) {
    std::string pattern = testing::TempDir() + "daemon.XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
  }
  ~DaemonSupervisorTest() override { fs::remove_all(directory_); }

  DaemonSpec spec(const std::string& script) {
    DaemonSpec made;
    made.name = "script";
    made.argv = {"sh", "-c", script, "sh", "--mark=" + directory_.string()};
    made.record = directory_ / "record";
    made.log_file = directory_ / "log";
    made.restart = RestartPolicy{1ms, 20ms, 60s};
    made.probe_every = 10ms;
    made.probe = [file = directory_ / "ready"] { return ready_when_present(file); };
    made.env["READY"] = (directory_ / "ready").string();
    return made;
  }

  static io::Task<base::Result<void>> ready_when_present(fs::path file) {
    if (fs::exists(file)) co_return base::Result<void>();
    co_return base::fail(ErrorCode::unavailable, "no ready file");
  }

  boost::asio::io_context loop_;
  io::TaskGroup tasks_;
  fs::path directory_;
};

constexpr const char* kServe = "echo up; touch $READY; exec sleep 1000";

io::Task<void> start_and_stop(DaemonSupervisor& supervisor, io::TaskGroup& tasks, DaemonHealth& while_up) {
  tasks.spawn("daemon", supervisor.run());
  const auto ready = co_await supervisor.wait_ready(20s);
  EXPECT_TRUE(ready) << ready.error().message();
  while_up = supervisor.health();
  co_await supervisor.stop(20s);
  co_await tasks.join();
}

TEST_F(DaemonSupervisorTest, StartsReportsAndStops) {
  DaemonSupervisor supervisor(loop_.get_executor(), spec(kServe), kQuiet);
  DaemonHealth up;

  support::run(loop_, start_and_stop(supervisor, tasks_, up));

  EXPECT_EQ(up.state, DaemonState::ready);
  EXPECT_FALSE(up.adopted);
  EXPECT_EQ(up.starts, 1);
  EXPECT_GT(up.pid, 0);
  EXPECT_EQ(supervisor.health().state, DaemonState::stopped);
  EXPECT_NE(::kill(up.pid, 0), 0);
  EXPECT_EQ(read_text_file(directory_ / "log").value(), "up\n");
  EXPECT_FALSE(fs::exists(directory_ / "record"));
}

io::Task<void> kill_and_wait(DaemonSupervisor& supervisor, io::TaskGroup& tasks, fs::path ready,
                             DaemonHealth& after) {
  tasks.spawn("daemon", supervisor.run());
  co_await supervisor.wait_ready(20s);
  fs::remove(ready);
  ::kill(supervisor.health().pid, SIGKILL);
  while (supervisor.ready()) co_await io::sleep_for(1ms);
  co_await supervisor.wait_ready(20s);
  after = supervisor.health();
  co_await supervisor.stop(20s);
  co_await tasks.join();
}

TEST_F(DaemonSupervisorTest, StartsAnotherWhenItIsKilled) {
  DaemonSupervisor supervisor(loop_.get_executor(), spec(kServe), kQuiet);
  DaemonHealth after;

  support::run(loop_, kill_and_wait(supervisor, tasks_, directory_ / "ready", after));

  EXPECT_EQ(after.state, DaemonState::ready);
  EXPECT_EQ(after.starts, 2);
}

io::Task<void> leave_running(DaemonSupervisor& supervisor, io::TaskGroup& tasks, pid_t& pid) {
  tasks.spawn("daemon", supervisor.run());
  co_await supervisor.wait_ready(20s);
  pid = supervisor.health().pid;
  tasks.cancel();
  co_await tasks.join();
}

TEST_F(DaemonSupervisorTest, AdoptsWhatAnEarlierLifeLeftRunning) {
  DaemonSupervisor first(loop_.get_executor(), spec(kServe), kQuiet);
  pid_t pid = 0;
  support::run(loop_, leave_running(first, tasks_, pid));
  ASSERT_EQ(::kill(pid, 0), 0) << "the daemon must outlive its supervisor";

  DaemonSupervisor second(loop_.get_executor(), spec(kServe), kQuiet);
  DaemonHealth up;
  support::run(loop_, start_and_stop(second, tasks_, up));

  EXPECT_TRUE(up.adopted);
  EXPECT_EQ(up.pid, pid);
  EXPECT_EQ(up.starts, 0);
  EXPECT_EQ(identify(pid), std::nullopt);
}

TEST_F(DaemonSupervisorTest, AdoptsByItsMarkWhenTheRecordIsLost) {
  auto marked = spec("touch $READY; while :; do read nothing </dev/zero; done");
  marked.mark = "--mark=" + directory_.string();
  DaemonSupervisor first(loop_.get_executor(), marked, kQuiet);
  pid_t pid = 0;
  support::run(loop_, leave_running(first, tasks_, pid));
  fs::remove(directory_ / "record");

  DaemonSupervisor second(loop_.get_executor(), marked, kQuiet);
  DaemonHealth up;
  support::run(loop_, start_and_stop(second, tasks_, up));

  EXPECT_TRUE(up.adopted);
  EXPECT_EQ(up.pid, pid);
}

TEST_F(DaemonSupervisorTest, DoesNotAdoptAStrangerWithTheRecordedPid) {
  ASSERT_TRUE(write_identity(directory_ / "record", ProcessIdentity{::getpid(), 1}));
  DaemonSupervisor supervisor(loop_.get_executor(), spec(kServe), kQuiet);
  DaemonHealth up;

  support::run(loop_, start_and_stop(supervisor, tasks_, up));

  EXPECT_FALSE(up.adopted);
  EXPECT_NE(up.pid, ::getpid());
}

io::Task<void> fail_until_stopped(DaemonSupervisor& supervisor, io::TaskGroup& tasks, DaemonHealth& seen) {
  tasks.spawn("daemon", supervisor.run());
  const auto ready = co_await supervisor.wait_ready(200ms);
  EXPECT_FALSE(ready);
  EXPECT_EQ(ready.error().code(), ErrorCode::timed_out);
  seen = supervisor.health();
  co_await supervisor.stop(20s);
  co_await tasks.join();
}

TEST_F(DaemonSupervisorTest, SaysWhyItFailsWithTheDaemonsLastLines) {
  DaemonSupervisor supervisor(loop_.get_executor(), spec("echo no disk left >&2; exit 3"), kQuiet);
  DaemonHealth seen;

  support::run(loop_, fail_until_stopped(supervisor, tasks_, seen));

  EXPECT_GT(seen.starts, 2);
  EXPECT_NE(seen.last_error.find("script ended: status 3"), std::string::npos) << seen.last_error;
  ASSERT_FALSE(seen.last_lines.empty());
  EXPECT_EQ(seen.last_lines.back(), "no disk left");
  EXPECT_LE(seen.last_lines.size(), 20u);
}

TEST_F(DaemonSupervisorTest, NamesAProgramThatIsNotInstalled) {
  auto missing = spec("");
  missing.argv = {"no-such-daemon"};
  DaemonSupervisor supervisor(loop_.get_executor(), missing, kQuiet);
  DaemonHealth seen;

  support::run(loop_, fail_until_stopped(supervisor, tasks_, seen));

  EXPECT_EQ(seen.starts, 0);
  EXPECT_EQ(seen.last_error, "no-such-daemon: no such program");
}

TEST_F(DaemonSupervisorTest, StartsOneThatNeverBecomesReadyAgain) {
  auto hung = spec("exec sleep 1000");
  hung.ready_limit = 1ms;
  DaemonSupervisor supervisor(loop_.get_executor(), hung, kQuiet);
  DaemonHealth seen;

  support::run(loop_, fail_until_stopped(supervisor, tasks_, seen));

  EXPECT_GE(seen.starts, 2);
}

TEST_F(DaemonSupervisorTest, KillsOneThatIgnoresTheRequestToEnd) {
  DaemonSupervisor supervisor(loop_.get_executor(),
                              spec("trap '' TERM; touch $READY; while :; do sleep 0.01; done"), kQuiet);
  pid_t pid = 0;
  support::run(loop_, leave_running(supervisor, tasks_, pid));

  support::run(loop_, supervisor.stop(20ms));

  EXPECT_EQ(identify(pid), std::nullopt);
  ::waitpid(pid, nullptr, WNOHANG);
}

io::Task<void> cancel_while_stopping(DaemonSupervisor& supervisor, io::TaskGroup& tasks,
                                     std::chrono::steady_clock::duration& took) {
  io::TaskGroup daemon(co_await boost::asio::this_coro::executor, kQuiet);
  daemon.spawn("daemon", supervisor.run());
  co_await supervisor.wait_ready(20s);
  const auto began = std::chrono::steady_clock::now();
  tasks.spawn("stop", supervisor.stop(20s));
  daemon.cancel();
  co_await daemon.join();
  co_await tasks.join();
  took = std::chrono::steady_clock::now() - began;
}

// Stopping waited out its whole grace when run() was cancelled in the middle of it.
TEST_F(DaemonSupervisorTest, StopsAtOnceWhenSupervisionIsCancelledMeanwhile) {
  DaemonSupervisor supervisor(loop_.get_executor(), spec(kServe), kQuiet);
  std::chrono::steady_clock::duration took{};

  support::run(loop_, cancel_while_stopping(supervisor, tasks_, took));

  EXPECT_LT(took, 10s);
}

io::Task<void> chatter(DaemonSupervisor& supervisor, io::TaskGroup& tasks, fs::path rotated) {
  tasks.spawn("daemon", supervisor.run());
  while (!fs::exists(rotated)) co_await io::sleep_for(1ms);
  co_await supervisor.stop(20s);
  co_await tasks.join();
}

TEST_F(DaemonSupervisorTest, RotatesALogThatGrowsTooLarge) {
  auto talker = spec("touch $READY; while :; do echo 0123456789; sleep 0.001; done");
  talker.log_limit_bytes = 200;
  DaemonSupervisor supervisor(loop_.get_executor(), talker, kQuiet);

  support::run(loop_, chatter(supervisor, tasks_, directory_ / "log.1"));

  EXPECT_GE(fs::file_size(directory_ / "log.1"), 200u);
}

TEST(ProcessIdentity, ParsesAStartTimeBehindAnOddName) {
  EXPECT_EQ(parse_start_ticks("7 (a ) (b) S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654 1 2"),
            987654u);
  EXPECT_EQ(parse_start_ticks("7 (x) S 1 7"), std::nullopt);
  EXPECT_EQ(parse_start_ticks("garbage"), std::nullopt);
  EXPECT_EQ(parse_start_ticks(""), std::nullopt);
}

TEST(ProcessIdentity, FindsDescendantsDeepestFirst) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const pid_t grandchild = ::fork();
    if (grandchild == 0) ::pause();
    [[maybe_unused]] const auto size = ::write(ends[1], &grandchild, sizeof grandchild);
    ::pause();
  }
  pid_t grandchild = 0;
  ASSERT_EQ(::read(ends[0], &grandchild, sizeof grandchild), static_cast<ssize_t>(sizeof grandchild));

  const auto found = descendants(child);

  EXPECT_EQ(found, std::vector<pid_t>{grandchild});
  ::kill(grandchild, SIGKILL);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(ends[0]);
  ::close(ends[1]);
}

bool has(const std::vector<std::string>& argv, const std::string& argument) {
  return std::find(argv.begin(), argv.end(), argument) != argv.end();
}

TEST(DockerDaemon, ArgumentsOfASandbox) {
  DockerDaemonOptions options;
  options.level = make_level(1).value();
  options.bridge = "sandbox0";
  options.mtu = 1400;
  options.live_restore = true;
  options.insecure_registries = {"10.213.0.1:5000"};

  const auto argv = dockerd_argv(options, true);

  for (const char* argument :
       {"--bridge=sandbox0", "--live-restore", "--storage-driver=overlay2", "--mtu=1400", "--dns=10.213.0.1",
        "--default-network-opt=bridge=com.docker.network.driver.mtu=1400",
        "--insecure-registry=10.213.0.1:5000", "--default-address-pool=base=10.213.0.0/16,size=24",
        "--default-runtime=helix"})
    EXPECT_TRUE(has(argv, argument)) << argument;
}

TEST(DockerDaemon, ArgumentsOfASession) {
  DockerDaemonOptions options;
  options.level = make_level(2).value();
  options.registry_mirrors = {"http://10.213.0.1:5001"};

  const auto argv = dockerd_argv(options, false);

  EXPECT_TRUE(has(argv, "--bridge=helix0"));
  EXPECT_TRUE(has(argv, "--registry-mirror=http://10.213.0.1:5001"));
  EXPECT_FALSE(has(argv, "--live-restore"));
  EXPECT_FALSE(has(argv, "--default-runtime=helix"));
}

TEST(DockerDaemon, RemovesOnlyPidFilesOfWhatIsGone) {
  std::string pattern = testing::TempDir() + "pids.XXXXXX";
  const fs::path directory = ::mkdtemp(pattern.data());
  DockerDaemonOptions options;
  options.exec_root = directory;
  options.pid_file = directory / "docker.pid";
  fs::create_directory(directory / "containerd");
  ASSERT_TRUE(write_text_file(directory / "docker.pid", std::to_string(::getpid())));
  ASSERT_TRUE(write_text_file(directory / "containerd/containerd.pid", "999999999"));

  remove_stale_pid_files(options);

  EXPECT_FALSE(fs::exists(directory / "docker.pid")) << "the pid lives, but as something else";
  EXPECT_FALSE(fs::exists(directory / "containerd/containerd.pid"));
  fs::remove_all(directory);
}

TEST(DnsForwarder, ListensOnTheBridgeAddressOnly) {
  DnsForwarderOptions options;
  options.level = make_level(2).value();

  const auto argv = dnsmasq_argv(options);

  EXPECT_TRUE(has(argv, "--listen-address=10.214.0.1"));
  EXPECT_TRUE(has(argv, "--bind-dynamic"));
}

}  // namespace
}  // namespace nest
