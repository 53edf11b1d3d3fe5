#include "agent/network/bridge_guard.hpp"

#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "agent/descriptor.hpp"
#include "io/process.hpp"
#include "support/run.hpp"

namespace agent {
namespace {

using testing::HasSubstr;

std::string command(std::vector<std::string> argv) {
  const auto result = support::run(io::run_command(std::move(argv), std::chrono::seconds(10)));
  return result ? result->out + result->err : result.error().message();
}

/// A process with a network namespace of its own, in place of a session.
class OtherNamespace {
 public:
  OtherNamespace() {
    int ready[2];
    if (pipe2(ready, O_CLOEXEC) != 0) return;
    pid_ = fork();
    if (pid_ == 0) {
      const char done = unshare(CLONE_NEWNET) == 0 ? 1 : 0;
      [[maybe_unused]] const auto written = write(ready[1], &done, 1);
      for (;;) pause();
    }
    close(ready[1]);
    char done = 0;
    [[maybe_unused]] const auto got = read(ready[0], &done, 1);
    close(ready[0]);
  }
  ~OtherNamespace() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  OtherNamespace(const OtherNamespace&) = delete;
  OtherNamespace& operator=(const OtherNamespace&) = delete;
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
};

/// Works in a network namespace of its own; skipped where that may not be made.
class BridgeGuardTest : public testing::Test {
 protected:
  void SetUp() override {
    if (unshare(CLONE_NEWNET) != 0)
      GTEST_SKIP() << "cannot make a network namespace: " << std::strerror(errno);
    if (command({"nft", "list", "ruleset"}).find("rror") != std::string::npos)
      GTEST_SKIP() << "nft does not work here";
    command({"ip", "link", "set", "lo", "up"});
    add_port("vethone", "eth0", one_.pid());
    // What must never be touched: a container's own way out, and a pair that somebody made for himself.
    add_port("eth5", "eth1", one_.pid());
    command({"ip", "link", "add", "vethmine", "type", "veth", "peer", "name", "vethyours"});
    level_.depth = 1;
    guard_ = std::make_unique<BridgeGuard>(
        loop_.get_executor(), "sandbox0", level_, 1400, [this] { return attachments(); },
        base::Log("test", base::LogLevel::error, base::LogFormat::json, [](std::string_view) {}));
  }
  void TearDown() override { ASSERT_EQ(setns(own_.get(), CLONE_NEWNET), 0); }

  static void add_port(const std::string& name, const std::string& peer, pid_t pid) {
    command({"ip", "link", "add", name, "type", "veth", "peer", "name", peer, "netns", std::to_string(pid)});
    command({"ip", "link", "set", name, "up"});
  }

  io::Task<base::Result<std::vector<Attachment>>> attachments() {
    if (engine_away_) co_return base::fail(base::ErrorCode::unavailable, "no engine");
    std::vector<Attachment> all{{one_.pid(), "02:42:0a:d5:00:02", "10.213.0.2"}};
    co_return all;
  }

  bool ensure() {
    const auto ensured = support::run(loop_, guard_->ensure());
    if (!ensured) ADD_FAILURE() << ensured.error().message();
    return ensured.has_value();
  }

  static std::string master_of(const std::string& name) {
    const auto links = read_links();
    for (const auto& link : *links) {
      if (link.name != name || link.master == 0) continue;
      const auto master = std::find_if(links->begin(), links->end(),
                                       [&](const Link& other) { return other.index == link.master; });
      return master->name;
    }
    return "";
  }

  Descriptor own_{::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)};
  boost::asio::io_context loop_;
  OtherNamespace one_;
  nest::Level level_;
  bool engine_away_ = false;
  std::unique_ptr<BridgeGuard> guard_;
};

TEST_F(BridgeGuardTest, MakesTheBridgeAndTakesASessionsPortOnly) {
  ASSERT_TRUE(ensure());

  EXPECT_EQ(master_of("vethone"), "sandbox0");
  EXPECT_EQ(master_of("eth5"), "");
  EXPECT_EQ(master_of("vethmine"), "");
  EXPECT_THAT(command({"bridge", "-d", "link", "show", "dev", "vethone"}), HasSubstr("isolated on"));
  EXPECT_THAT(command({"ip", "-4", "address", "show", "sandbox0"}), HasSubstr("10.213.0.1/24"));
  EXPECT_THAT(command({"nft", "list", "set", "bridge", "helix", "sources"}),
              HasSubstr("\"vethone\" . 02:42:0a:d5:00:02 . 10.213.0.2"));
  EXPECT_EQ(guard_->problem(), "");
}

TEST_F(BridgeGuardTest, ADeletedBridgeComesBackWithItsPorts) {
  ASSERT_TRUE(ensure());
  command({"ip", "link", "del", "sandbox0"});
  engine_away_ = true;  // the ports are remembered, whoever asks the engine

  ASSERT_TRUE(ensure());

  EXPECT_EQ(master_of("vethone"), "sandbox0");
  EXPECT_EQ(master_of("eth5"), "");
  EXPECT_EQ(master_of("vethmine"), "");
  EXPECT_THAT(command({"ip", "link", "show", "sandbox0"}), HasSubstr("02:42:0a:d5:00:01"));
  EXPECT_THAT(command({"bridge", "-d", "link", "show", "dev", "vethone"}), HasSubstr("isolated on"));
  EXPECT_THAT(command({"ip", "-4", "address", "show", "sandbox0"}), HasSubstr("10.213.0.1/24"));
}

TEST_F(BridgeGuardTest, ALostAddressComesBack) {
  ASSERT_TRUE(ensure());
  command({"ip", "address", "flush", "dev", "sandbox0"});

  ASSERT_TRUE(ensure());

  EXPECT_THAT(command({"ip", "-4", "address", "show", "sandbox0"}), HasSubstr("10.213.0.1/24"));
}

}  // namespace
}  // namespace agent
