#include "server/auth/people.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

#include <sys/stat.h>

#include "server/auth/tokens.hpp"

namespace server {
namespace {

using base::ErrorCode;

base::Result<void> failed(const std::filesystem::path& path) {
  return base::fail(ErrorCode::unavailable, path.string() + ": " + std::strerror(errno));
}

/// Whole or not at all, and on the disk when it returns.
base::Result<void> write_secret_file(const std::filesystem::path& path, const std::string& text) {
  const std::string partial = path.string() + ".partial";
  const int file = ::open(partial.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return failed(partial);
  const bool written = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                       ::fchmod(file, 0600) == 0 && ::fsync(file) == 0;
  auto result = written ? base::Result<void>() : failed(partial);
  ::close(file);
  if (result && std::rename(partial.c_str(), path.c_str()) != 0) result = failed(path);
  return result;
}

}  // namespace

store::KeyRecord People::key_record(const wire::UserId& owner, std::string name, const base::Secret& secret) {
  store::KeyRecord key;
  key.created_at = clock_.now();
  key.id = wire::KeyId::trusted("key_" + base::make_ulid(key.created_at, random_));
  key.owner = owner;
  key.name = std::move(name);
  key.hash = hash_token(secret.expose());
  return key;
}

io::Task<base::Result<void>> People::ensure_admin(std::filesystem::path key_file) {
  if (!users_.list_users().empty()) co_return base::Result<void>();
  const auto secret = make_token("hl-", random_);
  // The file first: a crash in between leaves a key of nobody, and the next start makes both anew.
  const auto written = write_secret_file(key_file, secret.expose() + "\n");
  if (!written) co_return tl::unexpected(written.error());

  const auto now = clock_.now();
  wire::User admin{wire::UserId::trusted("usr_" + base::make_ulid(now, random_)), "admin", wire::Role::admin,
                   now};
  const auto created = co_await users_.create_user(admin, key_record(admin.id, "first key", secret));
  if (!created) co_return tl::unexpected(created.error());
  log_.info("people.admin_created", {{"user", admin.id.text()}, {"key_file", key_file.string()}});
  co_return base::Result<void>();
}

io::Task<base::Result<People::CreatedUser>> People::create_user(wire::NewUser request) {
  const auto now = clock_.now();
  wire::User user{wire::UserId::trusted("usr_" + base::make_ulid(now, random_)), request.name, request.role,
                  now};
  auto secret = make_token("hl-", random_);
  const auto created = co_await users_.create_user(user, key_record(user.id, "first key", secret));
  if (!created) co_return tl::unexpected(created.error());
  log_.info("people.user_created", {{"user", user.id.text()}, {"role", wire::to_string(user.role)}});
  co_return CreatedUser{std::move(user), std::move(secret)};
}

io::Task<base::Result<People::NewKey>> People::create_key(wire::UserId owner, std::string name) {
  auto secret = make_token("hl-", random_);
  const auto record = key_record(owner, std::move(name), secret);
  const auto created = co_await users_.create_key(record);
  if (!created) co_return tl::unexpected(created.error());
  wire::ApiKey key{record.id, record.name, record.created_at, record.last_used_at};
  co_return NewKey{std::move(key), std::move(secret)};
}

std::vector<wire::ApiKey> People::list_keys(const wire::UserId& owner) {
  std::vector<wire::ApiKey> out;
  for (const auto& key : users_.list_keys(owner))
    out.push_back({key.id, key.name, key.created_at, key.last_used_at});
  return out;
}

io::Task<base::Result<People::Login>> People::log_in(base::Secret key) {
  const auto hash = hash_token(key.expose());
  auto holder = users_.find_key(hash);
  if (!holder || !same_hash(holder->key.hash, hash) || holder->key.session)
    co_return base::fail(ErrorCode::unauthenticated, "this is not a person's valid key");

  auto cookie = make_token("hb-", random_);
  const auto now = clock_.now();
  store::LoginRecord login{hash_token(cookie.expose()), holder->key.id, now, now + kLoginTime};
  const auto created = co_await users_.create_login(std::move(login));
  if (!created) co_return tl::unexpected(created.error());
  co_return Login{std::move(holder->user), std::move(cookie)};
}

io::Task<base::Result<void>> People::log_out(std::string cookie) {
  auto hash = hash_token(cookie);
  return users_.remove_login(std::move(hash));
}

}  // namespace server
