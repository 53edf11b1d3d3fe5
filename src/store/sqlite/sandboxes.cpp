#include <string>

#include "store/sqlite/stores.hpp"

namespace store::sqlite {
namespace {

using base::ErrorCode;
using base::Result;

#define HELIX_SANDBOX_COLUMNS "id, token_hash, token_used, draining, report, last_seen_at, created_at"

SandboxRecord sandbox_at(const Statement& row) {
  SandboxRecord out;
  out.id = wire::SandboxId::trusted(row.get_text(0));
  if (!row.is_null(1)) out.token = TokenHash{row.get_blob(1)};
  out.token_used = row.get_integer(2) != 0;
  out.draining = row.get_integer(3) != 0;
  const auto report = row.get_text(4);
  if (!report.empty()) out.report = wire::decode_heartbeat(report).value_or(wire::Heartbeat{});
  out.last_seen_at = row.get_optional_time(5);
  out.created_at = row.get_time(6);
  return out;
}

Result<void> expect_found(Database& database) {
  if (database.changes() == 0) return base::fail(ErrorCode::not_found, "no such sandbox");
  return {};
}

Result<void> enrol_sandbox(Database& database, const wire::SandboxId& id, const TokenHash& token,
                           base::Time now) {
  auto query = database.statement("SELECT token_hash, token_used FROM sandboxes WHERE id = ?");
  if (query.text(id.text()).next() && !query.is_null(0) && query.get_integer(1) != 0) {
    return base::fail(ErrorCode::conflict,
                      "sandbox " + id.text() +
                          " has a token of its own; when that is lost, run: helix sandbox re-enrol " +
                          id.text());
  }
  auto write = database.statement(
      "INSERT INTO sandboxes (id, token_hash, token_used, created_at) VALUES (?, ?, 0, ?) "
      "ON CONFLICT (id) DO UPDATE SET token_hash = excluded.token_hash, token_used = 0");
  return write.text(id.text()).blob(token.bytes).time(now).run();
}

Result<void> delete_sandbox(Database& database, const wire::SandboxId& id) {
  auto count = database.statement("SELECT count(*) FROM sessions WHERE sandbox = ?");
  count.text(id.text()).next();
  if (count.get_integer(0) > 0) {
    return base::fail(ErrorCode::conflict, std::to_string(count.get_integer(0)) +
                                               " sessions have their place on it: delete them first");
  }
  auto done = database.statement("DELETE FROM sandboxes WHERE id = ?").text(id.text()).run();
  if (!done) return done;
  return expect_found(database);
}

}  // namespace

std::optional<SandboxRecord> SqliteSandboxes::find_sandbox(const wire::SandboxId& id) {
  auto query =
      connections_.reader().statement("SELECT " HELIX_SANDBOX_COLUMNS " FROM sandboxes WHERE id = ?");
  if (!query.text(id.text()).next()) return std::nullopt;
  return sandbox_at(query);
}

std::optional<SandboxRecord> SqliteSandboxes::find_sandbox(const TokenHash& token) {
  auto query =
      connections_.reader().statement("SELECT " HELIX_SANDBOX_COLUMNS " FROM sandboxes WHERE token_hash = ?");
  if (!query.blob(token.bytes).next()) return std::nullopt;
  return sandbox_at(query);
}

std::vector<SandboxRecord> SqliteSandboxes::list_sandboxes() {
  auto query = connections_.reader().statement("SELECT " HELIX_SANDBOX_COLUMNS " FROM sandboxes ORDER BY id");
  std::vector<SandboxRecord> out;
  while (query.next()) out.push_back(sandbox_at(query));
  return out;
}

io::Task<Result<void>> SqliteSandboxes::enrol(wire::SandboxId id, TokenHash token, base::Time now) {
  std::function<Result<void>(Database&)> work = [id, token, now](Database& database) {
    return enrol_sandbox(database, id, token, now);
  };
  return connections_.write(std::move(work));
}

io::Task<Result<void>> SqliteSandboxes::mark_token_used(wire::SandboxId id) {
  std::function<Result<void>(Database&)> work = [id](Database& database) {
    return database.statement("UPDATE sandboxes SET token_used = 1 WHERE id = ?").text(id.text()).run();
  };
  return connections_.write(std::move(work));
}

io::Task<Result<void>> SqliteSandboxes::drop_token(wire::SandboxId id) {
  std::function<Result<void>(Database&)> work = [id](Database& database) -> Result<void> {
    auto update = database.statement("UPDATE sandboxes SET token_hash = NULL, token_used = 0 WHERE id = ?");
    auto done = update.text(id.text()).run();
    if (!done) return done;
    return expect_found(database);
  };
  return connections_.write(std::move(work));
}

io::Task<Result<void>> SqliteSandboxes::note_heartbeat(wire::SandboxId id, wire::Heartbeat report,
                                                       base::Time now) {
  std::function<Result<void>(Database&)> work = [id, text = wire::encode(report), now](Database& database) {
    auto write = database.statement(
        "INSERT INTO sandboxes (id, report, last_seen_at, created_at) VALUES (?1, ?2, ?3, ?3) "
        "ON CONFLICT (id) DO UPDATE SET report = excluded.report, last_seen_at = excluded.last_seen_at");
    return write.text(id.text()).text(text).time(now).run();
  };
  return connections_.write(std::move(work));
}

io::Task<Result<void>> SqliteSandboxes::set_draining(wire::SandboxId id, bool draining) {
  std::function<Result<void>(Database&)> work = [id, draining](Database& database) -> Result<void> {
    auto update = database.statement("UPDATE sandboxes SET draining = ? WHERE id = ?");
    auto done = update.integer(draining ? 1 : 0).text(id.text()).run();
    if (!done) return done;
    return expect_found(database);
  };
  return connections_.write(std::move(work));
}

io::Task<Result<void>> SqliteSandboxes::remove_sandbox(wire::SandboxId id) {
  std::function<Result<void>(Database&)> work = [id](Database& database) {
    return delete_sandbox(database, id);
  };
  return connections_.write(std::move(work));
}

}  // namespace store::sqlite
