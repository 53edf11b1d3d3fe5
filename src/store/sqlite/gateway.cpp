// Invitations, share links, app logins.
#include <string>

#include "store/sqlite/keys.hpp"
#include "store/sqlite/stores.hpp"

namespace store::sqlite {
namespace {

using base::ErrorCode;
using base::Result;

/// Of one share link, or of one browser at one port: whoever holds a link may open it as often as he likes,
/// and each time is a row. Chosen.
constexpr std::int64_t kMostAppLogins = 1000;

#define HELIX_SHARE_LINK_COLUMNS "id, session, port, label, hash, created_at, expires_at"

ShareLinkRecord share_link_at(const Statement& row) {
  ShareLinkRecord out;
  out.id = wire::ShareLinkId::trusted(row.get_text(0));
  out.session = wire::SessionId::trusted(row.get_text(1));
  out.port = static_cast<std::uint16_t>(row.get_integer(2));
  out.label = row.get_text(3);
  out.hash.bytes = row.get_blob(4);
  out.created_at = row.get_time(5);
  out.expires_at = row.get_optional_time(6);
  return out;
}

AppLoginRecord app_login_at(const Statement& row) {
  AppLoginRecord out;
  out.hash.bytes = row.get_blob(0);
  out.session = wire::SessionId::trusted(row.get_text(1));
  out.port = static_cast<std::uint16_t>(row.get_integer(2));
  if (!row.is_null(3)) out.user = wire::UserId::trusted(row.get_text(3));
  if (!row.is_null(4)) out.login = TokenHash{row.get_blob(4)};
  if (!row.is_null(5)) out.share = wire::ShareLinkId::trusted(row.get_text(5));
  out.created_at = row.get_time(6);
  out.expires_at = row.get_time(7);
  return out;
}

/// A reference that leads nowhere is the caller's "not found".
Result<void> or_not_found(Result<void> done, const std::string& what) {
  if (!done && done.error().code() == ErrorCode::conflict) return base::fail(ErrorCode::not_found, what);
  return done;
}

Result<void> insert_invitation(Database& database, const wire::SessionId& session, const wire::UserId& user,
                               base::Time at, std::int64_t most) {
  auto there = database.statement("SELECT 1 FROM invitations WHERE session = ? AND user = ?");
  if (there.text(session.text()).text(user.text()).next()) return {};
  auto count = database.statement("SELECT count(*) FROM invitations WHERE session = ?");
  count.text(session.text()).next();
  if (count.get_integer(0) >= most) {
    return base::fail(ErrorCode::too_many, "the session has " + std::to_string(most) +
                                               " invitations, which is the limit: take one back first");
  }
  auto insert = database.statement("INSERT INTO invitations (session, user, invited_at) VALUES (?, ?, ?)");
  return or_not_found(insert.text(session.text()).text(user.text()).time(at).run(),
                      "no such session or user");
}

Result<void> delete_invitation(Database& database, const wire::SessionId& session, const wire::UserId& user) {
  auto remove = database.statement("DELETE FROM invitations WHERE session = ? AND user = ?");
  auto done = remove.text(session.text()).text(user.text()).run();
  if (!done) return done;
  if (database.changes() == 0) return base::fail(ErrorCode::not_found, "that user is not invited");
  auto logins = database.statement("DELETE FROM app_logins WHERE session = ? AND user = ?");
  return logins.text(session.text()).text(user.text()).run();
}

Result<void> insert_share_link(Database& database, const ShareLinkRecord& link, std::int64_t most) {
  auto count = database.statement("SELECT count(*) FROM share_links WHERE session = ? AND port = ?");
  count.text(link.session.text()).integer(link.port).next();
  if (count.get_integer(0) >= most) {
    return base::fail(ErrorCode::too_many, "the port has " + std::to_string(most) +
                                               " share links, which is the limit: delete one first");
  }
  auto insert = database.statement("INSERT INTO share_links (" HELIX_SHARE_LINK_COLUMNS
                                   ") VALUES (?, ?, ?, ?, ?, ?, ?)");
  insert.text(link.id.text()).text(link.session.text()).integer(link.port).text(link.label);
  insert.blob(link.hash.bytes).time(link.created_at).time_or_null(link.expires_at);
  return or_not_found(insert.run(), "port " + std::to_string(link.port) + " is not exposed");
}

Result<void> change_secret(Database& database, const wire::ShareLinkId& id, const TokenHash& hash) {
  auto update = database.statement("UPDATE share_links SET hash = ? WHERE id = ?");
  auto done = update.blob(hash.bytes).text(id.text()).run();
  if (!done) return done;
  if (database.changes() == 0) return base::fail(ErrorCode::not_found, "no such share link");
  return database.statement("DELETE FROM app_logins WHERE share = ?").text(id.text()).run();
}

Result<void> insert_app_login(Database& database, const AppLoginRecord& login) {
  auto swept =
      database.statement("DELETE FROM app_logins WHERE expires_at <= ?").time(login.created_at).run();
  if (!swept) return swept;
  auto insert = database.statement(
      "INSERT INTO app_logins (hash, session, port, user, login, share, created_at, expires_at) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
  insert.blob(login.hash.bytes).text(login.session.text()).integer(login.port);
  insert.text_or_null(login.user ? std::optional(login.user->text()) : std::nullopt);
  if (login.login) insert.blob(login.login->bytes);
  if (!login.login) insert.null();
  insert.text_or_null(login.share ? std::optional(login.share->text()) : std::nullopt);
  insert.time(login.created_at).time(login.expires_at);
  auto done = or_not_found(insert.run(), "what would let the browser in has ended");
  if (!done) return done;
  auto oldest = database.statement(
      "DELETE FROM app_logins WHERE rowid IN (SELECT rowid FROM app_logins WHERE session = ? AND port = ? "
      "AND share IS ? AND login IS ? ORDER BY created_at DESC, rowid DESC LIMIT -1 OFFSET ?)");
  oldest.text(login.session.text()).integer(login.port);
  oldest.text_or_null(login.share ? std::optional(login.share->text()) : std::nullopt);
  if (login.login) oldest.blob(login.login->bytes);
  if (!login.login) oldest.null();
  return oldest.integer(kMostAppLogins).run();
}

}  // namespace

std::vector<wire::User> SqliteGateway::list_invited(const wire::SessionId& session) {
  auto query = connections_.reader().statement(
      "SELECT u.id, u.name, u.role, u.created_at FROM invitations i JOIN users u ON u.id = i.user "
      "WHERE i.session = ? ORDER BY u.name");
  query.text(session.text());
  std::vector<wire::User> users;
  while (query.next()) users.push_back(user_at(query, 0));
  return users;
}

bool SqliteGateway::is_invited(const wire::SessionId& session, const wire::UserId& user) {
  auto query = connections_.reader().statement("SELECT 1 FROM invitations WHERE session = ? AND user = ?");
  return query.text(session.text()).text(user.text()).next();
}

io::Task<Result<void>> SqliteGateway::invite(wire::SessionId session, wire::UserId user, base::Time at,
                                             std::int64_t most) {
  std::function<Result<void>(Database&)> work = [session, user, at, most](Database& database) {
    return insert_invitation(database, session, user, at, most);
  };
  return connections_.write(std::move(work));
}

io::Task<Result<void>> SqliteGateway::uninvite(wire::SessionId session, wire::UserId user) {
  std::function<Result<void>(Database&)> work = [session, user](Database& database) {
    return delete_invitation(database, session, user);
  };
  return connections_.write(std::move(work));
}

std::vector<ShareLinkRecord> SqliteGateway::list_share_links(const wire::SessionId& session,
                                                             std::uint16_t port) {
  auto query = connections_.reader().statement(
      "SELECT " HELIX_SHARE_LINK_COLUMNS " FROM share_links WHERE session = ? AND port = ? ORDER BY id");
  query.text(session.text()).integer(port);
  std::vector<ShareLinkRecord> links;
  while (query.next()) links.push_back(share_link_at(query));
  return links;
}

std::optional<ShareLinkRecord> SqliteGateway::find_share_link(const TokenHash& hash, base::Time now) {
  auto query = connections_.reader().statement(
      "SELECT " HELIX_SHARE_LINK_COLUMNS
      " FROM share_links WHERE hash = ? AND (expires_at IS NULL OR expires_at > ?)");
  if (!query.blob(hash.bytes).time(now).next()) return std::nullopt;
  return share_link_at(query);
}

std::optional<ShareLinkRecord> SqliteGateway::find_share_link(const wire::ShareLinkId& id) {
  auto query =
      connections_.reader().statement("SELECT " HELIX_SHARE_LINK_COLUMNS " FROM share_links WHERE id = ?");
  if (!query.text(id.text()).next()) return std::nullopt;
  return share_link_at(query);
}

io::Task<Result<void>> SqliteGateway::create_share_link(ShareLinkRecord link, std::int64_t most) {
  std::function<Result<void>(Database&)> work = [link, most](Database& database) {
    return insert_share_link(database, link, most);
  };
  return connections_.write(std::move(work));
}

io::Task<Result<void>> SqliteGateway::rotate_share_link(wire::ShareLinkId id, TokenHash hash) {
  std::function<Result<void>(Database&)> work = [id, hash](Database& database) {
    return change_secret(database, id, hash);
  };
  return connections_.write(std::move(work));
}

io::Task<Result<void>> SqliteGateway::remove_share_link(wire::ShareLinkId id) {
  std::function<Result<void>(Database&)> work = [id](Database& database) -> Result<void> {
    auto done = database.statement("DELETE FROM share_links WHERE id = ?").text(id.text()).run();
    if (done && database.changes() == 0) return base::fail(ErrorCode::not_found, "no such share link");
    return done;
  };
  return connections_.write(std::move(work));
}

std::optional<AppLoginRecord> SqliteGateway::find_app_login(const TokenHash& hash, base::Time now) {
  // What it came from may have expired before it was swept away, and this with it.
  auto query = connections_.reader().statement(
      "SELECT a.hash, a.session, a.port, a.user, a.login, a.share, a.created_at, a.expires_at "
      "FROM app_logins a LEFT JOIN share_links s ON s.id = a.share LEFT JOIN logins l ON l.hash = a.login "
      "WHERE a.hash = ?1 AND a.expires_at > ?2 AND coalesce(s.expires_at, l.expires_at, a.expires_at) > ?2");
  if (!query.blob(hash.bytes).time(now).next()) return std::nullopt;
  return app_login_at(query);
}

io::Task<Result<void>> SqliteGateway::create_app_login(AppLoginRecord login) {
  std::function<Result<void>(Database&)> work = [login](Database& database) {
    return insert_app_login(database, login);
  };
  return connections_.write(std::move(work));
}

}  // namespace store::sqlite
