#include "agent/sessions/session_service.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/experimental/awaitable_operators.hpp>

#include "agent/files.hpp"
#include "agent/sessions/bridge_client.hpp"
#include "agent/sessions/operation.hpp"
#include "io/task_group.hpp"
#include "io/timeout.hpp"

namespace agent {
namespace {

using base::ErrorCode;
using base::fail;
using engine::ContainerStatus;
using io::Task;
using wire::DevContainerState;

base::Error with_context(const std::string& what, const base::Error& error) {
  return {error.code(), what + ": " + error.message()};
}

bool is_up(ContainerStatus status) {
  return status == ContainerStatus::running || status == ContainerStatus::paused ||
         status == ContainerStatus::restarting;
}

std::optional<wire::SessionId> session_of(const engine::Labels& labels) {
  const auto label = labels.find(kSessionLabel);
  if (label == labels.end()) return std::nullopt;
  auto id = wire::SessionId::parse(label->second);
  if (!id) return std::nullopt;
  return std::move(*id);
}

std::string label_of(const engine::Labels& labels, const char* key) {
  const auto found = labels.find(key);
  return found == labels.end() ? std::string() : found->second;
}

std::string why_it_ended(const engine::Container& container) {
  if (!container.error.empty()) return container.error;
  if (container.started_at.empty())
    return "the container was made but never started; start the session again";
  if (container.out_of_memory)
    return "the container ran out of memory; give the session a higher memory limit";
  return "the container ended by itself with status " + std::to_string(container.exit_code) +
         "; its log says why, start the session again";
}

}  // namespace

SessionService::SessionService(boost::asio::any_io_executor executor, engine::Engine& engine,
                               SessionFiles& files, SandboxSetup setup, SessionLimits limits, base::Log log)
    : operations_(std::move(executor)),
      engine_(engine),
      files_(files),
      setup_(std::move(setup)),
      limits_(std::move(limits)),
      log_(std::move(log)) {}

Task<base::Result<SessionService::Created>> SessionService::create(wire::NewDevContainer request) {
  const auto id = wire::SessionId::parse(request.session_id);
  if (!id) co_return fail(ErrorCode::invalid_argument, "session_id " + id.error().message());
  if (!refusal_.empty()) co_return fail(ErrorCode::unavailable, refusal_);
  if (!request.gpu_vendor.empty() && request.gpu_vendor != "none") {
    co_return fail(ErrorCode::invalid_argument,
                   "gpu_vendor " + request.gpu_vendor + ": this sandbox has no such GPU; leave it empty");
  }

  Operation operation(operations_, *id);
  co_await operation.begin(DevContainerState::starting, "looking for what is there", request);
  const auto existing = co_await find_container(*id);
  if (existing) co_return co_await resume(std::move(request), *existing, *id);
  if (existing.error().code() != ErrorCode::not_found) co_return tl::unexpected(existing.error());
  co_return co_await make_new(std::move(request), *id);
}

Task<base::Result<SessionService::Created>> SessionService::resume(wire::NewDevContainer request,
                                                                   engine::Container container,
                                                                   wire::SessionId id) {
  const auto prepared = files_.prepare(id, request.env);
  if (!prepared) co_return tl::unexpected(prepared.error());
  if (is_up(container.status)) {
    if (container.status == ContainerStatus::running) co_await reload(id);
  } else {
    const auto place = co_await reserve(id);
    if (!place) co_return tl::unexpected(place.error());
    const auto wanted = files_.set_wants_stopped(id, false);
    if (!wanted) co_return tl::unexpected(wanted.error());
    const auto started = co_await start(container.id, id);
    if (!started) co_return tl::unexpected(started.error());
    log_.info("session.started", {{"session", id.text()}, {"container", container.name}});
  }
  const auto now = co_await engine_.inspect_container(container.id);
  if (!now) co_return tl::unexpected(now.error());
  co_return Created{describe(*now, id), false};
}

Task<base::Result<SessionService::Created>> SessionService::make_new(wire::NewDevContainer request,
                                                                     wire::SessionId id) {
  const auto begun = std::chrono::steady_clock::now();
  const auto space = check_disks();
  if (!space) co_return tl::unexpected(space.error());
  const auto place = co_await reserve(id);
  if (!place) co_return tl::unexpected(place.error());
  made_[id] = begun;

  // A workspace that outlived its container is a person's work: a failure must not take it.
  const bool had_files = files_.sessions().contains(id);
  const std::string name = container_name(request.container_type, id);
  const auto built = co_await build(std::move(request), id);
  if (!built) {
    operations_.set_step(id, "removing what was made of it");
    base::Result<void> removed;
    if (had_files) {
      removed = co_await engine_.remove_container(name);
    } else {
      removed = co_await remove_all(id);
    }
    if (!removed)
      log_.warn("session.remains", {{"session", id.text()}, {"error", removed.error().message()}});
    co_return tl::unexpected(built.error());
  }

  const auto container = co_await engine_.inspect_container(name);
  if (!container) co_return tl::unexpected(container.error());
  const auto took =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun).count();
  log_.info("session.created", {{"session", id.text()}, {"container", name}, {"took_ms", took}});
  co_return Created{describe(*container, id), true};
}

Task<base::Result<void>> SessionService::build(wire::NewDevContainer request, wire::SessionId id) {
  const auto image = co_await ensure_image(request.image, id);
  if (!image) co_return image;

  operations_.set_step(id, "making the workspace");
  const auto prepared = files_.prepare(id, request.env);
  if (!prepared) co_return tl::unexpected(prepared.error());
  const auto wanted = files_.set_wants_stopped(id, false);
  if (!wanted) co_return wanted;
  const engine::Labels labels{
      {kSessionLabel, id.text()}, {kSandboxLabel, setup_.sandbox_id}, {kOwnerLabel, request.owner}};
  const auto volume = co_await engine_.ensure_volume(volume_name(id), labels);
  if (!volume) co_return tl::unexpected(with_context("cannot make the session's volume", volume.error()));

  if (operations_.doomed(id))
    co_return fail(ErrorCode::conflict, "the session was deleted while it was being made");
  operations_.set_step(id, "making the container");
  const std::string name = container_name(request.container_type, id);
  auto spec = make_container_spec(request, id, files_.paths(id), setup_);
  auto making = engine_.create_container(name, std::move(spec));
  const auto made = co_await io::within(limits_.create, std::move(making));
  if (!made) co_return tl::unexpected(with_context("cannot make the session's container", made.error()));
  co_return co_await start(*made, id);
}

Task<base::Result<void>> SessionService::ensure_image(std::string image, wire::SessionId id) {
  operations_.set_step(id, "looking for image " + image);
  const auto present = co_await engine_.inspect_image(image);
  if (present) co_return base::Result<void>{};
  if (present.error().code() != ErrorCode::not_found) co_return tl::unexpected(present.error());

  operations_.set_step(id, "pulling image " + image);
  const auto progress = [this, id, image](const std::string& step) {
    operations_.set_step(id, "pulling image " + image + ": " + step);
  };
  auto pulling = engine_.pull_image(image, progress);
  const auto pulled = co_await operations_.unless_doomed(id, limits_.pull, std::move(pulling));
  if (pulled || operations_.doomed(id)) co_return pulled;
  co_return fail(ErrorCode::not_found,
                 "image " + image + " is not in this sandbox and could not be pulled (" +
                     pulled.error().message() + "); load it into the sandbox's Docker, e.g. docker save " +
                     image + " | docker exec -i SANDBOX docker load, or name another image");
}

Task<base::Result<void>> SessionService::start(std::string container, wire::SessionId id) {
  operations_.set_step(id, "copying the newest programs");
  const auto programs = co_await files_.refresh_programs(id, setup_.binaries);
  if (!programs)
    co_return tl::unexpected(with_context("cannot give the session its programs", programs.error()));
  if (operations_.doomed(id))
    co_return fail(ErrorCode::conflict, "the session was deleted while it was being made");
  operations_.set_step(id, "starting the container");
  auto starting = engine_.start_container(std::move(container));
  const auto started = co_await io::within(limits_.start, std::move(starting));
  if (!started)
    co_return tl::unexpected(with_context("cannot start the session's container", started.error()));
  if (!attached_) co_return base::Result<void>{};
  co_return co_await attached_();
}

Task<base::Result<SessionService::Place>> SessionService::reserve(wire::SessionId id) {
  const auto all = co_await containers();
  if (!all) co_return tl::unexpected(all.error());
  auto taken = reserved_;
  for (const auto& container : *all) {
    const auto session = session_of(container.labels);
    if (session && is_up(container.status)) taken.insert(*session);
  }
  taken.erase(id);
  if (static_cast<std::int64_t>(taken.size()) >= limits_.sessions) {
    co_return fail(ErrorCode::conflict, "the sandbox is full: it runs " + std::to_string(taken.size()) +
                                            " of " + std::to_string(limits_.sessions) +
                                            " sessions; stop or delete one, or raise MAX_SANDBOXES");
  }
  Place place(reserved_, std::move(id));
  co_return std::move(place);
}

base::Result<void> SessionService::check_disks() const {
  for (const auto& place : {limits_.docker_data, limits_.data}) {
    const auto disk = disk_usage(place);
    if (!disk) return tl::unexpected(disk.error());
    const auto needed = static_cast<double>(disk->total_bytes) * limits_.least_free_part;
    if (static_cast<double>(disk->free_bytes) < needed) {
      return fail(ErrorCode::unavailable,
                  "the sandbox's disk is full: " + std::to_string(disk->free_bytes >> 20U) + " MiB of " +
                      place.string() + " are free, new sessions need " +
                      std::to_string(static_cast<std::uint64_t>(needed) >> 20U) +
                      " MiB; delete sessions or images");
    }
  }
  return {};
}

Task<base::Result<std::vector<engine::ContainerSummary>>> SessionService::containers() {
  co_return co_await engine_.list_containers(kSessionLabel);
}

Task<base::Result<engine::Container>> SessionService::find_container(wire::SessionId id) {
  const auto found = co_await engine_.list_containers(std::string(kSessionLabel) + "=" + id.text());
  if (!found) co_return tl::unexpected(found.error());
  if (found->empty())
    co_return fail(ErrorCode::not_found, "there is no container of session " + id.text() + " here");
  co_return co_await engine_.inspect_container(found->front().id);
}

wire::DevContainer SessionService::describe(const engine::Container& container,
                                            const wire::SessionId& id) const {
  wire::DevContainer value;
  value.session_id = id.text();
  value.owner = label_of(container.labels, kOwnerLabel);
  value.container_id = container.id;
  value.container_name = container.name;
  value.image = container.image;
  value.started_at = container.started_at;
  switch (container.status) {
    case ContainerStatus::running:
    case ContainerStatus::paused: value.state = DevContainerState::running; break;
    case ContainerStatus::restarting: value.state = DevContainerState::starting; break;
    case ContainerStatus::removing: value.state = DevContainerState::stopping; break;
    case ContainerStatus::created:
    case ContainerStatus::exited:
    case ContainerStatus::dead:
      value.state = files_.wants_stopped(id) ? DevContainerState::stopped : DevContainerState::failed;
      if (value.state == DevContainerState::failed) value.error = why_it_ended(container);
      break;
  }
  return value;
}

Task<base::Result<wire::DevContainer>> SessionService::get(wire::SessionId id) {
  const auto container = co_await find_container(id);
  if (!container) {
    auto pending = operations_.pending(id);
    if (pending && container.error().code() == ErrorCode::not_found) co_return std::move(*pending);
    co_return tl::unexpected(container.error());
  }
  auto value = describe(*container, id);
  operations_.amend(id, value);
  co_return value;
}

Task<base::Result<std::vector<wire::DevContainer>>> SessionService::list() {
  const auto all = co_await containers();
  if (!all) co_return tl::unexpected(all.error());
  std::map<wire::SessionId, wire::DevContainer> values;
  for (const auto& summary : *all) {
    const auto id = session_of(summary.labels);
    if (!id) continue;
    const auto container = co_await engine_.inspect_container(summary.id);
    if (!container && container.error().code() == ErrorCode::not_found) continue;
    if (!container) co_return tl::unexpected(container.error());
    auto value = describe(*container, *id);
    operations_.amend(*id, value);
    values.emplace(*id, std::move(value));
  }
  for (auto& value : operations_.all_pending()) {
    const auto id = wire::SessionId::trusted(value.session_id);
    values.emplace(id, std::move(value));
  }
  std::vector<wire::DevContainer> list;
  for (auto& [id, value] : values) list.push_back(std::move(value));
  co_return list;
}

Task<base::Result<wire::DevContainer>> SessionService::stop(wire::SessionId id) {
  Operation operation(operations_, id);
  co_await operation.begin(DevContainerState::stopping, "stopping the container");
  const auto container = co_await find_container(id);
  if (!container) co_return tl::unexpected(container.error());
  const auto wanted = files_.set_wants_stopped(id, true);
  if (!wanted) co_return tl::unexpected(wanted.error());
  const auto stopped = co_await engine_.stop_container(container->id, limits_.stop_grace);
  if (!stopped)
    co_return tl::unexpected(with_context("cannot stop the session's container", stopped.error()));
  const auto now = co_await engine_.inspect_container(container->id);
  if (!now) co_return tl::unexpected(now.error());
  log_.info("session.stopped", {{"session", id.text()}});
  co_return describe(*now, id);
}

Task<base::Result<void>> SessionService::remove(wire::SessionId id) {
  // A create that is under way gives up at its next step instead of being waited for.
  operations_.doom(id);
  Operation operation(operations_, id);
  co_await operation.begin(DevContainerState::stopping, "removing the session");
  const auto removed = co_await remove_all(id);
  if (!removed) co_return removed;
  log_.info("session.removed", {{"session", id.text()}});
  co_return base::Result<void>{};
}

Task<base::Result<void>> SessionService::remove_all(wire::SessionId id) {
  const auto found = co_await engine_.list_containers(std::string(kSessionLabel) + "=" + id.text());
  if (!found) co_return tl::unexpected(found.error());
  for (const auto& container : *found) {
    const auto removed = co_await engine_.remove_container(container.id);
    if (!removed)
      co_return tl::unexpected(with_context("cannot remove the session's container", removed.error()));
  }
  const auto volume = co_await engine_.remove_volume(volume_name(id));
  if (!volume) co_return tl::unexpected(with_context("cannot remove the session's volume", volume.error()));
  const auto files = co_await files_.remove(id);
  if (!files) co_return files;
  made_.erase(id);
  co_return base::Result<void>{};
}

std::set<wire::SessionId> SessionService::young(const std::vector<engine::ContainerSummary>& all,
                                                std::chrono::seconds grace) const {
  std::set<wire::SessionId> ids;
  const auto now = std::chrono::steady_clock::now();
  for (const auto& [id, when] : made_) {
    if (now - when < grace) ids.insert(id);
  }
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
  for (const auto& container : all) {
    const auto id = session_of(container.labels);
    if (id && seconds - container.created_seconds < grace.count()) ids.insert(*id);
  }
  return ids;
}

Task<base::Result<wire::Reconciled>> SessionService::reconcile(wire::Reconcile request) {
  const auto all = co_await containers();
  if (!all) co_return tl::unexpected(all.error());
  const auto volumes = co_await engine_.list_volumes(kSessionLabel);
  if (!volumes) co_return tl::unexpected(volumes.error());

  auto here = files_.sessions();
  for (const auto& container : *all) {
    const auto id = session_of(container.labels);
    if (id) here.insert(*id);
  }
  for (const auto& [name, labels] : *volumes) {
    const auto id = session_of(labels);
    if (id) here.insert(*id);
  }
  const auto spared = young(*all, std::chrono::seconds(request.grace_seconds));
  for (const auto& session : request.sessions) {
    const auto kept = wire::SessionId::parse(session);
    if (kept) here.erase(*kept);
  }

  wire::Reconciled answer;
  answer.dry_run = request.dry_run;
  for (const auto& id : here) {
    if (spared.contains(id) || operations_.under_way(id)) continue;
    if (!request.dry_run) {
      const auto removed = co_await remove(id);
      if (!removed) {
        log_.warn("session.remains", {{"session", id.text()}, {"error", removed.error().message()}});
        continue;
      }
    }
    answer.removed.push_back(id.text());
  }
  co_return answer;
}

Task<void> SessionService::start_wanted() {
  const auto all = co_await containers();
  if (!all) {
    log_.warn("sessions.unknown", {{"error", all.error().message()}});
    co_return;
  }
  for (const auto& container : *all) {
    const auto id = session_of(container.labels);
    if (!id || is_up(container.status) || files_.wants_stopped(*id)) continue;
    Operation operation(operations_, *id);
    co_await operation.begin(DevContainerState::starting, "starting with the sandbox");
    // Removed or stopped while we waited for our turn: a start would leave a copy of the programs to nobody.
    const auto now = co_await engine_.inspect_container(container.id);
    if (!now || is_up(now->status) || files_.wants_stopped(*id)) continue;
    const auto started = co_await start(container.id, *id);
    if (started) {
      log_.info("session.restarted", {{"session", id->text()}});
    } else {
      log_.warn("session.not_restarted", {{"session", id->text()}, {"error", started.error().message()}});
    }
  }
}

Task<void> SessionService::renew_programs() {
  const auto all = co_await containers();
  if (!all) {
    log_.warn("sessions.unknown", {{"error", all.error().message()}});
    co_return;
  }
  // At once: one that is being stopped, or a slow one, holds up no other.
  io::TaskGroup renewing(co_await boost::asio::this_coro::executor, log_);
  for (const auto& container : *all) {
    const auto id = session_of(container.labels);
    if (id && container.status == ContainerStatus::running)
      renewing.spawn("renew " + container.name, renew_one(container.id, *id));
  }
  co_await renewing.join();
}

Task<void> SessionService::renew_one(std::string container, wire::SessionId id) {
  Operation operation(operations_, id);
  co_await operation.begin(DevContainerState::running, "copying the newest programs");
  const auto now = co_await engine_.inspect_container(container);
  if (!now || now->status != ContainerStatus::running) co_return;  // its next start does it
  const auto renewed = co_await files_.refresh_programs(id, setup_.binaries);
  if (!renewed) {
    log_.warn("session.old_programs", {{"session", id.text()}, {"error", renewed.error().message()}});
    co_return;
  }
  if (std::find(renewed->begin(), renewed->end(), "desktop-bridge") == renewed->end()) co_return;
  std::vector<std::string> argv{"sv", "hup", "/etc/helix/service/desktop-bridge"};
  auto telling = engine_.exec_detached(std::move(container), std::move(argv));
  const auto told = co_await io::within(limits_.tell_bridge, std::move(telling));
  if (!told) log_.warn("bridge.not_told", {{"session", id.text()}, {"error", told.error().message()}});
}

Task<void> SessionService::reload(wire::SessionId id) {
  const auto reloaded = co_await reload_bridge(files_.paths(id).bridge_socket(), limits_.tell_bridge);
  // A bridge that does not answer reads the file at its next start.
  if (!reloaded)
    log_.warn("bridge.not_reloaded", {{"session", id.text()}, {"error", reloaded.error().message()}});
}

Task<void> SessionService::stop_one(std::string container, std::chrono::seconds grace) {
  const auto stopped = co_await engine_.stop_container(container, grace);
  if (!stopped)
    log_.warn("session.not_stopped", {{"container", container}, {"error", stopped.error().message()}});
}

Task<void> SessionService::stop_all(std::chrono::seconds grace) {
  const auto all = co_await containers();
  if (!all) {
    log_.warn("sessions.unknown", {{"error", all.error().message()}});
    co_return;
  }
  io::TaskGroup stopping(co_await boost::asio::this_coro::executor, log_);
  for (const auto& container : *all) {
    if (is_up(container.status)) stopping.spawn("stop " + container.name, stop_one(container.id, grace));
  }
  co_await stopping.join();
}

}  // namespace agent
