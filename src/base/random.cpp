#include "base/random.hpp"

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <sys/random.h>

namespace base {
namespace {

constexpr std::string_view kCrockford = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr std::string_view kHex = "0123456789abcdef";

}  // namespace

void SystemRandom::fill(std::span<std::byte> out) {
  while (!out.empty()) {
    const auto got = getrandom(out.data(), out.size(), 0);
    if (got < 0) {
      if (errno == EINTR) continue;
      std::abort();  // no randomness, no secrets: nothing sensible can go on
    }
    out = out.subspan(static_cast<std::size_t>(got));
  }
}

std::string make_ulid(Time now, Random& random) {
  std::array<std::byte, 10> tail{};
  random.fill(tail);
  std::string text(26, '0');
  auto millis = static_cast<std::uint64_t>(now.time_since_epoch().count());
  for (std::size_t i = 10; i-- > 0; millis >>= 5U) text[i] = kCrockford[millis & 31U];

  std::uint32_t bits = 0;
  unsigned held = 0;
  std::size_t at = 10;
  for (const auto byte : tail) {
    bits = (bits << 8U) | std::to_integer<std::uint32_t>(byte);
    held += 8;
    while (held >= 5) {
      held -= 5;
      text[at++] = kCrockford[(bits >> held) & 31U];
    }
  }
  return text;
}

std::string random_hex(std::size_t bytes, Random& random) {
  std::string raw(bytes, '\0');
  random.fill(std::as_writable_bytes(std::span(raw)));
  std::string text;
  text.reserve(bytes * 2);
  for (const char c : raw) {
    const auto value = static_cast<unsigned char>(c);
    text.push_back(kHex[value >> 4U]);
    text.push_back(kHex[value & 15U]);
  }
  return text;
}

double random_fraction(Random& random) {
  std::array<std::byte, 8> raw{};
  random.fill(raw);
  std::uint64_t value = 0;
  for (const auto byte : raw) value = (value << 8U) | std::to_integer<std::uint64_t>(byte);
  return static_cast<double>(value >> 11U) * 0x1.0p-53;
}

}  // namespace base
