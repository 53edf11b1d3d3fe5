#include "io/relay.hpp"

#include <array>
#include <memory>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <sys/socket.h>

#include "io/timeout.hpp"

namespace io {
namespace {

using std::chrono::steady_clock;

/// Bytes held for one direction. performance.md: 256 KiB, never 8; 64 keeps a thousand idle streams small.
constexpr std::size_t kBufferBytes = 64 * 1024;

/// How long the other way may go on after a stream ended that ends both ways: its last bytes are on their
/// way, and a close over unread bytes would reset them. Chosen.
constexpr std::chrono::seconds kLinger{2};

/// How long a write is blocked before somebody looks whether its source is still there. Chosen: rare enough
/// to cost nothing, and with kDrain below the 2 s within which an abort reaches the other side
/// (contracts.md).
constexpr std::chrono::milliseconds kBlocked{250};

/// How long the bytes that a broken stream left behind have to reach the other one. Chosen.
constexpr std::chrono::seconds kDrain{1};
constexpr std::chrono::milliseconds kDrainLook{5};

/// Watches that something moves in either direction.
class IdleTimer {
 public:
  IdleTimer(const asio::any_io_executor& executor, std::chrono::milliseconds limit)
      : timer_(executor), limit_(limit) {}

  void touch() { last_ = steady_clock::now(); }

  /// From now on only `limit` is left, whatever moves.
  void finish_within(std::chrono::milliseconds limit) {
    touch();
    limit_ = limit;
    finishing_ = true;
    timer_.cancel();
  }
  [[nodiscard]] bool finishing() const { return finishing_; }

  Task<void> expire() {
    touch();
    auto due = last_ + limit_;
    while (steady_clock::now() < due) {
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
  steady_clock::time_point last_;
  bool finishing_ = false;
};

/// One direction.
struct Way {
  Stream& from;
  Stream& to;
  OnEnd on_end;
  std::uint64_t& bytes;
  bool ended = false;  // `from` sent all it had
  bool told = false;   // and `to` knows
};

/// Lives in the frame of relay().
class Relay {
 public:
  Relay(Way& there, Way& back, std::chrono::milliseconds idle)
      : there_(there), back_(back), idle_(there.from.executor(), idle) {}

  Task<void> run() {
    using namespace asio::experimental::awaitable_operators;
    auto there = carry(there_, back_);
    auto back = carry(back_, there_);
    auto race = std::move(there) || std::move(back) || idle_.expire();
    co_await std::move(race);
    const bool whole = there_.ended && back_.ended;
    if (whole || idle_.finishing()) {
      there_.from.close();
      back_.from.close();
      co_return;
    }
    // Whoever was not told of a proper end must not take this for one.
    const auto state = co_await asio::this_coro::cancellation_state;
    if (!broken_ || state.cancelled() != asio::cancellation_type::none) {
      there_.from.reset();
      back_.from.reset();
      co_return;
    }
    Way& way = broken_ == &there_.from ? there_ : back_;
    co_await pass_on_failure(way);
  }

 private:
  /// Ends the race: when something broke, or as the second of the two ways. The first one stays and watches
  /// the stream that it does not read any more.
  Task<void> carry(Way& way, Way& other) {
    try {
      co_await copy(way);
      if (!broken_ && !other.ended) {
        co_await way.from.broken();
        broken_ = &way.from;
      }
    } catch (const boost::system::system_error& error) {
      failed(way.from, error);
    }
  }

  /// Aborted means that the race is over.
  void failed(Stream& stream, const boost::system::system_error& error) {
    if (!broken_ && error.code() != asio::error::operation_aborted) broken_ = &stream;
  }

  /// Copies one way until `from` ends.
  Task<void> copy(Way& way) {
    const auto buffer = std::make_unique<std::array<char, kBufferBytes>>();
    while (true) {
      const std::size_t size = co_await way.from.read_some(asio::buffer(*buffer));
      if (size == 0) break;
      idle_.touch();
      co_await write(way, asio::buffer(buffer->data(), size));
      if (broken_) co_return;
      idle_.touch();
      way.bytes += size;
    }
    way.ended = true;
    if (way.on_end == OnEnd::hold) co_return;
    co_await tell(way);
    if (way.on_end == OnEnd::close) idle_.finish_within(kLinger);
  }

  Task<void> tell(Way& way) {
    try {
      co_await way.to.shutdown_write();
      way.told = true;
    } catch (const boost::system::system_error& error) {
      failed(way.to, error);
    }
  }

  /// Nobody reads `from` while a write is blocked, so that its end must be looked for.
  Task<void> write(Way& way, asio::const_buffer data) {
    using namespace asio::experimental::awaitable_operators;
    data += write_now(way.to, data);
    if (data.size() == 0) co_return;
    auto writing = write_blocked(way.to, data);
    auto watching = watch(way.from);
    auto race = std::move(writing) || std::move(watching);
    co_await std::move(race);
  }

  /// What a socket takes at once needs no watch; 0 where the stream is no socket, and on any error.
  static std::size_t write_now(Stream& to, asio::const_buffer data) {
    const int descriptor = to.native_handle();
    if (descriptor < 0) return 0;
    const auto size = ::send(descriptor, data.data(), data.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    return size > 0 ? static_cast<std::size_t>(size) : 0;
  }

  Task<void> write_blocked(Stream& to, asio::const_buffer data) {
    try {
      co_await write_all(to, data);
    } catch (const boost::system::system_error& error) {
      failed(to, error);
    }
  }

  Task<void> watch(Stream& from) {
    try {
      co_await sleep_for(kBlocked);
      co_await from.broken();
      if (!broken_) broken_ = &from;
    } catch (const boost::system::system_error& error) {
      failed(from, error);
    }
  }

  Task<void> pass_on_failure(Way& way) {
    way.from.reset();
    const bool drained = co_await drain(way.to);
    if (way.told && drained)
      way.to.close();
    else
      way.to.reset();
  }

  /// Waits until what was written has arrived: a reset discards what has not.
  static Task<bool> drain(Stream& stream) {
    try {
      const auto until = steady_clock::now() + kDrain;
      while (stream.unsent_bytes() > 0) {
        if (steady_clock::now() >= until) co_return false;
        co_await sleep_for(kDrainLook);
      }
    } catch (const boost::system::system_error&) {
      co_return false;  // cancelled
    }
    co_return true;
  }

  Way& there_;
  Way& back_;
  IdleTimer idle_;
  Stream* broken_ = nullptr;
};

}  // namespace

Task<RelayCounts> relay(Stream& first, Stream& second, std::chrono::milliseconds idle, OnEnd on_first_end,
                        OnEnd on_second_end) {
  RelayCounts counts;
  Way there{first, second, on_first_end, counts.first_to_second};
  Way back{second, first, on_second_end, counts.second_to_first};
  Relay both(there, back, idle);
  co_await both.run();
  co_return counts;
}

}  // namespace io
