#include "server/sessions/housekeeper.hpp"

#include <algorithm>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "io/timeout.hpp"

namespace server {

using base::ErrorCode;
using std::chrono::steady_clock;
using wire::SessionState;

Housekeeper::Housekeeper(const boost::asio::any_io_executor& executor, HousekeeperParts parts,
                         HousekeepingLimits limits, base::Log log)
    : parts_(parts), limits_(limits), log_(log), kicked_(executor), tasks_(executor, log) {}

io::Task<void> Housekeeper::run() {
  for (;;) {
    sweep_caught();
    kicked_.expires_after(limits_.every);
    // Woken by the time or by kick(), which cancels the wait; our own cancellation ends the loop below.
    co_await kicked_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    const auto state = co_await boost::asio::this_coro::cancellation_state;
    if (state.cancelled() != boost::asio::cancellation_type::none) co_return;
  }
}

void Housekeeper::kick() { kicked_.cancel(); }

void Housekeeper::on_connected(const wire::SandboxId& sandbox) {
  tasks_.spawn("housekeeping.compare", compare(sandbox));
  kick();
}

io::Task<void> Housekeeper::close() {
  tasks_.cancel();
  co_await tasks_.join();
}

/// A store that cannot be read throws: the next sweep may find it well again, so this one must not end them
/// all.
void Housekeeper::sweep_caught() {
  try {
    sweep();
    last_sweep_ = steady_clock::now();
  } catch (const std::exception& error) {
    log_.error("housekeeping.failed", {{"error", error.what()}});
  }
}

bool Housekeeper::well() const { return steady_clock::now() - last_sweep_ < 6 * limits_.every; }

void Housekeeper::sweep() {
  const bool look = steady_clock::now() - watched_ >= limits_.watch;
  if (look) watched_ = steady_clock::now();
  for (const auto& record : parts_.sandboxes.list_sandboxes()) {
    if (!parts_.runners.connected(wire::hydra_runner(record.id))) continue;
    sweep_sandbox(record.id);
    if (look) tasks_.spawn("housekeeping.watch", watch(record.id));
  }
}

void Housekeeper::sweep_sandbox(const wire::SandboxId& sandbox) {
  for (const auto& session : parts_.sessions.list_on(sandbox)) {
    if (session.state == SessionState::stopping)
      begin(session.id, "housekeeping.stop", finish_stop(session.id, sandbox));
  }
  for (const auto& removal : parts_.removals.list_removals(sandbox))
    begin(removal.session, "housekeeping.remove", finish_removal(removal));

  for (const auto& [session, orphan] : orphans_) {
    if (orphan.sandbox == sandbox && steady_clock::now() - orphan.seen >= limits_.orphan_grace)
      begin(session, "housekeeping.orphan", remove_orphan(session, sandbox));
  }
}

/// One thing at a time about a session, and nothing while its container may still be in the making. What is
/// skipped is found again by the next sweep.
void Housekeeper::begin(const wire::SessionId& session, std::string name, io::Task<void> task) {
  if (parts_.launcher.busy(session) || !busy_.insert(session).second) return;
  tasks_.spawn(std::move(name), std::move(task));
}

namespace {

/// Frees the session for the next thing when a task of it ends, however it ends.
struct Done {
  std::set<wire::SessionId>& busy;
  const wire::SessionId& session;
  ~Done() { busy.erase(session); }
};

}  // namespace

io::Task<void> Housekeeper::finish_stop(wire::SessionId session, wire::SandboxId sandbox) {
  const Done done{busy_, session};
  const auto stopped = co_await parts_.hydra.stop(sandbox, session);
  // Without a container there is nothing to stop.
  if (!stopped && stopped.error().code() != ErrorCode::not_found) {
    log_.warn("session.stop_failed", {{"session", session.text()}, {"error", stopped.error().message()}});
    co_return;
  }
  store::SessionChange change;
  change.state = SessionState::stopped;
  change.status_message = "stopped";
  change.events.push_back({parts_.clock.now(), "stopped"});
  std::vector<SessionState> from{SessionState::stopping};
  const auto written =
      co_await parts_.sessions.change(session, std::move(from), std::move(change), parts_.clock.now());
  if (written) log_.info("session.stopped", {{"session", session.text()}, {"sandbox", sandbox.text()}});
}

io::Task<void> Housekeeper::finish_removal(store::RemovalRecord removal) {
  const Done done{busy_, removal.session};
  auto removing = removal.keep_data ? parts_.hydra.stop(removal.sandbox, removal.session)
                                    : parts_.hydra.remove(removal.sandbox, removal.session);
  const auto removed = co_await std::move(removing);
  if (!removed && removed.error().code() != ErrorCode::not_found) {
    log_.warn("session.removal_failed",
              {{"session", removal.session.text()}, {"error", removed.error().message()}});
    co_return;
  }
  const auto finished = co_await parts_.removals.finish_removal(removal.session, removal.sandbox);
  if (finished)
    log_.info("session.removed", {{"session", removal.session.text()}, {"sandbox", removal.sandbox.text()}});
}

/// Asks hydra what it has beyond what the store knows. Nothing goes at once: should the store have been lost
/// or replaced, people get the grace period to notice the warning.
io::Task<void> Housekeeper::compare(wire::SandboxId sandbox) {
  auto found = co_await ask_for_orphans(sandbox);
  for (std::string told; !found; found = co_await ask_for_orphans(sandbox)) {
    // Its engine may still be starting.
    if (told != found.error().message())
      log_.warn("sandbox.not_compared", {{"sandbox", sandbox.text()}, {"error", found.error().message()}});
    told = found.error().message();
    co_await io::sleep_for(limits_.every);
    if (!parts_.runners.connected(wire::hydra_runner(sandbox))) co_return;  // its return compares anew
  }
  std::erase_if(orphans_, [&](const auto& entry) { return entry.second.sandbox == sandbox; });
  for (const auto& text : found->removed) {
    const auto session = wire::SessionId::parse(text);
    if (!session) continue;
    log_.warn("sandbox.orphan", {{"sandbox", sandbox.text()}, {"session", text}});
    const Orphan orphan{sandbox, steady_clock::now()};
    orphans_.emplace(*session, orphan);
  }
  log_.info("sandbox.compared", {{"sandbox", sandbox.text()}, {"orphans", found->removed.size()}});
}

io::Task<base::Result<wire::Reconciled>> Housekeeper::ask_for_orphans(wire::SandboxId sandbox) {
  wire::Reconcile request;
  request.dry_run = true;
  for (const auto& session : parts_.sessions.list_on(sandbox)) request.sessions.push_back(session.id.text());
  for (const auto& removal : parts_.removals.list_removals(sandbox))
    request.sessions.push_back(removal.session.text());
  co_return co_await parts_.hydra.reconcile(sandbox, std::move(request));
}

io::Task<void> Housekeeper::remove_orphan(wire::SessionId session, wire::SandboxId sandbox) {
  const Done done{busy_, session};
  orphans_.erase(session);
  if (parts_.sessions.find(session)) co_return;  // placed there after the comparison began
  const auto removed = co_await parts_.hydra.remove(sandbox, session);
  if (removed)
    log_.warn("sandbox.orphan_removed", {{"sandbox", sandbox.text()}, {"session", session.text()}});
  if (!removed)
    log_.warn(
        "sandbox.orphan_stays",
        {{"sandbox", sandbox.text()}, {"session", session.text()}, {"error", removed.error().message()}});
}

/// A session that should run but whose container ended, and stays so, is told as failed; its data stays.
io::Task<void> Housekeeper::watch(wire::SandboxId sandbox) {
  const auto containers = co_await parts_.hydra.list(sandbox);
  if (!containers) co_return;
  std::map<std::string, const wire::DevContainer*> by_session;
  for (const auto& container : *containers) by_session[container.session_id] = &container;

  for (const auto& session : parts_.sessions.list_on(sandbox)) {
    const auto found = by_session.find(session.id.text());
    const auto* container = found == by_session.end() ? nullptr : found->second;
    const bool ended = container == nullptr || container->state == wire::DevContainerState::stopped ||
                       container->state == wire::DevContainerState::failed;
    if (session.state != SessionState::running || !ended) {
      looks_ended_.erase(session.id);
      continue;
    }
    if (++looks_ended_[session.id] < limits_.ended_looks) continue;
    looks_ended_.erase(session.id);
    std::string reason = container == nullptr ? "the container is gone" : "the container ended";
    if (container != nullptr && !container->error.empty()) reason += ": " + container->error;
    begin(session.id, "housekeeping.give_up", give_up(session.id, std::move(reason)));
  }
}

io::Task<void> Housekeeper::give_up(wire::SessionId session, std::string reason) {
  const Done done{busy_, session};
  store::SessionChange change;
  change.state = SessionState::failed;
  change.status_message = reason;
  change.drop_keys = true;
  change.events.push_back({parts_.clock.now(), reason});
  std::vector<SessionState> from{SessionState::running};
  const auto written =
      co_await parts_.sessions.change(session, std::move(from), std::move(change), parts_.clock.now());
  if (!written) co_return;
  parts_.streams.end(session);
  log_.warn("session.ended_by_itself", {{"session", session.text()}, {"reason", reason}});
}

}  // namespace server
