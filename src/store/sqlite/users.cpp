// Users, keys, logins.
#include <string>

#include "store/sqlite/keys.hpp"
#include "store/sqlite/stores.hpp"

namespace store::sqlite {
namespace {

using base::ErrorCode;
using base::Result;

KeyRecord key_at(const Statement& row, int column) {
  KeyRecord key;
  key.id = wire::KeyId::trusted(row.get_text(column));
  key.owner = wire::UserId::trusted(row.get_text(column + 1));
  if (!row.is_null(column + 2)) key.session = wire::SessionId::trusted(row.get_text(column + 2));
  key.name = row.get_text(column + 3);
  key.hash.bytes = row.get_blob(column + 4);
  key.created_at = row.get_time(column + 5);
  key.last_used_at = row.get_optional_time(column + 6);
  return key;
}

constexpr int kKeyColumns = 7;

Result<void> expect_one_row(Database& database, std::string_view what) {
  if (database.changes() == 0) return base::fail(ErrorCode::not_found, "no such " + std::string(what));
  return {};
}

Result<void> insert_user(Database& database, const wire::User& user) {
  auto insert = database.statement("INSERT INTO users (id, name, role, created_at) VALUES (?, ?, ?, ?)");
  insert.text(user.id.text()).text(user.name).text(wire::to_string(user.role)).time(user.created_at);
  auto done = insert.run();
  if (!done && done.error().code() == ErrorCode::conflict)
    return base::fail(ErrorCode::conflict, "there is a user named " + user.name);
  return done;
}

Result<void> delete_user(Database& database, const wire::UserId& id) {
  auto role = database.statement("SELECT role FROM users WHERE id = ?");
  if (!role.text(id.text()).next()) return base::fail(ErrorCode::not_found, "no such user");
  auto admins = database.statement("SELECT count(*) FROM users WHERE role = 'admin'");
  admins.next();
  if (role.get_text(0) == "admin" && admins.get_integer(0) == 1)
    return base::fail(ErrorCode::conflict, "this is the last admin");

  auto remove = database.statement("DELETE FROM users WHERE id = ?");
  auto done = remove.text(id.text()).run();
  if (!done && done.error().code() == ErrorCode::conflict)
    return base::fail(ErrorCode::conflict, "the user still has sessions: delete them first");
  return done;
}

}  // namespace

wire::User user_at(const Statement& row, int column) {
  wire::User user;
  user.id = wire::UserId::trusted(row.get_text(column));
  user.name = row.get_text(column + 1);
  user.role = row.get_text(column + 2) == "admin" ? wire::Role::admin : wire::Role::user;
  user.created_at = row.get_time(column + 3);
  return user;
}

Result<void> insert_key(Database& database, const KeyRecord& key) {
  auto insert = database.statement(
      "INSERT INTO api_keys (id, owner, session, name, hash, created_at) VALUES (?, ?, ?, ?, ?, ?)");
  insert.text(key.id.text()).text(key.owner.text());
  if (key.session) insert.text(key.session->text());
  if (!key.session) insert.null();
  return insert.text(key.name).blob(key.hash.bytes).time(key.created_at).run();
}

std::optional<wire::User> SqliteUsers::find_user(const wire::UserId& id) {
  auto query = connections_.reader().statement("SELECT id, name, role, created_at FROM users WHERE id = ?");
  if (!query.text(id.text()).next()) return std::nullopt;
  return user_at(query, 0);
}

std::vector<wire::User> SqliteUsers::list_users() {
  auto query = connections_.reader().statement("SELECT id, name, role, created_at FROM users ORDER BY id");
  std::vector<wire::User> users;
  while (query.next()) users.push_back(user_at(query, 0));
  return users;
}

io::Task<Result<void>> SqliteUsers::create_user(wire::User user, KeyRecord key) {
  std::function<Result<void>(Database&)> work = [user, key](Database& database) -> Result<void> {
    auto inserted = insert_user(database, user);
    if (!inserted) return inserted;
    return insert_key(database, key);
  };
  return connections_.write(std::move(work));
}

io::Task<Result<void>> SqliteUsers::remove_user(wire::UserId id) {
  std::function<Result<void>(Database&)> work = [id](Database& database) {
    return delete_user(database, id);
  };
  return connections_.write(std::move(work));
}

std::optional<KeyHolder> SqliteUsers::find_key(const TokenHash& hash) {
  auto query = connections_.reader().statement(
      "SELECT k.id, k.owner, k.session, k.name, k.hash, k.created_at, k.last_used_at, u.id, u.name, u.role, "
      "u.created_at "
      "FROM api_keys k JOIN users u ON u.id = k.owner WHERE k.hash = ?");
  if (!query.blob(hash.bytes).next()) return std::nullopt;
  return KeyHolder{key_at(query, 0), user_at(query, kKeyColumns)};
}

std::optional<KeyRecord> SqliteUsers::find_key(const wire::KeyId& id) {
  auto query = connections_.reader().statement(
      "SELECT id, owner, session, name, hash, created_at, last_used_at FROM api_keys WHERE id = ?");
  if (!query.text(id.text()).next()) return std::nullopt;
  return key_at(query, 0);
}

std::vector<KeyRecord> SqliteUsers::list_keys(const wire::UserId& owner) {
  auto query = connections_.reader().statement(
      "SELECT id, owner, session, name, hash, created_at, last_used_at FROM api_keys "
      "WHERE owner = ? AND session IS NULL ORDER BY id");
  query.text(owner.text());
  std::vector<KeyRecord> keys;
  while (query.next()) keys.push_back(key_at(query, 0));
  return keys;
}

io::Task<Result<void>> SqliteUsers::create_key(KeyRecord key) {
  std::function<Result<void>(Database&)> work = [key](Database& database) {
    return insert_key(database, key);
  };
  return connections_.write(std::move(work));
}

io::Task<Result<void>> SqliteUsers::touch_key(wire::KeyId id, base::Time used_at) {
  std::function<Result<void>(Database&)> work = [id, used_at](Database& database) {
    return database.statement("UPDATE api_keys SET last_used_at = ? WHERE id = ?")
        .time(used_at)
        .text(id.text())
        .run();
  };
  return connections_.write(std::move(work));
}

io::Task<Result<void>> SqliteUsers::remove_key(wire::KeyId id) {
  std::function<Result<void>(Database&)> work = [id](Database& database) -> Result<void> {
    auto done = database.statement("DELETE FROM api_keys WHERE id = ?").text(id.text()).run();
    if (!done) return done;
    return expect_one_row(database, "key");
  };
  return connections_.write(std::move(work));
}

std::optional<KeyHolder> SqliteUsers::find_login(const TokenHash& hash, base::Time now) {
  auto query = connections_.reader().statement(
      "SELECT k.id, k.owner, k.session, k.name, l.hash, k.created_at, k.last_used_at, u.id, u.name, u.role, "
      "u.created_at "
      "FROM logins l JOIN api_keys k ON k.id = l.key JOIN users u ON u.id = k.owner "
      "WHERE l.hash = ? AND l.expires_at > ?");
  if (!query.blob(hash.bytes).time(now).next()) return std::nullopt;
  return KeyHolder{key_at(query, 0), user_at(query, kKeyColumns)};
}

io::Task<Result<void>> SqliteUsers::create_login(LoginRecord login) {
  std::function<Result<void>(Database&)> work = [login](Database& database) -> Result<void> {
    auto swept = database.statement("DELETE FROM logins WHERE expires_at <= ?").time(login.created_at).run();
    if (!swept) return swept;
    auto insert =
        database.statement("INSERT INTO logins (hash, key, created_at, expires_at) VALUES (?, ?, ?, ?)");
    insert.blob(login.hash.bytes).text(login.key.text()).time(login.created_at).time(login.expires_at);
    return insert.run();
  };
  return connections_.write(std::move(work));
}

io::Task<Result<void>> SqliteUsers::remove_login(TokenHash hash) {
  std::function<Result<void>(Database&)> work = [hash](Database& database) {
    return database.statement("DELETE FROM logins WHERE hash = ?").blob(hash.bytes).run();
  };
  return connections_.write(std::move(work));
}

}  // namespace store::sqlite
