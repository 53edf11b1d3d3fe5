#include "io/task_group.hpp"

#include <cassert>
#include <exception>
#include <iterator>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/multiple_exceptions.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace io {
namespace {

void report(const base::Log& log, const std::string& name, const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const boost::system::system_error& e) {
    if (e.code() != asio::error::operation_aborted)
      log.warn("task.failed", {{"task", name}, {"error", e.code().message()}});
  } catch (const asio::multiple_exceptions& e) {
    report(log, name,
           e.first_exception());  // of tasks that raced: both ended, mostly by the same cancellation
  } catch (const std::exception& e) {
    log.error("task.failed", {{"task", name}, {"error", e.what()}});
  }
}

}  // namespace

TaskGroup::TaskGroup(asio::any_io_executor executor, base::Log log)
    : executor_(executor), log_(std::move(log)), empty_(executor) {
  empty_.expires_at(asio::steady_timer::time_point::max());
}

TaskGroup::~TaskGroup() { assert(children_.empty()); }

void TaskGroup::spawn(std::string name, Task<void> task) {
  children_.emplace_back();
  const auto child = std::prev(children_.end());
  auto done = [this, child, name = std::move(name)](const std::exception_ptr& error) {
    if (error) report(log_, name, error);
    children_.erase(child);
    if (children_.empty()) empty_.cancel();
  };
  asio::co_spawn(executor_, std::move(task), asio::bind_cancellation_slot(child->slot(), std::move(done)));
}

void TaskGroup::cancel() {
  // A handler may run at once and erase its own entry.
  for (auto it = children_.begin(); it != children_.end();) (it++)->emit(asio::cancellation_type::terminal);
}

Task<void> TaskGroup::join() {
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  while (!children_.empty()) co_await empty_.async_wait(asio::as_tuple(asio::use_awaitable));
}

}  // namespace io
