/// Finds which of a table's routes a request means. Matches raw bytes: nothing in a path is normalised.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "wire/http_head.hpp"

namespace io::http {

/// Values of `{name}` segments, percent-decoded; `{rest}` of a trailing `*` is raw.
using PathParams = std::map<std::string, std::string, std::less<>>;

/// Patterns: "/api/v1/sessions/{id}/expose/{port}"; a final "/*" takes the raw rest of the path into "rest".
/// Method "ANY" takes every method.
class Router {
 public:
  /// Returns the index that match() gives back.
  std::size_t add(std::string method, std::string pattern);

  struct Match {
    enum class Kind { found, no_such_path, no_such_method };
    Kind kind = Kind::no_such_path;
    std::size_t index = 0;
    PathParams params;
    std::string allow;  // of no_such_method: value for the Allow field
  };

  [[nodiscard]] Match match(std::string_view method, std::string_view path) const;

 private:
  struct Route {
    std::string method;
    std::vector<std::string> segments;
    bool rest = false;
  };
  std::vector<Route> routes_;
};

}  // namespace io::http
