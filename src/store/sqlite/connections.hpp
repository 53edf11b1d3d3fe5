/// The two connections of a store: reads on the loop, writes on a thread of their own, where waiting for the
/// disk delays nobody (docs/decisions/0010-reads-on-the-loop.md).
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/error.hpp"
#include "base/log.hpp"
#include "io/task.hpp"
#include "store/sqlite/database.hpp"

namespace store::sqlite {

/// Runs `work` on `pool` and completes on the awaiting coroutine's executor. Cannot be cancelled: a write
/// that was begun is finished, and its result is known.
template <class T>
io::Task<T> on_pool(io::asio::thread_pool& pool, std::function<T()> work) {
  namespace asio = io::asio;
  auto initiate = [&pool](auto handler, std::function<T()> job) {
    auto back =
        asio::prefer(asio::get_associated_executor(handler), asio::execution::outstanding_work.tracked);
    auto run = [handler = std::move(handler), job = std::move(job), back = std::move(back)]() mutable {
      T result = job();
      auto deliver = [handler = std::move(handler), result = std::move(result)]() mutable {
        std::move(handler)(std::move(result));
      };
      asio::post(back, std::move(deliver));
    };
    asio::post(pool, std::move(run));
  };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(T)>(
      initiate, asio::use_awaitable, std::move(work));
}

class Connections {
 public:
  /// Opens and migrates. Fails with conflict (newer schema; another process holds it) or unavailable.
  static base::Result<std::unique_ptr<Connections>> open(const std::filesystem::path& path,
                                                         const base::Log& log);
  /// Waits for the writes that were begun.
  ~Connections();

  /// On the loop's thread only.
  [[nodiscard]] Database& reader() { return *reader_; }

  /// Runs `work` in a transaction on the writer's thread; a failed result rolls back.
  template <class T>
  io::Task<base::Result<T>> write(std::function<base::Result<T>(Database&)> work) {
    auto whole = [this, work = std::move(work)]() -> base::Result<T> {
      auto result = in_transaction(work);
      note(result ? std::nullopt : std::optional(result.error()));
      return result;
    };
    std::function<base::Result<T>()> job = std::move(whole);
    return on_pool<base::Result<T>>(pool_, std::move(job));
  }

  /// True unless the last write failed for want of a working disk.
  [[nodiscard]] bool last_write_worked() const { return last_write_worked_; }

 private:
  Connections() : pool_(1) {}

  template <class T>
  base::Result<T> in_transaction(const std::function<base::Result<T>(Database&)>& work) {
    auto transaction = Transaction::begin(*writer_);
    if (!transaction) return tl::unexpected(transaction.error());
    auto result = guarded(work);
    if (!result) return result;
    const auto committed = (*transaction)->commit();
    if (!committed) return tl::unexpected(committed.error());
    return result;
  }

  /// Nothing may be thrown on the pool's thread.
  template <class T>
  base::Result<T> guarded(const std::function<base::Result<T>(Database&)>& work) {
    try {
      return work(*writer_);
    } catch (const std::exception& e) {
      return base::fail(base::ErrorCode::internal, e.what());
    }
  }

  void note(const std::optional<base::Error>& failure);

  int lock_ = -1;  // descriptor of the lock file
  std::unique_ptr<Database> writer_;
  std::unique_ptr<Database> reader_;
  std::atomic<bool> last_write_worked_ = true;
  io::asio::thread_pool pool_;  // last: its thread ends before what it uses
};

}  // namespace store::sqlite
