#include "io/async_mutex.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace io {

Task<AsyncMutex::Guard> AsyncMutex::lock() {
  while (held_) {
    co_await released_.async_wait(asio::as_tuple(asio::use_awaitable));
    // The timer is cancelled by an unlock as well as by our own cancellation: only the latter ends the wait.
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) {
      // An unlock may have woken us in the same turn: its wake-up belongs to the next one then.
      if (!held_) released_.cancel_one();
      throw boost::system::system_error(asio::error::operation_aborted);
    }
  }
  held_ = true;
  co_return Guard(*this);
}

void AsyncMutex::unlock() {
  held_ = false;
  released_.cancel_one();
}

}  // namespace io
