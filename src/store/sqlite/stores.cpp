#include "store/sqlite/stores.hpp"

#include "store/failure.hpp"

namespace store::sqlite {

base::Result<std::unique_ptr<Stores>> Stores::open(const std::filesystem::path& path, const base::Log& log) {
  auto connections = Connections::open(path, log);
  if (!connections) return tl::unexpected(connections.error());
  return std::make_unique<Stores>(*std::move(connections));
}

io::Task<base::Result<void>> Stores::check() {
  try {
    auto query = connections->reader().statement("SELECT count(*) FROM users");
    query.next();
  } catch (const ReadFailure& failure) {
    co_return base::fail(base::ErrorCode::unavailable, failure.what());
  }
  if (connections->last_write_worked()) co_return base::Result<void>();
  // Writes the version that is there: the least that goes through the journal to the disk.
  std::function<base::Result<void>(Database&)> rewrite_version =
      [](Database& database) -> base::Result<void> {
    auto query = database.statement("PRAGMA user_version");
    const auto version = query.next() ? query.get_integer(0) : 0;
    return database.execute("PRAGMA user_version = " + std::to_string(version));
  };
  co_return co_await connections->write(std::move(rewrite_version));
}

}  // namespace store::sqlite
