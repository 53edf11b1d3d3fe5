#include "agent/sessions/bridge_client.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/log.hpp"
#include "io/http/server.hpp"
#include "io/net.hpp"
#include "support/run.hpp"
#include "support/temporary_directory.hpp"

namespace agent {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;
using testing::HasSubstr;

constexpr std::chrono::seconds kLimit{5};

class BridgeClientTest : public testing::Test {
 protected:
  io::Task<void> serve(io::http::Exchange& exchange) {
    asked_ += exchange.request().method + " " + exchange.request().target + "\n";
    std::string body;
    if (status_ != 204) body = "line 1 is wrong";
    co_await exchange.respond(io::http::make_response(status_, "text/plain", std::move(body)));
  }

  base::Result<void> reload(const fs::path& path) {
    const auto both = [](BridgeClientTest& test, fs::path socket) -> io::Task<base::Result<void>> {
      using namespace boost::asio::experimental::awaitable_operators;
      auto asking = reload_bridge(std::move(socket), kLimit);
      auto race = std::move(asking) || test.server_.run(*test.listener_);
      auto winner = co_await std::move(race);
      co_await test.server_.close();
      co_return std::get<0>(std::move(winner));
    };
    return support::run(loop_, both(*this, path));
  }
  base::Result<io::StreamPtr> connect(const fs::path& path) {
    return support::run(loop_, connect_bridge(path, kLimit));
  }

  boost::asio::io_context loop_;
  support::TemporaryDirectory directory_;
  base::Log log_{"test", base::LogLevel::error, base::LogFormat::json, [](std::string_view) {}};
  fs::path socket_ = directory_.path() / "bridge.sock";
  std::unique_ptr<io::Listener> listener_ = io::Listener::unix_socket(loop_.get_executor(), socket_).value();
  io::http::Server server_{loop_.get_executor(),
                           [this](io::http::Exchange& exchange) { return serve(exchange); },
                           io::http::ServerLimits{}, log_};
  std::string asked_;
  int status_ = 204;
};

TEST_F(BridgeClientTest, TellsTheBridgeToReload) {
  const auto reloaded = reload(socket_);

  ASSERT_TRUE(reloaded) << reloaded.error().message();
  EXPECT_EQ(asked_, "POST /reload\n");
}

TEST_F(BridgeClientTest, ARefusalSaysWhy) {
  status_ = 409;

  const auto reloaded = reload(socket_);

  ASSERT_FALSE(reloaded);
  EXPECT_EQ(reloaded.error().code(), ErrorCode::conflict);
  EXPECT_THAT(reloaded.error().message(), HasSubstr("line 1 is wrong"));
}

TEST_F(BridgeClientTest, ConnectsToASocketItselfOnly) {
  const auto link = directory_.path() / "link.sock";
  fs::create_symlink(socket_, link);
  const auto fifo = directory_.path() / "fifo.sock";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);

  EXPECT_TRUE(connect(socket_));
  EXPECT_THAT(connect(link).error().message(), HasSubstr("not a socket"));
  EXPECT_THAT(connect(fifo).error().message(), HasSubstr("not a socket"));
  EXPECT_EQ(connect(directory_.path() / "absent").error().code(), ErrorCode::unavailable);
}

}  // namespace
}  // namespace agent
