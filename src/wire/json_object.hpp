/// Reads JSON objects from outside: bounded, no duplicate keys, every complaint names the field.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "base/error.hpp"

namespace wire {

inline constexpr std::size_t kMaxJsonDepth = 32;  // chosen

/// Fails with malformed (not JSON, no object, deeper than kMaxJsonDepth) or invalid_argument (a key given
/// twice).
[[nodiscard]] base::Result<boost::json::object> parse_json_object(std::string_view text);

/// Takes the fields of one object and keeps the first complaint; finish() tells it, or names a field that
/// nobody took. Absent and null are the same.
class ObjectReader {
 public:
  explicit ObjectReader(const boost::json::object& object, std::string path = {})
      : object_(object), path_(std::move(path)) {}

  std::optional<std::string> text(std::string_view name, std::size_t most_bytes);
  std::optional<std::int64_t> integer(std::string_view name, std::int64_t least, std::int64_t most);
  std::optional<bool> flag(std::string_view name);
  std::optional<std::vector<std::string>> texts(std::string_view name, std::size_t most_items,
                                                std::size_t most_bytes);
  /// Values of an object of strings.
  std::optional<std::map<std::string, std::string>> text_map(std::string_view name, std::size_t most_items,
                                                             std::size_t most_bytes);
  /// nullptr when absent; the object is the caller's to read with a reader of its own.
  const boost::json::object* object(std::string_view name);

  /// Complains that `name` is missing.
  void require(bool present, std::string_view name);
  /// Keeps a complaint of the caller's.
  void refuse(std::string_view name, std::string rule);

  /// Fails with invalid_argument. `unknown_fields_too`: a field that was never asked for is a complaint.
  [[nodiscard]] base::Result<void> finish(bool unknown_fields_too = true);

 private:
  const boost::json::value* find(std::string_view name);

  const boost::json::object& object_;
  std::string path_;  // "disk." for the fields of disk
  std::set<std::string, std::less<>> asked_;
  std::optional<base::Error> complaint_;
};

}  // namespace wire
