#include "io/relay.hpp"

#include <array>
#include <memory>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace io {
namespace {

/// Bytes held for one direction. performance.md: 256 KiB, never 8; 64 keeps a thousand idle streams small.
constexpr std::size_t kBufferBytes = 64 * 1024;

/// How long the other way may go on after a stream ended that ends both ways: its last bytes are on their
/// way, and a close over unread bytes would reset them. Chosen.
constexpr std::chrono::seconds kLinger{2};

/// Watches that something moves in either direction.
class IdleTimer {
 public:
  IdleTimer(const asio::any_io_executor& executor, std::chrono::milliseconds limit)
      : timer_(executor), limit_(limit) {}

  void touch() { last_ = std::chrono::steady_clock::now(); }

  /// From now on only `limit` is left, whatever moves.
  void finish_within(std::chrono::milliseconds limit) {
    touch();
    limit_ = limit;
    finishing_ = true;
    timer_.cancel();
  }

  Task<void> expire() {
    touch();
    auto due = last_ + limit_;
    while (std::chrono::steady_clock::now() < due) {
      timer_.expires_at(due);
      co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
      const auto state = co_await asio::this_coro::cancellation_state;
      if (state.cancelled() != asio::cancellation_type::none) co_return;
      if (!finishing_ || due > last_ + limit_) due = last_ + limit_;
    }
  }

 private:
  asio::steady_timer timer_;
  std::chrono::milliseconds limit_;
  std::chrono::steady_clock::time_point last_;
  bool finishing_ = false;
};

/// Copies one way until `from` ends. A failure of either side closes both, so that the other way ends too.
Task<void> copy(Stream& from, Stream& to, OnEnd on_end, IdleTimer& idle, std::uint64_t& count) {
  const auto buffer = std::make_unique<std::array<char, kBufferBytes>>();
  try {
    while (true) {
      const std::size_t size = co_await from.read_some(asio::buffer(*buffer));
      if (size == 0) break;
      idle.touch();
      co_await write_all(to, asio::buffer(buffer->data(), size));
      idle.touch();
      count += size;
    }
    if (on_end == OnEnd::hold) co_return;
    co_await to.shutdown_write();
    if (on_end == OnEnd::close) idle.finish_within(kLinger);
  } catch (const boost::system::system_error&) {
    from.close();
    to.close();
  }
}

}  // namespace

Task<RelayCounts> relay(Stream& first, Stream& second, std::chrono::milliseconds idle, OnEnd on_first_end,
                        OnEnd on_second_end) {
  using namespace asio::experimental::awaitable_operators;
  RelayCounts counts;
  IdleTimer timer(first.executor(), idle);
  auto there = copy(first, second, on_first_end, timer, counts.first_to_second);
  auto back = copy(second, first, on_second_end, timer, counts.second_to_first);
  auto both = std::move(there) && std::move(back);
  auto race = std::move(both) || timer.expire();
  co_await std::move(race);
  first.close();
  second.close();
  co_return counts;
}

}  // namespace io
