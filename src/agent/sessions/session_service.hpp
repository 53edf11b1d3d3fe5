/// Creates, stops, removes and tells session containers; what hydra knows of a session is what the engine
/// knows.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/sessions/container_spec.hpp"
#include "agent/sessions/operation.hpp"
#include "agent/sessions/session_files.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "engine/engine.hpp"
#include "io/task.hpp"
#include "wire/dev_container.hpp"

namespace agent {

/// Times and sizes; chosen unless marked.
struct SessionLimits {
  std::int64_t sessions = 20;  // MAX_SANDBOXES
  std::chrono::milliseconds pull{std::chrono::minutes(10)};
  std::chrono::milliseconds create{std::chrono::seconds(60)};
  std::chrono::milliseconds start{std::chrono::seconds(60)};
  std::chrono::milliseconds tell_bridge{std::chrono::seconds(5)};
  std::chrono::seconds stop_grace{15};  // a session stops its own containers first
  double least_free_part = 0.02;        // product.md, lesson 10
  std::filesystem::path docker_data = "/var/lib/docker";
  std::filesystem::path data = "/data";
};

/// One session at a time does one thing; different sessions do not wait for each other.
class SessionService {
 public:
  /// Called after a container started, so that its network port is opened before the session is answered.
  using Attached = std::function<io::Task<base::Result<void>>()>;

  SessionService(boost::asio::any_io_executor executor, engine::Engine& engine, SessionFiles& files,
                 SandboxSetup setup, SessionLimits limits, base::Log log);

  void on_attached(Attached attached) { attached_ = std::move(attached); }
  /// From now on new sessions are refused with unavailable and this reason; "" takes them again.
  void refuse_new(std::string reason) { refusal_ = std::move(reason); }

  struct Created {
    wire::DevContainer session;
    bool is_new = false;
  };
  /// Idempotent: a session that exists gets the new variables and is started when it is stopped.
  /// Fails with conflict (full), unavailable (no engine, disk full, stopping), not_found (image),
  /// invalid_argument; nothing of a new session is left behind then.
  io::Task<base::Result<Created>> create(wire::NewDevContainer request);
  /// Fails with not_found, unavailable.
  io::Task<base::Result<wire::DevContainer>> get(wire::SessionId id);
  io::Task<base::Result<std::vector<wire::DevContainer>>> list();
  /// Keeps container, volume and workspace. Also succeeds when it is stopped. Fails with not_found.
  io::Task<base::Result<wire::DevContainer>> stop(wire::SessionId id);
  /// Removes container, volume, workspace and files. Also succeeds when there is nothing.
  io::Task<base::Result<void>> remove(wire::SessionId id);
  io::Task<base::Result<wire::Reconciled>> reconcile(wire::Reconcile request);

  /// The session's container as the engine has it now. Fails with not_found, unavailable.
  io::Task<base::Result<engine::Container>> find_container(wire::SessionId id);
  /// Containers of this sandbox's sessions.
  io::Task<base::Result<std::vector<engine::ContainerSummary>>> containers();

  /// Starts those that should run and do not; after the engine came up.
  io::Task<void> start_wanted();
  /// Brings the programs of sessions that run up to date; a bridge that is no longer the newest is told to
  /// replace itself. After hydra itself was replaced. A session's failure is logged only.
  io::Task<void> renew_programs();
  /// Stops all at once for the end of the sandbox, which is no wish of a person: they start with it again.
  io::Task<void> stop_all(std::chrono::seconds grace);
  [[nodiscard]] bool busy() const { return !operations_.idle(); }

 private:
  /// A place among MAX_SANDBOXES, given back when it goes.
  class Place {
   public:
    Place(std::set<wire::SessionId>& all, wire::SessionId id) : all_(&all), id_(std::move(id)) {
      all_->insert(id_);
    }
    Place(Place&& other) noexcept : all_(std::exchange(other.all_, nullptr)), id_(std::move(other.id_)) {}
    Place& operator=(Place&&) = delete;
    ~Place() {
      if (all_ != nullptr) all_->erase(id_);
    }

   private:
    std::set<wire::SessionId>* all_;
    wire::SessionId id_;
  };

  io::Task<base::Result<Created>> resume(wire::NewDevContainer request, engine::Container container,
                                         wire::SessionId id);
  io::Task<base::Result<Created>> make_new(wire::NewDevContainer request, wire::SessionId id);
  io::Task<base::Result<void>> build(wire::NewDevContainer request, wire::SessionId id);
  io::Task<base::Result<void>> ensure_image(std::string image, wire::SessionId id);
  io::Task<base::Result<void>> start(std::string container, wire::SessionId id);
  io::Task<base::Result<void>> remove_all(wire::SessionId id);
  io::Task<void> stop_one(std::string container, std::chrono::seconds grace);
  io::Task<void> renew_one(std::string container, wire::SessionId id);
  io::Task<void> reload(wire::SessionId id);
  /// Takes one of the sandbox's places for a session that does not run yet. Fails with conflict.
  io::Task<base::Result<Place>> reserve(wire::SessionId id);
  [[nodiscard]] base::Result<void> check_disks() const;
  [[nodiscard]] wire::DevContainer describe(const engine::Container& container,
                                            const wire::SessionId& id) const;
  [[nodiscard]] std::set<wire::SessionId> young(const std::vector<engine::ContainerSummary>& all,
                                                std::chrono::seconds grace) const;

  Operations operations_;
  engine::Engine& engine_;
  SessionFiles& files_;
  SandboxSetup setup_;
  SessionLimits limits_;
  base::Log log_;
  Attached attached_;
  std::string refusal_;
  std::set<wire::SessionId> reserved_;  // places given to sessions that are not running yet
  std::map<wire::SessionId, std::chrono::steady_clock::time_point>
      made_;  // in this life of ours, for the grace period
};

}  // namespace agent
