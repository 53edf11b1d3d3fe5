#include "server/sandboxes/sandboxes.hpp"

#include <algorithm>
#include <set>

#include "server/auth/tokens.hpp"

namespace server {
namespace {

using base::ErrorCode;

/// "name" means "name:latest"; a colon before the last slash is a registry's port.
std::string with_tag(const std::string& image) {
  const auto slash = image.rfind('/');
  const auto colon = image.find_first_of(":@", slash == std::string::npos ? 0 : slash);
  return colon == std::string::npos ? image + ":latest" : image;
}

bool has_image(const store::SandboxRecord& record, const std::string& image) {
  const auto wanted = with_tag(image);
  const auto& images = record.report.images;
  return std::any_of(images.begin(), images.end(),
                     [&](const auto& held) { return with_tag(held) == wanted; });
}

}  // namespace

Sandboxes::Sandboxes(store::SandboxStore& store, store::SessionStore& sessions, Runners& runners,
                     const base::Clock& clock, base::Random& random, SandboxOptions options, base::Log log)
    : store_(store),
      sessions_(sessions),
      runners_(runners),
      clock_(clock),
      random_(random),
      options_(options),
      log_(std::move(log)) {}

io::Task<base::Result<base::Secret>> Sandboxes::enrol(wire::SandboxId id) {
  auto token = make_token("hs-", random_);
  const auto enrolled = co_await store_.enrol(id, hash_token(token.expose()), clock_.now());
  if (!enrolled) co_return tl::unexpected(enrolled.error());
  log_.info("sandbox.enrolled", {{"sandbox", id.text()}});
  co_return token;
}

io::Task<base::Result<void>> Sandboxes::free_name(wire::SandboxId id) {
  const auto dropped = co_await store_.drop_token(id);
  if (!dropped) co_return tl::unexpected(dropped.error());
  runners_.drop(wire::hydra_runner(id));
  log_.info("sandbox.name_freed", {{"sandbox", id.text()}});
  co_return base::Result<void>();
}

io::Task<base::Result<void>> Sandboxes::note_heartbeat(Principal caller, wire::SandboxId id,
                                                       wire::Heartbeat report) {
  if (caller.kind == CallerKind::enrolment) {
    const auto allowed = check_shared_token(id);
    if (!allowed) co_return tl::unexpected(allowed.error());
    note_shared_token(wire::hydra_runner(id), "heartbeat");
  } else if (caller.sandbox != id) {
    co_return base::fail(ErrorCode::forbidden, "this token is not that of sandbox " + id.text());
  }
  co_return co_await store_.note_heartbeat(std::move(id), std::move(report), clock_.now());
}

io::Task<base::Result<void>> Sandboxes::set_draining(wire::SandboxId id, bool draining) {
  const auto set = co_await store_.set_draining(id, draining);
  if (set) log_.info("sandbox.draining", {{"sandbox", id.text()}, {"draining", draining}});
  co_return set;
}

io::Task<base::Result<void>> Sandboxes::remove(wire::SandboxId id) {
  const auto removed = co_await store_.remove_sandbox(id);
  if (!removed) co_return tl::unexpected(removed.error());
  runners_.drop(wire::hydra_runner(id));
  lost_at_.erase(id);
  log_.info("sandbox.removed", {{"sandbox", id.text()}});
  co_return base::Result<void>();
}

std::vector<wire::Sandbox> Sandboxes::list() {
  const auto occupied = sessions_.occupied();
  std::vector<wire::Sandbox> out;
  for (const auto& record : store_.list_sandboxes()) out.push_back(view(record, occupied));
  return out;
}

std::optional<wire::Sandbox> Sandboxes::find(const wire::SandboxId& id) {
  const auto record = store_.find_sandbox(id);
  if (!record) return std::nullopt;
  return view(*record, sessions_.occupied());
}

wire::Sandbox Sandboxes::view(const store::SandboxRecord& record,
                              const std::map<wire::SandboxId, std::int64_t>& occupied) const {
  wire::Sandbox out;
  out.id = record.id;
  out.report = record.report;
  out.last_seen_at = record.last_seen_at;
  const auto count = occupied.find(record.id);
  out.sessions = count == occupied.end() ? 0 : count->second;
  out.state = wire::SandboxState::offline;
  if (is_online(record))
    out.state = record.draining ? wire::SandboxState::draining : wire::SandboxState::online;
  return out;
}

base::Result<void> Sandboxes::check_claim(const Principal& caller, const std::string& runner_id) {
  constexpr std::string_view kHydra = "hydra-";
  constexpr std::string_view kDesktop = "desktop-";
  const auto refused = [&runner_id] {
    return base::fail(ErrorCode::forbidden, "this credential may not claim the runner id " + runner_id);
  };
  if (runner_id.starts_with(kDesktop)) {
    const auto session = wire::SessionId::parse(runner_id.substr(kDesktop.size()));
    if (!session)
      return base::fail_field("runnerid", std::string(wire::SessionKind::kRule) + " after desktop-");
    if (caller.kind != CallerKind::session || caller.session != *session) return refused();
    return {};
  }
  if (!runner_id.starts_with(kHydra))
    return base::fail_field("runnerid", "must begin with hydra- or desktop-");
  const auto sandbox = wire::SandboxId::parse(runner_id.substr(kHydra.size()));
  if (!sandbox) return base::fail_field("runnerid", "after hydra- " + std::string(wire::SandboxKind::kRule));
  if (caller.kind == CallerKind::enrolment) return check_shared_token(*sandbox);
  if (caller.kind != CallerKind::sandbox || caller.sandbox != *sandbox) return refused();
  return {};
}

base::Result<void> Sandboxes::check_shared_token(const wire::SandboxId& id) {
  const auto record = store_.find_sandbox(id);
  if (record && record->token)
    return base::fail(
        ErrorCode::forbidden,
        "sandbox " + id.text() + " has a token of its own: the shared one does not speak for it");
  if (!options_.legacy_tokens)
    return base::fail(ErrorCode::forbidden,
                      "the shared token only enrols here (HELIX_LEGACY_RUNNER_TOKEN=off)");
  return {};
}

void Sandboxes::note_shared_token(const std::string& runner_id, std::string_view use) {
  log_.warn("sandbox.shared_token_used", {{"runner", runner_id}, {"use", use}});
}

bool Sandboxes::is_online(const store::SandboxRecord& record) const {
  const auto now = clock_.now();
  if (!record.last_seen_at || now - *record.last_seen_at > options_.offline_after) return false;
  if (runners_.connected(wire::hydra_runner(record.id))) return true;
  const auto lost = lost_at_.find(record.id);
  return lost != lost_at_.end() && now - lost->second < options_.tunnel_grace;
}

bool Sandboxes::has_disk(const store::SandboxRecord& record) const {
  const auto& disk = record.report.disk;
  if (disk.total_bytes == 0) return true;  // not told
  return static_cast<double>(disk.free_bytes) >=
         static_cast<double>(disk.total_bytes) * options_.least_free_part;
}

PlacementChoice Sandboxes::candidates(const std::string& image) {
  PlacementChoice choice;
  std::vector<store::Candidate> returning;  // their tunnel went a moment ago: only when there is no other
  for (const auto& record : store_.list_sandboxes()) {
    if (!is_online(record)) continue;
    choice.any_online = true;
    if (!has_image(record, image)) continue;
    choice.image_known = true;
    if (record.draining || !has_disk(record)) continue;
    auto& list = runners_.connected(wire::hydra_runner(record.id)) ? choice.fit : returning;
    list.push_back({record.id, record.report.max_sessions});
  }
  if (choice.fit.empty()) choice.fit = std::move(returning);
  return choice;
}

std::vector<store::Candidate> Sandboxes::candidate(const wire::SandboxId& id) {
  const auto record = store_.find_sandbox(id);
  if (!record || !is_online(*record) || !has_disk(*record)) return {};
  return {{id, record->report.max_sessions}};
}

std::vector<std::string> Sandboxes::images() {
  std::set<std::string> all;
  for (const auto& record : store_.list_sandboxes()) {
    if (is_online(record)) all.insert(record.report.images.begin(), record.report.images.end());
  }
  return {all.begin(), all.end()};
}

bool Sandboxes::online(const wire::SandboxId& id) {
  const auto record = store_.find_sandbox(id);
  return record && is_online(*record);
}

std::optional<base::Time> Sandboxes::away_since(const wire::SandboxId& id) {
  const auto record = store_.find_sandbox(id);
  if (!record || is_online(*record)) return std::nullopt;
  const auto lost = lost_at_.find(id);
  if (lost != lost_at_.end()) return lost->second;
  return record->last_seen_at.value_or(record->created_at);
}

}  // namespace server
