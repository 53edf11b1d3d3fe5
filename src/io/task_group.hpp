/// Owns tasks that run beside their starter: stop new work, and know when the old is done.
#pragma once

#include <list>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/log.hpp"
#include "io/task.hpp"

namespace io {

/// Must be empty when it is destroyed: cancel() and join() first. Use from the loop of its executor only.
class TaskGroup {
 public:
  TaskGroup(asio::any_io_executor executor, base::Log log);
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  /// Starts `task`. An exception that leaves it is logged under `name`; cancellation is no exception.
  void spawn(std::string name, Task<void> task);
  /// Asks every task to end; those spawned later are not affected.
  void cancel();
  /// Waits until no task is left. Not itself cancellable: the tasks must end.
  Task<void> join();
  [[nodiscard]] std::size_t size() const { return children_.size(); }

 private:
  asio::any_io_executor executor_;
  base::Log log_;
  std::list<asio::cancellation_signal> children_;
  asio::steady_timer empty_;
};

}  // namespace io
