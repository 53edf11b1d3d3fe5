/// Brings a session from `starting` to `running` or `failed`, step by step; each step has a deadline and an
/// error.
///
///     cleanup   what an earlier start left on that sandbox is gone
///     sandbox   its hydra's tunnel is there
///     create    hydra has made and started the container
///     bridge    the session's desktop-bridge has dialled in
///     docker    the session's own dockerd is up
///     info      `docker info` answers through the tunnel
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/secret.hpp"
#include "io/task_group.hpp"
#include "server/remote/bridge_api.hpp"
#include "server/remote/hydra_api.hpp"
#include "server/sessions/live_streams.hpp"
#include "store/removal_store.hpp"
#include "store/session_store.hpp"

namespace server {

/// Chosen. A create may pull the image first.
struct LaunchLimits {
  std::chrono::milliseconds cleanup{std::chrono::seconds(150)};
  std::chrono::milliseconds sandbox{std::chrono::seconds(120)};
  std::chrono::milliseconds create{std::chrono::minutes(12)};
  std::chrono::milliseconds bridge{std::chrono::seconds(60)};
  std::chrono::milliseconds docker{std::chrono::seconds(90)};
  std::chrono::milliseconds failing{
      std::chrono::seconds(20)};  // of its dockerd, without a break, before we give up
  std::chrono::milliseconds info{std::chrono::seconds(30)};
  std::chrono::milliseconds poll{20};                              // of what is in memory
  std::chrono::milliseconds ask{100};                              // between questions to a runner
  std::chrono::milliseconds look{std::chrono::seconds(1)};         // between looks at the container
  std::chrono::milliseconds write_again{std::chrono::seconds(2)};  // when the store did not take the outcome
};

struct LauncherParts {
  store::SessionStore& sessions;
  store::UserStore& users;
  store::RemovalStore& removals;
  Runners& runners;
  HydraApi& hydra;
  BridgeApi& bridge;
  LiveStreams& streams;
  const base::Clock& clock;
  base::Random& random;
};

class Launcher {
 public:
  /// A finished step: its name, how long it took, whether it succeeded.
  using OnStep = std::function<void(const std::string&, std::chrono::milliseconds, bool)>;
  using OnEnd = std::function<void()>;

  Launcher(const boost::asio::any_io_executor& executor, LauncherParts parts, LaunchLimits limits,
           base::Log log);
  ~Launcher();

  void on_step(OnStep handler) { on_step_ = std::move(handler); }
  /// Called after each launch, whatever came of it.
  void on_end(OnEnd handler) { on_end_ = std::move(handler); }

  /// `session` is in state starting and placed; `key` is its key, whose hash is stored.
  void start(store::SessionRecord session, base::Secret key);
  /// The same after a restart of ours, which forgot the key: a container that runs keeps its own, another
  /// gets a new one.
  void resume(store::SessionRecord session);

  /// True while a launch of the session is under way: its container may still be in the making.
  [[nodiscard]] bool busy(const wire::SessionId& id) const { return jobs_.contains(id); }
  /// What is being done now.
  [[nodiscard]] std::optional<std::string> progress(const wire::SessionId& id) const;
  /// Ends what is under way; the sessions stay `starting` for the next start of the program.
  io::Task<void> close();

 private:
  struct Job;

  void spawn(store::SessionRecord session, std::optional<base::Secret> key);
  io::Task<void> run(wire::SessionId id);
  io::Task<base::Result<std::string>> all_steps_caught(Job& job);
  io::Task<base::Result<std::string>> all_steps(Job& job);
  io::Task<base::Result<void>> wait_for_cleanup(Job& job);
  io::Task<base::Result<void>> wait_for_sandbox(Job& job);
  io::Task<base::Result<void>> create(Job& job);
  io::Task<base::Result<wire::DevContainer>> ask_hydra(Job& job);
  io::Task<base::Result<bool>> runs_already(Job& job);
  io::Task<base::Result<void>> ensure_key(Job& job);
  io::Task<void> follow_hydra(Job& job);
  io::Task<base::Result<void>> wait_for_bridge(Job& job);
  io::Task<base::Result<void>> check_container(Job& job);
  io::Task<base::Result<void>> wait_for_docker(Job& job);
  io::Task<base::Result<std::string>> ask_docker(Job& job);
  io::Task<void> write_outcome(Job& job, store::SessionChange change);
  [[nodiscard]] store::SessionChange outcome(Job& job, const base::Result<std::string>& version);

  void enter(Job& job, std::string step, std::string message);
  void leave(Job& job, bool succeeded);
  void say(Job& job, std::string message);
  [[nodiscard]] base::Result<void> check_wanted(const Job& job);

  LauncherParts parts_;
  LaunchLimits limits_;
  base::Log log_;
  OnStep on_step_;
  OnEnd on_end_;
  std::map<wire::SessionId, std::unique_ptr<Job>> jobs_;
  io::TaskGroup tasks_;
};

}  // namespace server
