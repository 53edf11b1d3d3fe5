#include "server/sessions/session_service.hpp"

#include "server/auth/tokens.hpp"

namespace server {

using base::ErrorCode;
using wire::SessionState;

io::Task<base::Result<store::SessionRecord>> SessionService::create(wire::UserId owner,
                                                                    wire::NewSession request) {
  store::SessionRecord session;
  session.created_at = parts_.clock.now();
  session.updated_at = session.created_at;
  session.id = wire::SessionId::trusted("ses_" + base::make_ulid(session.created_at, parts_.random));
  session.owner = std::move(owner);
  // The end of a ULID is its random part, so two names made in one second differ.
  session.name = request.name.value_or("session-" + std::string(wire::ulid_of(session.id).substr(16)));
  session.image = request.image.value_or(options_.default_image);
  session.container_type = request.container_type;
  session.vcpus = request.vcpus;
  session.memory_mb = request.memory_mb;
  session.env = std::move(request.env);
  session.status_message = "placed";

  const auto choice = parts_.sandboxes.candidates(session.image);
  if (!choice.any_online) co_return base::fail(ErrorCode::unavailable, "no sandbox is online");
  if (choice.image_known && choice.fit.empty())
    co_return base::fail(ErrorCode::conflict, "every sandbox with that image is draining or has a full disk");
  if (!choice.image_known) {
    session.state = SessionState::failed;
    session.status_message = "no sandbox has the image " + session.image;
  }
  auto secret = make_token("hl-", parts_.random);
  auto key = key_record(session, secret);
  auto created =
      co_await parts_.sessions.create(session, std::move(key), choice.fit, options_.sessions_per_owner);
  if (!created) co_return tl::unexpected(created.error());

  const auto sandbox = created->sandbox ? created->sandbox->text() : "";
  log_.info("session.created",
            {{"session", created->id.text()}, {"sandbox", sandbox}, {"image", created->image}});
  if (created->state == SessionState::starting) {
    parts_.metrics.count("helix_sandbox_sessions_total",
                         "Sessions placed on the sandbox since the start of helix-api.",
                         {{"sandbox", sandbox}});
    parts_.launcher.start(*created, std::move(secret));
  }
  co_return created;
}

store::KeyRecord SessionService::key_record(const store::SessionRecord& session, const base::Secret& secret) {
  store::KeyRecord key;
  key.created_at = parts_.clock.now();
  key.id = wire::KeyId::trusted("key_" + base::make_ulid(key.created_at, parts_.random));
  key.owner = session.owner;
  key.session = session.id;
  key.name = "session " + session.name;
  key.hash = hash_token(secret.expose());
  return key;
}

wire::Session SessionService::view(const store::SessionRecord& record) {
  wire::Session out;
  out.id = record.id;
  out.name = record.name;
  out.owner = record.owner;
  out.state = record.state;
  out.status_message = record.status_message;
  out.sandbox = record.sandbox;
  out.image = record.image;
  out.container_type = record.container_type;
  out.vcpus = record.vcpus;
  out.memory_mb = record.memory_mb;
  out.docker_version = record.docker_version;
  out.created_at = record.created_at;
  out.updated_at = record.updated_at;
  out.started_at = record.started_at;

  if (record.state == SessionState::starting)
    out.status_message = parts_.launcher.progress(record.id).value_or(record.status_message);
  const bool needs_sandbox = record.state == SessionState::running || record.state == SessionState::stopping;
  if (!needs_sandbox || !record.sandbox) return out;
  const auto away = parts_.sandboxes.away_since(*record.sandbox);
  if (away)
    out.status_message = "sandbox " + record.sandbox->text() + " is away since " + base::to_rfc3339(*away);
  return out;
}

io::Task<base::Result<SessionService::Transition>> SessionService::stop(wire::SessionId id) {
  const auto session = parts_.sessions.find(id);
  if (!session) co_return base::fail(ErrorCode::not_found, "no such session");
  if (session->state == SessionState::stopped) co_return Transition{*session, false};
  if (session->state == SessionState::stopping) co_return Transition{*session, true};
  if (session->state == SessionState::failed)
    co_return base::fail(ErrorCode::conflict, "the session has failed: start or delete it");

  store::SessionChange change;
  change.state = SessionState::stopping;
  change.status_message = "stopping";
  change.drop_keys = true;
  change.events.push_back({parts_.clock.now(), "stopping"});
  std::vector<SessionState> from{SessionState::starting, SessionState::running};
  auto stopping = co_await parts_.sessions.change(id, std::move(from), std::move(change), parts_.clock.now());
  if (!stopping) co_return tl::unexpected(stopping.error());
  parts_.streams.end(id);
  parts_.housekeeper.kick();
  co_return Transition{*std::move(stopping), true};
}

base::Result<std::vector<store::Candidate>> SessionService::places_for_restart(
    const store::SessionRecord& session) {
  // What ran before left its data on its sandbox.
  if (session.started_at && session.sandbox) {
    auto there = parts_.sandboxes.candidate(*session.sandbox);
    if (there.empty())
      return base::fail(ErrorCode::unavailable,
                        "sandbox " + session.sandbox->text() + " is away, or its disk is full");
    return there;
  }
  auto choice = parts_.sandboxes.candidates(session.image);
  if (!choice.any_online) return base::fail(ErrorCode::unavailable, "no sandbox is online");
  if (!choice.image_known)
    return base::fail(ErrorCode::conflict, "no sandbox has the image " + session.image);
  return std::move(choice.fit);
}

io::Task<base::Result<SessionService::Transition>> SessionService::start(wire::SessionId id) {
  const auto session = parts_.sessions.find(id);
  if (!session) co_return base::fail(ErrorCode::not_found, "no such session");
  if (session->state == SessionState::running) co_return Transition{*session, false};
  if (session->state == SessionState::starting) co_return Transition{*session, true};
  if (session->state == SessionState::stopping || parts_.launcher.busy(id))
    co_return base::fail(ErrorCode::conflict, "the session is still ending: try again in a moment");
  auto places = places_for_restart(*session);
  if (!places) co_return tl::unexpected(places.error());

  auto secret = make_token("hl-", parts_.random);
  auto key = key_record(*session, secret);
  store::SessionEvent event{parts_.clock.now(), "starting again"};
  auto started = co_await parts_.sessions.restart(id, std::move(key), *std::move(places), std::move(event));
  if (!started) co_return tl::unexpected(started.error());
  parts_.launcher.start(*started, std::move(secret));
  co_return Transition{*std::move(started), true};
}

io::Task<base::Result<void>> SessionService::remove(wire::SessionId id) {
  const auto removed = co_await parts_.sessions.remove(id, parts_.clock.now());
  if (!removed) co_return tl::unexpected(removed.error());
  parts_.streams.end(id);
  parts_.housekeeper.kick();
  log_.info("session.deleted", {{"session", id.text()}});
  co_return base::Result<void>();
}

std::string SessionService::event_lines(const wire::SessionId& id) {
  std::string out;
  for (const auto& event : parts_.sessions.events(id))
    out += base::to_rfc3339(event.at) + " helix: " + event.message + "\n";
  return out;
}

void SessionService::resume() {
  for (auto& session : parts_.sessions.list_in(SessionState::starting)) {
    log_.info("session.resumed", {{"session", session.id.text()}});
    parts_.launcher.resume(std::move(session));
  }
}

}  // namespace server
