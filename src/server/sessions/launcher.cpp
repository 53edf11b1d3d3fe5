#include "server/sessions/launcher.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>

#include "io/timeout.hpp"
#include "server/auth/tokens.hpp"
#include "server/sessions/session_env.hpp"

namespace server {

using base::ErrorCode;
using std::chrono::steady_clock;
using wire::SessionState;

struct Launcher::Job {
  store::SessionRecord session;
  std::optional<base::Secret> key;  // none after a restart of ours
  std::string step;
  std::string message;
  steady_clock::time_point step_began;
  steady_clock::time_point began = steady_clock::now();
  std::vector<store::SessionEvent> events;

  [[nodiscard]] const wire::SessionId& id() const { return session.id; }
  [[nodiscard]] const wire::SandboxId& sandbox() const { return *session.sandbox; }
};

Launcher::Launcher(const boost::asio::any_io_executor& executor, LauncherParts parts, LaunchLimits limits,
                   base::Log log)
    : parts_(parts), limits_(limits), log_(log), tasks_(executor, log) {}

Launcher::~Launcher() = default;

void Launcher::start(store::SessionRecord session, base::Secret key) {
  spawn(std::move(session), std::move(key));
}

void Launcher::resume(store::SessionRecord session) { spawn(std::move(session), std::nullopt); }

void Launcher::spawn(store::SessionRecord session, std::optional<base::Secret> key) {
  const auto id = session.id;
  auto job = std::make_unique<Job>();
  job->session = std::move(session);
  job->key = std::move(key);
  jobs_[id] = std::move(job);
  tasks_.spawn("session.launch", run(id));
}

std::optional<std::string> Launcher::progress(const wire::SessionId& id) const {
  const auto found = jobs_.find(id);
  if (found == jobs_.end() || found->second->message.empty()) return std::nullopt;
  return found->second->message;
}

io::Task<void> Launcher::close() {
  tasks_.cancel();
  co_await tasks_.join();
}

io::Task<void> Launcher::run(wire::SessionId id) {
  Job& job = *jobs_.at(id);
  struct Leave {
    Launcher& launcher;
    const wire::SessionId& id;
    ~Leave() {
      launcher.jobs_.erase(id);
      if (launcher.on_end_) launcher.on_end_();
    }
  } leave{*this, id};

  const auto version = co_await all_steps_caught(job);
  auto change = outcome(job, version);
  co_await write_outcome(job, std::move(change));
}

/// A store that cannot be read throws; were that to end the task, the session would be starting for ever.
io::Task<base::Result<std::string>> Launcher::all_steps_caught(Job& job) {
  try {
    co_return co_await all_steps(job);
  } catch (const boost::system::system_error& error) {
    if (error.code() == boost::asio::error::operation_aborted)
      throw;  // our own shutdown: the next life resumes it
    co_return base::fail(ErrorCode::internal, error.code().message());
  } catch (const std::exception& error) {
    co_return base::fail(ErrorCode::internal, error.what());
  }
}

io::Task<base::Result<std::string>> Launcher::all_steps(Job& job) {
  enter(job, "cleanup", "removing what an earlier start left");
  auto done = co_await wait_for_cleanup(job);
  if (!done) co_return tl::unexpected(done.error());

  enter(job, "sandbox", "waiting for sandbox " + job.sandbox().text());
  done = co_await wait_for_sandbox(job);
  if (!done) co_return tl::unexpected(done.error());

  enter(job, "create", "creating the container on sandbox " + job.sandbox().text());
  done = co_await create(job);
  if (!done) co_return tl::unexpected(done.error());

  enter(job, "bridge", "waiting for the session to dial in");
  done = co_await wait_for_bridge(job);
  if (!done) co_return tl::unexpected(done.error());

  enter(job, "docker", "starting the session's own Docker");
  done = co_await wait_for_docker(job);
  if (!done) co_return tl::unexpected(done.error());

  enter(job, "info", "asking the session's own Docker for an answer");
  co_return co_await ask_docker(job);
}

io::Task<base::Result<void>> Launcher::wait_for_cleanup(Job& job) {
  const auto deadline = steady_clock::now() + limits_.cleanup;
  while (parts_.removals.find_removal(job.id(), job.sandbox())) {
    const auto wanted = check_wanted(job);
    if (!wanted) co_return tl::unexpected(wanted.error());
    if (steady_clock::now() >= deadline) {
      co_return base::fail(ErrorCode::timed_out, "what an earlier start left on sandbox " +
                                                     job.sandbox().text() + " could not be removed");
    }
    co_await io::sleep_for(limits_.ask);
  }
  co_return base::Result<void>();
}

io::Task<base::Result<void>> Launcher::wait_for_sandbox(Job& job) {
  const auto runner = wire::hydra_runner(job.sandbox());
  const auto deadline = steady_clock::now() + limits_.sandbox;
  while (!parts_.runners.connected(runner)) {
    const auto wanted = check_wanted(job);
    if (!wanted) co_return tl::unexpected(wanted.error());
    if (steady_clock::now() >= deadline)
      co_return base::fail(ErrorCode::unavailable, "sandbox " + job.sandbox().text() + " is away");
    co_await io::sleep_for(limits_.poll);
  }
  co_return base::Result<void>();
}

io::Task<base::Result<void>> Launcher::create(Job& job) {
  const auto running = co_await runs_already(job);
  if (!running) co_return tl::unexpected(running.error());
  if (*running) co_return base::Result<void>();
  const auto keyed = co_await ensure_key(job);
  if (!keyed) co_return tl::unexpected(keyed.error());

  const auto deadline = steady_clock::now() + limits_.cleanup;
  for (;;) {
    // The store gives a session's place away as soon as it is deleted; its container is still going.
    const bool place_may_come =
        !parts_.removals.list_removals(job.sandbox()).empty() && steady_clock::now() < deadline;
    const auto created = co_await ask_hydra(job);
    if (created && created->state == wire::DevContainerState::failed)
      co_return base::fail(ErrorCode::internal, created->error);
    if (created) co_return base::Result<void>();
    if (!place_may_come || created.error().code() != ErrorCode::conflict)
      co_return tl::unexpected(created.error());
    const auto wanted = check_wanted(job);
    if (!wanted) co_return tl::unexpected(wanted.error());
    say(job, "waiting for the place of a session that is being removed");
    co_await io::sleep_for(limits_.ask);
  }
}

io::Task<base::Result<wire::DevContainer>> Launcher::ask_hydra(Job& job) {
  using namespace boost::asio::experimental::awaitable_operators;
  auto request = make_container_request(job.session, *job.key);
  auto creating = parts_.hydra.create(job.sandbox(), std::move(request), limits_.create);
  auto following = follow_hydra(job);
  auto race = std::move(creating) || std::move(following);
  auto winner = co_await std::move(race);
  // Following ends by itself only when nobody wants the session any more: its removal ends hydra's create.
  if (winner.index() == 1) co_return base::fail(ErrorCode::conflict, "the session was ended meanwhile");
  co_return std::get<0>(std::move(winner));
}

/// After a restart of ours: does the container run with the key that it got from our former life?
io::Task<base::Result<bool>> Launcher::runs_already(Job& job) {
  if (job.key) co_return false;
  const auto container = co_await parts_.hydra.get(job.sandbox(), job.id());
  if (container)
    co_return container->state == wire::DevContainerState::running ||
        container->state == wire::DevContainerState::starting;
  if (container.error().code() == ErrorCode::not_found) co_return false;
  co_return tl::unexpected(container.error());
}

/// The keys of our former life stay valid beside the new one: its create may still be under way in hydra.
io::Task<base::Result<void>> Launcher::ensure_key(Job& job) {
  if (job.key) co_return base::Result<void>();
  auto secret = make_token("hl-", parts_.random);
  store::KeyRecord record;
  record.created_at = parts_.clock.now();
  record.id = wire::KeyId::trusted("key_" + base::make_ulid(record.created_at, parts_.random));
  record.owner = job.session.owner;
  record.session = job.id();
  record.name = "session " + job.session.name;
  record.hash = hash_token(secret.expose());
  const auto stored = co_await parts_.users.create_key(std::move(record));
  if (!stored) co_return tl::unexpected(stored.error());
  job.key = std::move(secret);
  co_return base::Result<void>();
}

/// Shows what hydra is doing while the create is under way. Returns when the session is no longer wanted.
io::Task<void> Launcher::follow_hydra(Job& job) {
  for (;;) {
    co_await io::sleep_for(limits_.look);
    const auto wanted = check_wanted(job);
    if (!wanted) co_return;
    const auto container = co_await parts_.hydra.get(job.sandbox(), job.id());
    if (container && !container->step.empty()) say(job, container->step);
  }
}

io::Task<base::Result<void>> Launcher::wait_for_bridge(Job& job) {
  const auto deadline = steady_clock::now() + limits_.bridge;
  auto look_at = steady_clock::now() + limits_.look;
  while (!parts_.bridge.connected(job.id())) {
    const auto wanted = check_wanted(job);
    if (!wanted) co_return tl::unexpected(wanted.error());
    if (steady_clock::now() >= deadline)
      co_return base::fail(ErrorCode::timed_out, "the session's desktop-bridge did not dial in");
    if (steady_clock::now() >= look_at) {
      const auto alive = co_await check_container(job);
      if (!alive) co_return tl::unexpected(alive.error());
      look_at = steady_clock::now() + limits_.look;
    }
    co_await io::sleep_for(limits_.poll);
  }
  co_return base::Result<void>();
}

io::Task<base::Result<void>> Launcher::check_container(Job& job) {
  const auto container = co_await parts_.hydra.get(job.sandbox(), job.id());
  if (!container) {
    // A sandbox that is away for a moment is no news about the container; the deadline counts on.
    if (container.error().code() != ErrorCode::not_found) co_return base::Result<void>();
    co_return base::fail(ErrorCode::internal, "the container is gone");
  }
  const bool ended = container->state == wire::DevContainerState::failed ||
                     container->state == wire::DevContainerState::stopped;
  if (!ended) co_return base::Result<void>();
  std::string why = "the container ended";
  if (!container->error.empty()) why += ": " + container->error;
  co_return base::fail(ErrorCode::internal, std::move(why));
}

io::Task<base::Result<void>> Launcher::wait_for_docker(Job& job) {
  const auto began = steady_clock::now();
  auto last_well = began;
  std::string last_error = "the session's own Docker did not come up";
  for (;;) {
    const auto wanted = check_wanted(job);
    if (!wanted) co_return tl::unexpected(wanted.error());
    const auto health = co_await parts_.bridge.health(job.id());
    if (health && health->docker_ready) co_return base::Result<void>();
    if (!health) last_error = health.error().message();
    if (health && !health->error.empty()) last_error = health->error;
    if (health && !health->step.empty()) say(job, health->step);
    if (!health || health->status != wire::BridgeStatus::failing) last_well = steady_clock::now();
    const bool too_long = steady_clock::now() - began >= limits_.docker;
    const bool failing = steady_clock::now() - last_well >= limits_.failing;
    if (too_long || failing) co_return base::fail(ErrorCode::timed_out, last_error);
    co_await io::sleep_for(limits_.ask);
  }
}

io::Task<base::Result<std::string>> Launcher::ask_docker(Job& job) {
  const auto deadline = steady_clock::now() + limits_.info;
  for (;;) {
    auto version = co_await parts_.bridge.docker_version(job.id());
    if (version || steady_clock::now() >= deadline) co_return version;
    const auto wanted = check_wanted(job);
    if (!wanted) co_return tl::unexpected(wanted.error());
    co_await io::sleep_for(limits_.ask);
  }
}

store::SessionChange Launcher::outcome(Job& job, const base::Result<std::string>& version) {
  leave(job, version.has_value());
  store::SessionChange change;
  if (version) {
    change.state = SessionState::running;
    change.status_message = "running";
    change.docker_version = *version;
    change.started_at = parts_.clock.now();
  } else {
    change.state = SessionState::failed;
    change.status_message = job.message + " failed: " + version.error().message();
    change.drop_keys = true;
    // What ran before holds the user's data: it is stopped, not removed.
    change.cleanup = job.session.started_at ? store::Cleanup::stop : store::Cleanup::remove;
  }
  say(job, *change.status_message);
  change.events = std::move(job.events);
  return change;
}

io::Task<void> Launcher::write_outcome(Job& job, store::SessionChange change) {
  const bool running = change.state == SessionState::running;
  const std::vector<SessionState> from{SessionState::starting};
  for (;;) {
    const auto written = co_await parts_.sessions.change(job.id(), from, change, parts_.clock.now());
    if (written) break;
    const auto code = written.error().code();
    // Stopped or deleted meanwhile: that decides.
    if (code == ErrorCode::conflict || code == ErrorCode::not_found) co_return;
    log_.error("session.not_written", {{"session", job.id().text()}, {"error", written.error().message()}});
    co_await io::sleep_for(limits_.write_again);
  }
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - job.began);
  if (running) {
    log_.info("session.running",
              {{"session", job.id().text()}, {"sandbox", job.sandbox().text()}, {"took_ms", took.count()}});
    co_return;
  }
  parts_.streams.end(job.id());
  log_.warn("session.failed", {{"session", job.id().text()},
                               {"sandbox", job.sandbox().text()},
                               {"step", job.step},
                               {"reason", job.message}});
}

void Launcher::enter(Job& job, std::string step, std::string message) {
  if (!job.step.empty()) leave(job, true);
  job.step = std::move(step);
  job.step_began = steady_clock::now();
  say(job, std::move(message));
}

void Launcher::leave(Job& job, bool succeeded) {
  const auto took =
      std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - job.step_began);
  log_.debug(
      "session.step",
      {{"session", job.id().text()}, {"step", job.step}, {"took_ms", took.count()}, {"ok", succeeded}});
  if (on_step_) on_step_(job.step, took, succeeded);
}

void Launcher::say(Job& job, std::string message) {
  if (job.message == message) return;
  job.events.push_back({parts_.clock.now(), message});
  job.message = std::move(message);
}

base::Result<void> Launcher::check_wanted(const Job& job) {
  const auto now = parts_.sessions.find(job.id());
  if (now && now->state == SessionState::starting) return {};
  return base::fail(ErrorCode::conflict, "the session was ended meanwhile");
}

}  // namespace server
