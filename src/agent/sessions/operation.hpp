/// Which session is being worked on, one operation at a time each, and how far it is.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "base/error.hpp"
#include "io/async_mutex.hpp"
#include "io/task.hpp"
#include "wire/dev_container.hpp"
#include "wire/ids.hpp"

namespace agent {

/// One loop only.
class Operations {
 public:
  explicit Operations(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}

  /// What is being done now, for people. Nothing happens when no operation is under way.
  void set_step(const wire::SessionId& id, std::string step);
  [[nodiscard]] bool under_way(const wire::SessionId& id) const { return current_.contains(id); }
  [[nodiscard]] bool idle() const { return current_.empty(); }

  /// Asks the operation that is under way, if any, to give up: the session is to be deleted.
  void doom(const wire::SessionId& id);
  [[nodiscard]] bool doomed(const wire::SessionId& id) const { return doomed_.contains(id); }
  /// Awaits `task` for at most `limit`, and gives it up when the session becomes doomed. Fails with
  /// timed_out, conflict; what `task` throws is thrown on.
  io::Task<base::Result<void>> unless_doomed(wire::SessionId id, std::chrono::milliseconds limit,
                                             io::Task<base::Result<void>> task);

  /// What can be told of a session that has no container yet.
  [[nodiscard]] std::optional<wire::DevContainer> pending(const wire::SessionId& id) const;
  [[nodiscard]] std::vector<wire::DevContainer> all_pending() const;
  /// Puts state and step of an operation under way into what the engine says.
  void amend(const wire::SessionId& id, wire::DevContainer& value) const;

 private:
  friend class Operation;

  struct Lock {
    explicit Lock(const boost::asio::any_io_executor& executor) : mutex(executor) {}
    io::AsyncMutex mutex;
    int users = 0;
  };

  io::Task<base::Result<void>> wait_for_doom(wire::SessionId id);

  boost::asio::any_io_executor executor_;
  std::map<wire::SessionId, std::unique_ptr<Lock>> locks_;
  std::map<wire::SessionId, wire::DevContainer> current_;
  std::set<wire::SessionId> doomed_;
};

/// One operation on one session; ends when it goes.
class Operation {
 public:
  Operation(Operations& all, wire::SessionId id);
  ~Operation();
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;

  /// Waits for the session's operation before this one.
  io::Task<void> begin(wire::DevContainerState state, std::string step);
  /// The same for one that makes the session: what it will be can be told meanwhile.
  io::Task<void> begin(wire::DevContainerState state, std::string step, const wire::NewDevContainer& request);

 private:
  Operations& all_;
  wire::SessionId id_;
  std::optional<io::AsyncMutex::Guard> guard_;
};

}  // namespace agent
