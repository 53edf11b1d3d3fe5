#include "store/sqlite/session_rows.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace store::sqlite {
namespace {

namespace json = boost::json;

std::string encode_env(const std::map<std::string, std::string>& env) {
  json::object object;
  for (const auto& [name, value] : env) object[name] = value;
  return json::serialize(object);
}

std::map<std::string, std::string> decode_env(const std::string& text) {
  std::map<std::string, std::string> env;
  json::error_code error;
  const auto value = json::parse(text, error);
  if (error || !value.is_object()) return env;
  for (const auto& [name, item] : value.get_object()) {
    if (item.is_string()) env.emplace(std::string(name), std::string(item.get_string()));
  }
  return env;
}

}  // namespace

SessionRecord session_at(const Statement& row) {
  SessionRecord out;
  out.id = wire::SessionId::trusted(row.get_text(0));
  out.owner = wire::UserId::trusted(row.get_text(1));
  out.name = row.get_text(2);
  out.state = wire::parse_session_state(row.get_text(3)).value_or(wire::SessionState::failed);
  out.status_message = row.get_text(4);
  if (!row.is_null(5)) out.sandbox = wire::SandboxId::trusted(row.get_text(5));
  out.image = row.get_text(6);
  out.container_type = row.get_text(7);
  out.vcpus = row.get_integer(8);
  out.memory_mb = row.get_integer(9);
  out.env = decode_env(row.get_text(10));
  out.docker_version = row.get_optional_text(11);
  out.created_at = row.get_time(12);
  out.updated_at = row.get_time(13);
  out.started_at = row.get_optional_time(14);
  return out;
}

std::optional<SessionRecord> find_session(Database& database, const wire::SessionId& id) {
  auto query = database.statement("SELECT " HELIX_SESSION_COLUMNS " FROM sessions WHERE id = ?");
  if (!query.text(id.text()).next()) return std::nullopt;
  return session_at(query);
}

base::Result<void> insert_session(Database& database, const SessionRecord& session) {
  auto insert = database.statement("INSERT INTO sessions (" HELIX_SESSION_COLUMNS
                                   ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  insert.text(session.id.text()).text(session.owner.text()).text(session.name);
  insert.text(wire::to_string(session.state)).text(session.status_message);
  insert.text_or_null(session.sandbox ? std::optional(session.sandbox->text()) : std::nullopt);
  insert.text(session.image).text(session.container_type).integer(session.vcpus).integer(session.memory_mb);
  insert.text(encode_env(session.env)).text_or_null(session.docker_version);
  insert.time(session.created_at).time(session.updated_at).time_or_null(session.started_at);
  auto done = insert.run();
  if (!done && done.error().code() == base::ErrorCode::conflict)
    return base::fail(base::ErrorCode::conflict, "you have a session named " + session.name);
  return done;
}

base::Result<void> update_session(Database& database, const SessionRecord& session) {
  auto update = database.statement(
      "UPDATE sessions SET state = ?, status_message = ?, sandbox = ?, docker_version = ?, updated_at = ?, "
      "started_at = ? WHERE id = ?");
  update.text(wire::to_string(session.state)).text(session.status_message);
  update.text_or_null(session.sandbox ? std::optional(session.sandbox->text()) : std::nullopt);
  update.text_or_null(session.docker_version).time(session.updated_at).time_or_null(session.started_at);
  return update.text(session.id.text()).run();
}

base::Result<void> insert_events(Database& database, const wire::SessionId& id,
                                 const std::vector<SessionEvent>& events) {
  for (const auto& event : events) {
    auto insert = database.statement("INSERT INTO session_events (session, at, message) VALUES (?, ?, ?)");
    const auto inserted = insert.text(id.text()).time(event.at).text(event.message).run();
    if (!inserted) return inserted;
  }
  auto trim = database.statement(
      "DELETE FROM session_events WHERE session = ?1 AND rowid NOT IN "
      "(SELECT rowid FROM session_events WHERE session = ?1 ORDER BY rowid DESC LIMIT ?2)");
  return trim.text(id.text()).integer(kMostEvents).run();
}

base::Result<wire::SandboxId> choose_place(Database& database, const std::vector<Candidate>& candidates) {
  const Candidate* best = nullptr;
  std::int64_t fewest = 0;
  for (const auto& candidate : candidates) {
    auto count = database.statement(
        "SELECT count(*) FROM sessions WHERE sandbox = ? AND state IN ('starting', 'running', 'stopping')");
    count.text(candidate.sandbox.text()).next();
    const auto sessions = count.get_integer(0);
    if (sessions >= candidate.most_sessions || (best != nullptr && sessions >= fewest)) continue;
    best = &candidate;
    fewest = sessions;
  }
  if (best == nullptr)
    return base::fail(base::ErrorCode::conflict, "every sandbox that could take the session is full");
  return best->sandbox;
}

}  // namespace store::sqlite
