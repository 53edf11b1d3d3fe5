#include "agent/sessions/operation.hpp"

#include <stdexcept>

#include <gtest/gtest.h>

#include "io/timeout.hpp"
#include "support/run.hpp"

namespace agent {
namespace {

const auto kId = wire::SessionId::trusted("ses_01kftccz3g3n9hfdv42ma1dwj1");
constexpr std::chrono::minutes kLong{1};

io::Task<base::Result<void>> throwing() {
  co_await io::sleep_for(std::chrono::milliseconds(1));
  throw std::runtime_error("broken");
}

io::Task<base::Result<void>> sleeping() {
  co_await io::sleep_for(kLong);
  co_return base::Result<void>{};
}

TEST(Operations, WhatIsThrownIsThrownOnAtOnce) {
  boost::asio::io_context loop;
  Operations operations(loop.get_executor());
  const auto begun = std::chrono::steady_clock::now();

  EXPECT_THROW(support::run(loop, operations.unless_doomed(kId, kLong, throwing())), std::runtime_error);

  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(10));
}

TEST(Operations, ADoomedOperationGivesUp) {
  boost::asio::io_context loop;
  Operations operations(loop.get_executor());
  const auto doomed = [](Operations& all) -> io::Task<base::Result<void>> {
    Operation operation(all, kId);
    co_await operation.begin(wire::DevContainerState::starting, "sleeping");
    all.doom(kId);
    co_return co_await all.unless_doomed(kId, kLong, sleeping());
  };

  const auto ended = support::run(loop, doomed(operations));

  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code(), base::ErrorCode::conflict);
  EXPECT_TRUE(operations.idle());
}

TEST(Operations, ALimitEndsWhatTakesTooLong) {
  boost::asio::io_context loop;
  Operations operations(loop.get_executor());

  const auto ended =
      support::run(loop, operations.unless_doomed(kId, std::chrono::milliseconds(5), sleeping()));

  EXPECT_EQ(ended.error().code(), base::ErrorCode::timed_out);
}

}  // namespace
}  // namespace agent
