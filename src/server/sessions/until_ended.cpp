#include "server/sessions/until_ended.hpp"

#include <exception>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace server {
namespace {

/// A race of awaitables would wait for the other one instead of passing an exception on.
io::Task<void> caught(io::Task<void> task, std::exception_ptr& failure) {
  try {
    co_await std::move(task);
  } catch (...) {
    failure = std::current_exception();
  }
}

io::Task<void> wait_for(boost::asio::steady_timer& ended) {
  co_await ended.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
}

}  // namespace

io::Task<void> until_ended(io::Task<void> serving, LiveStreams& streams, StreamTies ties) {
  using namespace boost::asio::experimental::awaitable_operators;
  boost::asio::steady_timer ended(co_await boost::asio::this_coro::executor);
  ended.expires_at(boost::asio::steady_timer::time_point::max());
  if (ties.at_most) ended.expires_after(*ties.at_most);
  const auto end = [&ended] { ended.cancel(); };
  const LiveStreams::Hold hold(streams, std::move(ties), end);

  std::exception_ptr failure;
  auto guarded = caught(std::move(serving), failure);
  auto waiting = wait_for(ended);
  auto race = std::move(guarded) || std::move(waiting);
  const auto winner = co_await std::move(race);
  if (winner.index() == 0 && failure) std::rethrow_exception(failure);
}

}  // namespace server
