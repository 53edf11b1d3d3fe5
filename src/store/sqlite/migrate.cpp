#include "store/sqlite/migrate.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <system_error>
#include <unistd.h>

namespace store::sqlite {
namespace {

using base::ErrorCode;

std::size_t version_of(Database& database) {
  auto query = database.statement("PRAGMA user_version");
  return query.next() ? static_cast<std::size_t>(query.get_integer(0)) : 0;
}

base::Result<void> flush_to_disk(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool flushed = file >= 0 && ::fsync(file) == 0;
  const int reason = errno;
  if (file >= 0) ::close(file);
  if (!flushed) return base::fail(ErrorCode::unavailable, path.string() + ": " + std::strerror(reason));
  return {};
}

/// A whole copy under its final name only once it is on the disk.
base::Result<std::filesystem::path> back_up(Database& database, const std::filesystem::path& path,
                                            std::size_t version) {
  const std::filesystem::path target = path.string() + ".v" + std::to_string(version) + ".bak";
  const std::filesystem::path partial = target.string() + ".partial";
  std::error_code error;
  std::filesystem::remove(partial, error);
  const int made = ::open(partial.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (made < 0) return base::fail(ErrorCode::unavailable, partial.string() + ": " + std::strerror(errno));
  ::close(made);

  std::string quoted;
  for (const char c : partial.string()) quoted += c == '\'' ? std::string("''") : std::string(1, c);
  const auto copied = database.execute("VACUUM INTO '" + quoted + "'");
  if (!copied) return tl::unexpected(copied.error());
  const auto flushed = flush_to_disk(partial);
  if (!flushed) return tl::unexpected(flushed.error());
  std::filesystem::rename(partial, target, error);
  if (error) return base::fail(ErrorCode::unavailable, target.string() + ": " + error.message());
  return target;
}

base::Result<void> apply(Database& database, const Migration& migration, std::size_t version) {
  auto transaction = Transaction::begin(database);
  if (!transaction) return tl::unexpected(transaction.error());
  auto done = database.execute(migration.sql);
  if (done) done = database.execute("PRAGMA user_version = " + std::to_string(version));
  if (!done) {
    return base::fail(done.error().code(),
                      "migration " + std::string(migration.name) + ": " + done.error().message());
  }
  return (*transaction)->commit();
}

}  // namespace

base::Result<void> migrate(Database& database, const std::filesystem::path& path,
                           std::span<const Migration> migrations, const base::Log& log) {
  const std::size_t from = version_of(database);
  if (from > migrations.size()) {
    return base::fail(ErrorCode::conflict,
                      path.string() + " has schema version " + std::to_string(from) +
                          ", this program knows versions up to " + std::to_string(migrations.size()) +
                          ": start the newer program, or restore the backup that it made");
  }
  if (from == migrations.size()) return {};
  if (from > 0) {
    const auto copy = back_up(database, path, from);
    if (!copy)
      return base::fail(copy.error().code(), "no backup before migrating: " + copy.error().message());
    log.info("store.backed_up", {{"path", copy->string()}});
  }
  for (std::size_t at = from; at < migrations.size(); ++at) {
    const auto applied = apply(database, migrations[at], at + 1);
    if (!applied) return tl::unexpected(applied.error());
    log.info("store.migrated", {{"migration", migrations[at].name}});
  }
  return {};
}

}  // namespace store::sqlite
