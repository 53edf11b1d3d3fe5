#include "agent/sessions/operation.hpp"

#include <exception>
#include <utility>

#include <boost/asio/experimental/awaitable_operators.hpp>

#include "agent/sessions/names.hpp"
#include "io/timeout.hpp"

namespace agent {
namespace {

/// A race of awaitables waits for the other side when one throws: what is thrown is kept until the race is
/// over.
io::Task<base::Result<void>> keep_failure(io::Task<base::Result<void>> task, std::exception_ptr& failure) {
  try {
    co_return co_await std::move(task);
  } catch (...) {
    failure = std::current_exception();
  }
  co_return base::fail(base::ErrorCode::internal, "failed with an exception");
}

}  // namespace

using wire::DevContainerState;

void Operations::set_step(const wire::SessionId& id, std::string step) {
  const auto found = current_.find(id);
  if (found != current_.end()) found->second.step = std::move(step);
}

void Operations::doom(const wire::SessionId& id) {
  if (under_way(id)) doomed_.insert(id);
}

io::Task<base::Result<void>> Operations::wait_for_doom(wire::SessionId id) {
  constexpr std::chrono::milliseconds kLookEvery{100};
  while (!doomed(id)) co_await io::sleep_for(kLookEvery);
  co_return base::fail(base::ErrorCode::conflict, "the session was deleted while it was being made");
}

io::Task<base::Result<void>> Operations::unless_doomed(wire::SessionId id, std::chrono::milliseconds limit,
                                                       io::Task<base::Result<void>> task) {
  using namespace boost::asio::experimental::awaitable_operators;
  auto bounded = io::within(limit, std::move(task));
  std::exception_ptr failure;
  auto guarded = keep_failure(std::move(bounded), failure);
  auto race = std::move(guarded) || wait_for_doom(std::move(id));
  auto winner = co_await std::move(race);
  if (winner.index() == 1) co_return std::get<1>(std::move(winner));
  if (failure) std::rethrow_exception(failure);
  co_return std::get<0>(std::move(winner));
}

std::optional<wire::DevContainer> Operations::pending(const wire::SessionId& id) const {
  const auto found = current_.find(id);
  // Without a name it is no creation: there is nothing to tell.
  if (found == current_.end() || found->second.container_name.empty()) return std::nullopt;
  return found->second;
}

std::vector<wire::DevContainer> Operations::all_pending() const {
  std::vector<wire::DevContainer> values;
  for (const auto& [id, value] : current_) {
    if (!value.container_name.empty()) values.push_back(value);
  }
  return values;
}

void Operations::amend(const wire::SessionId& id, wire::DevContainer& value) const {
  const auto found = current_.find(id);
  if (found == current_.end()) return;
  value.state = found->second.state;
  value.step = found->second.step;
  value.error.clear();
}

Operation::Operation(Operations& all, wire::SessionId id) : all_(all), id_(std::move(id)) {
  auto& lock = all_.locks_[id_];
  if (!lock) lock = std::make_unique<Operations::Lock>(all_.executor_);
  ++lock->users;
}

Operation::~Operation() {
  if (guard_) {
    all_.current_.erase(id_);
    all_.doomed_.erase(id_);
    guard_.reset();
  }
  const auto lock = all_.locks_.find(id_);
  if (--lock->second->users == 0) all_.locks_.erase(lock);
}

io::Task<void> Operation::begin(DevContainerState state, std::string step) {
  auto& lock = *all_.locks_.at(id_);
  auto guard = co_await lock.mutex.lock();
  guard_.emplace(std::move(guard));
  wire::DevContainer value;
  value.session_id = id_.text();
  value.state = state;
  value.step = std::move(step);
  all_.current_[id_] = std::move(value);
}

io::Task<void> Operation::begin(DevContainerState state, std::string step,
                                const wire::NewDevContainer& request) {
  auto name = container_name(request.container_type, id_);
  auto owner = request.owner;
  auto image = request.image;
  co_await begin(state, std::move(step));
  auto& value = all_.current_[id_];
  value.container_name = std::move(name);
  value.owner = std::move(owner);
  value.image = std::move(image);
}

}  // namespace agent
