/// Random bytes from the kernel, and the identifiers made of them.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "base/clock.hpp"

namespace base {

class Random {
 public:
  virtual ~Random() = default;
  /// Fills `out` with bytes that nobody can guess.
  virtual void fill(std::span<std::byte> out) = 0;
};

/// getrandom(2).
class SystemRandom : public Random {
 public:
  void fill(std::span<std::byte> out) override;
};

/// Lower-case ULID, 26 characters: 48 bits of milliseconds, 80 random bits, Crockford base 32.
/// Source: github.com/ulid/spec.
[[nodiscard]] std::string make_ulid(Time now, Random& random);

/// `bytes` random bytes as lower-case hex.
[[nodiscard]] std::string random_hex(std::size_t bytes, Random& random);

/// Uniform in [0, 1).
[[nodiscard]] double random_fraction(Random& random);

}  // namespace base
