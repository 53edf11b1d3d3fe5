// Sessions and removals.
#include <algorithm>
#include <string>

#include "store/sqlite/keys.hpp"
#include "store/sqlite/session_rows.hpp"
#include "store/sqlite/stores.hpp"

namespace store::sqlite {
namespace {

using base::ErrorCode;
using base::Result;
using wire::SessionState;

std::vector<SessionRecord> all_rows(Statement query) {
  std::vector<SessionRecord> out;
  while (query.next()) out.push_back(session_at(query));
  return out;
}

Result<void> insert_removal(Database& database, const SessionRecord& session, bool keep_data,
                            base::Time now) {
  if (!session.sandbox) return {};
  auto insert = database.statement(
      "INSERT INTO removals (session, sandbox, keep_data, requested_at) VALUES (?, ?, ?, ?) "
      "ON CONFLICT (session, sandbox) DO UPDATE SET keep_data = min(keep_data, excluded.keep_data)");
  insert.text(session.id.text()).text(session.sandbox->text()).integer(keep_data ? 1 : 0).time(now);
  return insert.run();
}

Result<void> delete_keys(Database& database, const wire::SessionId& id) {
  return database.statement("DELETE FROM api_keys WHERE session = ?").text(id.text()).run();
}

Result<SessionRecord> create_session(Database& database, SessionRecord session, const KeyRecord& key,
                                     const std::vector<Candidate>& candidates, std::int64_t owner_limit) {
  auto count = database.statement("SELECT count(*) FROM sessions WHERE owner = ?");
  count.text(session.owner.text()).next();
  if (count.get_integer(0) >= owner_limit) {
    return base::fail(ErrorCode::too_many, "you have " + std::to_string(owner_limit) +
                                               " sessions, which is the limit: delete one first");
  }
  if (!candidates.empty()) {
    const auto place = choose_place(database, candidates);
    if (!place) return tl::unexpected(place.error());
    session.sandbox = *place;
  }
  auto done = insert_session(database, session);
  if (done && session.sandbox) done = insert_key(database, key);
  if (done) done = insert_events(database, session.id, {{session.created_at, session.status_message}});
  if (!done) return tl::unexpected(done.error());
  return session;
}

Result<SessionRecord> restart_session(Database& database, const wire::SessionId& id, const KeyRecord& key,
                                      const std::vector<Candidate>& candidates, const SessionEvent& event) {
  auto session = find_session(database, id);
  if (!session) return base::fail(ErrorCode::not_found, "no such session");
  if (session->state != SessionState::stopped && session->state != SessionState::failed) {
    return base::fail(ErrorCode::conflict, "the session is " + std::string(wire::to_string(session->state)));
  }
  const auto place = choose_place(database, candidates);
  if (!place) return tl::unexpected(place.error());

  session->sandbox = *place;
  session->state = SessionState::starting;
  session->status_message = event.message;
  session->updated_at = event.at;
  auto done = update_session(database, *session);
  if (done) done = delete_keys(database, id);
  if (done) done = insert_key(database, key);
  if (done) done = insert_events(database, id, {event});
  if (!done) return tl::unexpected(done.error());
  return *session;
}

Result<SessionRecord> change_session(Database& database, const wire::SessionId& id,
                                     const std::vector<SessionState>& from, const SessionChange& change,
                                     base::Time now) {
  auto session = find_session(database, id);
  if (!session) return base::fail(ErrorCode::not_found, "no such session");
  if (std::find(from.begin(), from.end(), session->state) == from.end()) {
    return base::fail(ErrorCode::conflict, "the session is " + std::string(wire::to_string(session->state)));
  }
  if (change.state) session->state = *change.state;
  if (change.status_message) session->status_message = *change.status_message;
  if (change.docker_version) session->docker_version = change.docker_version;
  if (change.started_at) session->started_at = change.started_at;
  session->updated_at = now;

  auto done = update_session(database, *session);
  if (done && change.drop_keys) done = delete_keys(database, id);
  if (done && !change.events.empty()) done = insert_events(database, id, change.events);
  if (done && change.cleanup != Cleanup::none)
    done = insert_removal(database, *session, change.cleanup == Cleanup::stop, now);
  if (!done) return tl::unexpected(done.error());
  return *session;
}

Result<SessionRecord> remove_session(Database& database, const wire::SessionId& id, base::Time now) {
  auto session = find_session(database, id);
  if (!session) return base::fail(ErrorCode::not_found, "no such session");
  auto done = insert_removal(database, *session, false, now);
  if (done) done = database.statement("DELETE FROM sessions WHERE id = ?").text(id.text()).run();
  if (!done) return tl::unexpected(done.error());
  return *session;
}

}  // namespace

std::optional<SessionRecord> SqliteSessions::find(const wire::SessionId& id) {
  return find_session(connections_.reader(), id);
}

std::vector<SessionRecord> SqliteSessions::list(const std::optional<wire::UserId>& owner) {
  auto query = connections_.reader().statement("SELECT " HELIX_SESSION_COLUMNS
                                               " FROM sessions WHERE ?1 IS NULL OR owner = ?1 ORDER BY id");
  query.text_or_null(owner ? std::optional(owner->text()) : std::nullopt);
  return all_rows(std::move(query));
}

std::vector<SessionRecord> SqliteSessions::list_on(const wire::SandboxId& sandbox) {
  auto query = connections_.reader().statement("SELECT " HELIX_SESSION_COLUMNS
                                               " FROM sessions WHERE sandbox = ? ORDER BY id");
  query.text(sandbox.text());
  return all_rows(std::move(query));
}

std::vector<SessionRecord> SqliteSessions::list_in(SessionState state) {
  auto query = connections_.reader().statement("SELECT " HELIX_SESSION_COLUMNS
                                               " FROM sessions WHERE state = ? ORDER BY id");
  query.text(wire::to_string(state));
  return all_rows(std::move(query));
}

std::map<wire::SandboxId, std::int64_t> SqliteSessions::occupied() {
  auto query = connections_.reader().statement(
      "SELECT sandbox, count(*) FROM sessions WHERE sandbox IS NOT NULL AND state IN ('starting', 'running', "
      "'stopping') "
      "GROUP BY sandbox");
  std::map<wire::SandboxId, std::int64_t> out;
  while (query.next()) out.emplace(wire::SandboxId::trusted(query.get_text(0)), query.get_integer(1));
  return out;
}

std::vector<SessionEvent> SqliteSessions::events(const wire::SessionId& id) {
  auto query = connections_.reader().statement(
      "SELECT at, message FROM session_events WHERE session = ? ORDER BY rowid");
  query.text(id.text());
  std::vector<SessionEvent> out;
  while (query.next()) out.push_back({query.get_time(0), query.get_text(1)});
  return out;
}

io::Task<Result<SessionRecord>> SqliteSessions::create(SessionRecord session, KeyRecord key,
                                                       std::vector<Candidate> candidates,
                                                       std::int64_t owner_limit) {
  std::function<Result<SessionRecord>(Database&)> work = [session, key, candidates,
                                                          owner_limit](Database& database) {
    return create_session(database, session, key, candidates, owner_limit);
  };
  return connections_.write(std::move(work));
}

io::Task<Result<SessionRecord>> SqliteSessions::restart(wire::SessionId id, KeyRecord key,
                                                        std::vector<Candidate> candidates,
                                                        SessionEvent event) {
  std::function<Result<SessionRecord>(Database&)> work = [id, key, candidates, event](Database& database) {
    return restart_session(database, id, key, candidates, event);
  };
  return connections_.write(std::move(work));
}

io::Task<Result<SessionRecord>> SqliteSessions::change(wire::SessionId id, std::vector<SessionState> from,
                                                       SessionChange change, base::Time now) {
  std::function<Result<SessionRecord>(Database&)> work = [id, from, change, now](Database& database) {
    return change_session(database, id, from, change, now);
  };
  return connections_.write(std::move(work));
}

io::Task<Result<SessionRecord>> SqliteSessions::remove(wire::SessionId id, base::Time now) {
  std::function<Result<SessionRecord>(Database&)> work = [id, now](Database& database) {
    return remove_session(database, id, now);
  };
  return connections_.write(std::move(work));
}

namespace {

RemovalRecord removal_at(const Statement& row) {
  RemovalRecord out;
  out.session = wire::SessionId::trusted(row.get_text(0));
  out.sandbox = wire::SandboxId::trusted(row.get_text(1));
  out.keep_data = row.get_integer(2) != 0;
  out.requested_at = row.get_time(3);
  return out;
}

}  // namespace

std::vector<RemovalRecord> SqliteRemovals::list_removals(const wire::SandboxId& sandbox) {
  auto query = connections_.reader().statement(
      "SELECT session, sandbox, keep_data, requested_at FROM removals WHERE sandbox = ? ORDER BY "
      "requested_at, session");
  query.text(sandbox.text());
  std::vector<RemovalRecord> out;
  while (query.next()) out.push_back(removal_at(query));
  return out;
}

std::optional<RemovalRecord> SqliteRemovals::find_removal(const wire::SessionId& session,
                                                          const wire::SandboxId& sandbox) {
  auto query = connections_.reader().statement(
      "SELECT session, sandbox, keep_data, requested_at FROM removals WHERE session = ? AND sandbox = ?");
  if (!query.text(session.text()).text(sandbox.text()).next()) return std::nullopt;
  return removal_at(query);
}

io::Task<Result<void>> SqliteRemovals::finish_removal(wire::SessionId session, wire::SandboxId sandbox) {
  std::function<Result<void>(Database&)> work = [session, sandbox](Database& database) {
    auto remove = database.statement("DELETE FROM removals WHERE session = ? AND sandbox = ?");
    return remove.text(session.text()).text(sandbox.text()).run();
  };
  return connections_.write(std::move(work));
}

}  // namespace store::sqlite
