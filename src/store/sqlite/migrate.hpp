/// Brings a database to the schema that this program knows.
#pragma once

#include <filesystem>
#include <span>
#include <string_view>

#include "base/error.hpp"
#include "base/log.hpp"
#include "store/sqlite/database.hpp"

namespace store::sqlite {

/// The n-th one, counted from 1, leads to PRAGMA user_version n.
struct Migration {
  std::string_view name;
  const char* sql;
};

/// Those of src/store/migrations.
[[nodiscard]] std::span<const Migration> embedded_migrations();

/// Copies the database to "<path>.v<version>.bak" first, when it holds an older schema. Each migration is a
/// transaction. Fails with conflict when the schema is newer than the last migration, or with the database's
/// errors.
[[nodiscard]] base::Result<void> migrate(Database& database, const std::filesystem::path& path,
                                         std::span<const Migration> migrations, const base::Log& log);

}  // namespace store::sqlite
