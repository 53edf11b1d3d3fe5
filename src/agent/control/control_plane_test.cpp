#include "agent/control/control_plane.hpp"

#include <deque>
#include <filesystem>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/files.hpp"
#include "io/http/server.hpp"
#include "io/timeout.hpp"
#include "support/run.hpp"
#include "support/temporary_directory.hpp"

namespace agent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Seen {
  std::string target;
  std::string authorization;
  std::string body;
};

/// A control plane that answers from a list and notes what it was asked.
class ControlPlaneTest : public testing::Test {
 protected:
  ControlPlaneTest() {
    auto listener = io::Listener::tcp(loop_.get_executor(), "127.0.0.1", 0);
    listener_ = std::move(listener).value();
    const auto port = std::to_string(listener_->port());
    auto config = read_config({{"HELIX_API_URL", "http://127.0.0.1:" + port}, {"RUNNER_TOKEN", "shared"}});
    config_ = std::move(config).value();
    config_.data = directory_.path();
    server_ = std::make_unique<io::http::Server>(
        loop_.get_executor(), [this](io::http::Exchange& exchange) { return answer(exchange); },
        io::http::ServerLimits{}, log_);
  }

  io::Task<void> answer(io::http::Exchange& exchange) {
    const auto body = co_await exchange.read_body(4096);
    const auto token = exchange.request().fields.find("Authorization");
    seen_.push_back({exchange.request().target, std::string(token.value_or("")), body.value_or("")});
    auto response = answers_.empty() ? io::http::make_response(500, "text/plain", "") : answers_.front();
    if (!answers_.empty()) answers_.pop_front();
    co_await exchange.respond(std::move(response));
  }

  /// Runs `task` beside the server, at most a few seconds.
  void run(io::Task<void> task) {
    const auto all = [](ControlPlaneTest& test, io::Task<void> inner) -> io::Task<void> {
      using namespace boost::asio::experimental::awaitable_operators;
      auto race =
          std::move(inner) || io::sleep_for(std::chrono::seconds(5)) || test.server_->run(*test.listener_);
      co_await std::move(race);
      co_await test.server_->close();
      test.listener_->close();
    };
    support::run(loop_, all(*this, std::move(task)));
  }

  static io::http::Response json(int status, std::string body) {
    return io::http::make_response(status, "application/json", std::move(body));
  }

  boost::asio::io_context loop_;
  support::TemporaryDirectory directory_;
  base::Log log_{"test", base::LogLevel::error, base::LogFormat::json, [](std::string_view) {}};
  Config config_;
  std::unique_ptr<io::Listener> listener_;
  std::unique_ptr<io::http::Server> server_;
  std::deque<io::http::Response> answers_;
  std::vector<Seen> seen_;
};

TEST_F(ControlPlaneTest, ExchangesTheSharedTokenOnceAndKeepsItsOwn) {
  answers_.push_back(json(201, R"({"token":"hs-own"})"));
  ControlPlane control(config_, log_);

  run(control.enrol());

  ASSERT_EQ(seen_.size(), 1U);
  EXPECT_EQ(seen_[0].target, "/api/v1/sandboxes/local/enrol");
  EXPECT_EQ(seen_[0].authorization, "Bearer shared");
  EXPECT_EQ(control.token().expose(), "hs-own");
  EXPECT_EQ(read_file(directory_.path() / "hydra" / "token", 100).value(), "hs-own");
}

TEST_F(ControlPlaneTest, AKeptTokenNeedsNoEnrolment) {
  std::filesystem::create_directories(directory_.path() / "hydra");
  ASSERT_TRUE(replace_file(directory_.path() / "hydra" / "token", "hs-kept", 0600));
  ControlPlane control(config_, log_);

  run(control.enrol());

  EXPECT_TRUE(seen_.empty());
  EXPECT_EQ(control.token().expose(), "hs-kept");
}

TEST_F(ControlPlaneTest, AnOlderServerIsServedWithTheSharedToken) {
  answers_.push_back(json(404, "{}"));
  ControlPlane control(config_, log_);

  run(control.enrol());

  EXPECT_EQ(control.token().expose(), "shared");
  EXPECT_FALSE(std::filesystem::exists(directory_.path() / "hydra" / "token"));
}

TEST_F(ControlPlaneTest, ATakenNameSaysHowToFreeItAndIsTriedAgain) {
  answers_.push_back(json(409, R"({"status":409,"code":"conflict","detail":"local has a token"})"));
  answers_.push_back(json(201, R"({"token":"hs-own"})"));
  ControlPlane control(config_, log_);
  std::string lines;
  ControlPlane logged(config_, base::Log("test", base::LogLevel::warn, base::LogFormat::json,
                                         [&lines](std::string_view line) { lines += line; }));

  run(logged.enrol());

  EXPECT_THAT(lines, HasSubstr("helix sandbox re-enrol local"));
  EXPECT_EQ(logged.token().expose(), "hs-own");
}

TEST_F(ControlPlaneTest, ATokenThatIsRefusedIsExchangedAnew) {
  std::filesystem::create_directories(directory_.path() / "hydra");
  ASSERT_TRUE(replace_file(directory_.path() / "hydra" / "token", "hs-old", 0600));
  answers_.push_back(json(401, "{}"));
  answers_.push_back(json(201, R"({"token":"hs-new"})"));
  ControlPlane control(config_, log_);
  const auto beat_until_new = [](ControlPlane& plane) -> io::Task<void> {
    using namespace boost::asio::experimental::awaitable_operators;
    co_await plane.enrol();
    const auto snapshot = []() -> io::Task<wire::Heartbeat> {
      wire::Heartbeat beat;
      beat.version = "0.1.0";
      beat.max_sessions = 20;
      co_return beat;
    };
    const auto renewed = [](ControlPlane& watched) -> io::Task<void> {
      while (watched.token().expose() != "hs-new") co_await io::sleep_for(std::chrono::milliseconds(1));
    };
    auto race = plane.beat(snapshot) || renewed(plane);
    co_await std::move(race);
  };

  run(beat_until_new(control));

  ASSERT_EQ(seen_.size(), 2U);
  EXPECT_EQ(seen_[0].target, "/api/v1/sandboxes/local/heartbeat");
  EXPECT_EQ(seen_[0].authorization, "Bearer hs-old");
  EXPECT_THAT(seen_[0].body, HasSubstr("\"max_sessions\":20"));
  EXPECT_EQ(seen_[1].target, "/api/v1/sandboxes/local/enrol");
  EXPECT_EQ(control.token().expose(), "hs-new");
}

}  // namespace
}  // namespace agent
