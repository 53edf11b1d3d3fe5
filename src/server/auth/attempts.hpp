/// Bounds how often one address may try secrets that turn out wrong: logins, share links, one-time codes.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>

#include "base/clock.hpp"

namespace server {

/// Chosen. The secrets have 256 bits, so this is about load and logs, not about luck.
struct AttemptLimits {
  double burst = 30;                       // failures at once
  std::chrono::milliseconds refill{2000};  // one more after each
  std::size_t addresses = 10000;           // remembered; the longest unseen goes first
};

/// One loop.
class Attempts {
 public:
  explicit Attempts(const base::Clock& clock, AttemptLimits limits = {}) : clock_(clock), limits_(limits) {}

  /// How long the client must wait before it may try again; nothing while it may.
  [[nodiscard]] std::optional<std::chrono::seconds> must_wait(const std::string& address);
  void note_failure(const std::string& address);
  [[nodiscard]] std::size_t addresses() const { return buckets_.size(); }

 private:
  struct Bucket {
    double left = 0;
    base::Time seen;
  };
  /// An IPv6 client holds a whole /64: it is one address here.
  [[nodiscard]] static std::string key_of(const std::string& address);
  /// What the bucket has by now.
  [[nodiscard]] double left(const Bucket& bucket) const;
  void make_room();

  const base::Clock& clock_;
  AttemptLimits limits_;
  std::map<std::string, Bucket> buckets_;
};

}  // namespace server
