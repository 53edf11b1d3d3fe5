#include "io/timeout.hpp"

#include <exception>
#include <optional>
#include <stdexcept>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

namespace io {
namespace {

using namespace std::chrono_literals;

template <class T>
T run(Task<T> task) {
  asio::io_context loop;
  std::optional<T> result;
  asio::co_spawn(loop, std::move(task), [&](const std::exception_ptr& error, T value) {
    if (error) std::rethrow_exception(error);
    result = std::move(value);
  });
  loop.run();
  return std::move(result).value();
}

Task<base::Result<int>> answer_after(std::chrono::milliseconds delay) {
  co_await sleep_for(delay);
  co_return 42;
}

TEST(Within, PassesTheAnswerOn) { EXPECT_EQ(run(within(5s, answer_after(1ms))).value(), 42); }

Task<base::Result<int>> throw_after(std::chrono::milliseconds delay) {
  co_await sleep_for(delay);
  throw std::runtime_error("broken");
}

// An awaitable race ignores a side that throws and waits for the other: an hour's limit would hide a reset
// for an hour.
TEST(Within, PassesAnExceptionOnAtOnce) {
  EXPECT_THROW(run(within(1h, throw_after(1ms))), std::runtime_error);
}

TEST(Within, CancelsAndReportsTimedOut) {
  const auto result = run(within(1ms, answer_after(5s)));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), base::ErrorCode::timed_out);
}

}  // namespace
}  // namespace io
