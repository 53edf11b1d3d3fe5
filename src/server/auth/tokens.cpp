#include "server/auth/tokens.hpp"

#include <sodium.h>

namespace server {

base::Secret make_token(std::string_view prefix, base::Random& random) {
  constexpr std::size_t kSecretBytes = 32;
  return base::Secret(std::string(prefix) + base::random_hex(kSecretBytes, random));
}

store::TokenHash hash_token(std::string_view token) {
  store::TokenHash hash;
  hash.bytes.resize(crypto_generichash_BYTES);
  // libsodium takes bytes as unsigned char.
  crypto_generichash(reinterpret_cast<unsigned char*>(hash.bytes.data()), hash.bytes.size(),
                     reinterpret_cast<const unsigned char*>(token.data()), token.size(), nullptr, 0);
  return hash;
}

bool same_hash(const store::TokenHash& a, const store::TokenHash& b) {
  return a.bytes.size() == b.bytes.size() &&
         sodium_memcmp(a.bytes.data(), b.bytes.data(), a.bytes.size()) == 0;
}

}  // namespace server
