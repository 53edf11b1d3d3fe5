/// Bounding how long a task may take.
#pragma once

#include <chrono>
#include <exception>

#include <boost/asio/experimental/awaitable_operators.hpp>

#include "base/error.hpp"
#include "io/task.hpp"

namespace io {

/// Completes after `delay`.
Task<void> sleep_for(std::chrono::milliseconds delay);

namespace detail {

/// Turns an exception into a value: a race of awaitables would wait for the other one instead of passing it
/// on.
template <class T>
Task<base::Result<T>> caught(Task<base::Result<T>> task, std::exception_ptr& failure) {
  try {
    co_return co_await std::move(task);
  } catch (...) {
    failure = std::current_exception();
  }
  co_return base::fail(base::ErrorCode::internal, "failed with an exception");
}

}  // namespace detail

/// Awaits `task`, but cancels it after `limit` and returns timed_out. What the task throws is thrown on.
template <class T>
Task<base::Result<T>> within(std::chrono::milliseconds limit, Task<base::Result<T>> task) {
  using namespace asio::experimental::awaitable_operators;
  std::exception_ptr failure;
  auto guarded = detail::caught(std::move(task), failure);
  auto race = std::move(guarded) || sleep_for(limit);
  auto winner = co_await std::move(race);
  if (winner.index() == 1) co_return base::fail(base::ErrorCode::timed_out, "no answer in time");
  if (failure) std::rethrow_exception(failure);
  co_return std::get<0>(std::move(winner));
}

}  // namespace io
