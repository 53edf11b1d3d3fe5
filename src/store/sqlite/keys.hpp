/// Users and keys as rows, for the stores that read the one and write the other.
#pragma once

#include "store/sqlite/database.hpp"
#include "store/user_store.hpp"

namespace store::sqlite {

/// Of the columns id, name, role, created_at, the first of which is `column`.
[[nodiscard]] wire::User user_at(const Statement& row, int column);

/// Within the caller's transaction.
[[nodiscard]] base::Result<void> insert_key(Database& database, const KeyRecord& key);

}  // namespace store::sqlite
