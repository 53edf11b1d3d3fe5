#include "io/signal.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace io {

Task<bool> Signal::wait(std::chrono::milliseconds limit) {
  timer_.expires_after(limit);
  const auto [error] = co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
  // The timer is cancelled by notify() as well as by our own cancellation: only the latter ends the wait.
  const auto state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none)
    throw boost::system::system_error(asio::error::operation_aborted);
  co_return error == asio::error::operation_aborted;
}

Task<void> Signal::wait() {
  // Longer than any program runs; time_point::max() would overflow.
  static_cast<void>(co_await wait(std::chrono::hours(24 * 365 * 10)));
}

}  // namespace io
