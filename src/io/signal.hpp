/// Lets one coroutine wait until another one of its loop says that something changed.
#pragma once

#include <chrono>

#include <boost/asio/steady_timer.hpp>

#include "io/task.hpp"

namespace io {

/// Holds no state: look at what you wait for before each wait(), in a loop. One waiter at a time.
class Signal {
 public:
  explicit Signal(const asio::any_io_executor& executor) : timer_(executor) {}

  /// Until notify() or `limit`; false when `limit` passed. Throws operation_aborted when cancelled.
  Task<bool> wait(std::chrono::milliseconds limit);
  /// Until notify(). Throws operation_aborted when cancelled.
  Task<void> wait();
  void notify() { timer_.cancel(); }

 private:
  asio::steady_timer timer_;
};

}  // namespace io
