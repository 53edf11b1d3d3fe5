/// A value that must never be printed, logged or compared in a way that tells its bytes.
#pragma once

#include <string>
#include <utility>

namespace base {

/// Holds a key or token. There is no operator<< and no conversion to string: say expose() where it must
/// leave.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}

  /// The bytes themselves, for the one place that sends or hashes them.
  [[nodiscard]] const std::string& expose() const { return value_; }
  [[nodiscard]] bool empty() const { return value_.empty(); }

 private:
  std::string value_;
};

}  // namespace base
