/// Making secrets and hashing them.
#pragma once

#include <string_view>

#include "base/random.hpp"
#include "base/secret.hpp"
#include "store/user_store.hpp"

namespace server {

/// 256 random bits behind a prefix that tells what it is: "hl-" a key, "hs-" a sandbox's token, "hb-" a
/// browser's login, "hs1-" a share link's secret.
[[nodiscard]] base::Secret make_token(std::string_view prefix, base::Random& random);

/// BLAKE2b. Fast on purpose: these secrets have 256 bits of entropy, so there is nothing to guess.
[[nodiscard]] store::TokenHash hash_token(std::string_view token);

/// Takes the same time wherever they differ.
[[nodiscard]] bool same_hash(const store::TokenHash& a, const store::TokenHash& b);

}  // namespace server
