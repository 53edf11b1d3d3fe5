/// Writing a key, for the stores whose transactions make one.
#pragma once

#include "store/sqlite/database.hpp"
#include "store/user_store.hpp"

namespace store::sqlite {

/// Within the caller's transaction.
[[nodiscard]] base::Result<void> insert_key(Database& database, const KeyRecord& key);

}  // namespace store::sqlite
