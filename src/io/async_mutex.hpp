/// Lets one coroutine of a loop at a time do a thing that spans awaits.
#pragma once

#include <boost/asio/steady_timer.hpp>

#include "io/task.hpp"

namespace io {

/// First come, first served is not promised. One loop only.
class AsyncMutex {
 public:
  explicit AsyncMutex(const asio::any_io_executor& executor) : released_(executor) {
    released_.expires_at(asio::steady_timer::time_point::max());
  }

  /// Unlocks when it goes.
  class Guard {
   public:
    explicit Guard(AsyncMutex& mutex) : mutex_(&mutex) {}
    ~Guard() {
      if (mutex_ != nullptr) mutex_->unlock();
    }
    Guard(Guard&& other) noexcept : mutex_(other.mutex_) { other.mutex_ = nullptr; }
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;
    Guard& operator=(Guard&&) = delete;

   private:
    AsyncMutex* mutex_;
  };

  /// Throws operation_aborted when cancelled.
  Task<Guard> lock();

 private:
  void unlock();

  bool held_ = false;
  asio::steady_timer released_;
};

}  // namespace io
