#include "server/auth/attempts.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <arpa/inet.h>

namespace server {

std::string Attempts::key_of(const std::string& address) {
  constexpr std::size_t kNetworkBytes = 8;
  std::array<char, 16> bytes{};
  if (::inet_pton(AF_INET6, address.c_str(), bytes.data()) != 1) return address;
  return {bytes.data(), kNetworkBytes};
}

double Attempts::left(const Bucket& bucket) const {
  const std::chrono::duration<double, std::milli> passed = clock_.now() - bucket.seen;
  const double gained = std::max(0.0, passed.count()) / static_cast<double>(limits_.refill.count());
  return std::min(limits_.burst, bucket.left + gained);
}

std::optional<std::chrono::seconds> Attempts::must_wait(const std::string& address) {
  const auto found = buckets_.find(key_of(address));
  if (found == buckets_.end()) return std::nullopt;
  const double now = left(found->second);
  if (now >= 1) return std::nullopt;
  const std::chrono::duration<double> wait = (1 - now) * std::chrono::duration<double>(limits_.refill);
  return std::chrono::seconds(static_cast<std::int64_t>(std::ceil(wait.count())));
}

void Attempts::note_failure(const std::string& address) {
  auto key = key_of(address);
  auto found = buckets_.find(key);
  if (found == buckets_.end()) {
    make_room();
    found = buckets_.emplace(std::move(key), Bucket{limits_.burst, clock_.now()}).first;
  }
  found->second.left = std::max(0.0, left(found->second) - 1);
  found->second.seen = clock_.now();
}

void Attempts::make_room() {
  if (buckets_.size() < limits_.addresses) return;
  std::erase_if(buckets_, [this](const auto& entry) { return left(entry.second) >= limits_.burst; });
  if (buckets_.size() < limits_.addresses) return;
  const auto earlier = [](const auto& a, const auto& b) { return a.second.seen < b.second.seen; };
  buckets_.erase(std::min_element(buckets_.begin(), buckets_.end(), earlier));
}

}  // namespace server
