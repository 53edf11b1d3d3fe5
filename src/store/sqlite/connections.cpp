#include "store/sqlite/connections.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

#include <sys/file.h>

#include "store/sqlite/migrate.hpp"

namespace store::sqlite {
namespace {

using base::ErrorCode;

/// Two servers on one database would each believe to own the tunnels. The kernel releases the lock with the
/// process.
base::Result<int> lock_beside(const std::filesystem::path& path) {
  const std::string name = path.string() + ".lock";
  const int file = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return base::fail(ErrorCode::unavailable, name + ": " + std::strerror(errno));
  if (::flock(file, LOCK_EX | LOCK_NB) == 0) return file;
  ::close(file);
  return base::fail(ErrorCode::conflict, path.string() + " is in use by another helix-api");
}

}  // namespace

base::Result<std::unique_ptr<Connections>> Connections::open(const std::filesystem::path& path,
                                                             const base::Log& log) {
  std::unique_ptr<Connections> out(new Connections());
  const auto lock = lock_beside(path);
  if (!lock) return tl::unexpected(lock.error());
  out->lock_ = *lock;

  auto writer = Database::open(path, false);
  if (!writer) return tl::unexpected(writer.error());
  out->writer_ = *std::move(writer);
  const auto migrated = migrate(*out->writer_, path, embedded_migrations(), log);
  if (!migrated) return tl::unexpected(migrated.error());

  auto reader = Database::open(path, true);
  if (!reader) return tl::unexpected(reader.error());
  out->reader_ = *std::move(reader);
  return out;
}

Connections::~Connections() {
  pool_.join();
  reader_.reset();
  writer_.reset();
  if (lock_ >= 0) ::close(lock_);
}

void Connections::note(const std::optional<base::Error>& failure) {
  const bool broken =
      failure && (failure->code() == ErrorCode::unavailable || failure->code() == ErrorCode::internal);
  last_write_worked_ = !broken;
}

}  // namespace store::sqlite
