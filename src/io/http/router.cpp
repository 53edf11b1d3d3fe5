#include "io/http/router.hpp"

#include <algorithm>
#include <optional>

namespace io::http {
namespace {

std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> segments;
  if (path.starts_with('/')) path.remove_prefix(1);
  while (true) {
    const auto slash = path.find('/');
    segments.emplace_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return segments;
    path.remove_prefix(slash + 1);
  }
}

bool is_param(std::string_view segment) {
  return segment.size() > 2 && segment.starts_with('{') && segment.ends_with('}');
}

/// The parameters when `path` has the shape of the route's pattern.
std::optional<PathParams> match_path(const std::vector<std::string>& segments, bool rest,
                                     std::string_view path) {
  PathParams params;
  if (!path.starts_with('/')) return std::nullopt;
  path.remove_prefix(1);
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const auto slash = path.find('/');
    const bool is_last = i + 1 == segments.size();
    if (is_last && !rest && slash != std::string_view::npos) return std::nullopt;
    if (!is_last && slash == std::string_view::npos) return std::nullopt;
    const auto text = path.substr(0, slash);
    if (is_param(segments[i])) {
      auto value = wire::percent_decode(text);
      if (!value || value->empty()) return std::nullopt;
      params.emplace(segments[i].substr(1, segments[i].size() - 2), std::move(*value));
    } else if (segments[i] != text) {
      return std::nullopt;
    }
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
    if (is_last && rest && slash == std::string_view::npos) return std::nullopt;
  }
  if (rest) params.emplace("rest", std::string(path));
  return params;
}

}  // namespace

std::size_t Router::add(std::string method, std::string pattern) {
  Route route;
  route.method = std::move(method);
  if (pattern.ends_with("/*")) {
    route.rest = true;
    pattern.resize(pattern.size() - 2);
  }
  route.segments = split(pattern);
  routes_.push_back(std::move(route));
  return routes_.size() - 1;
}

Router::Match Router::match(std::string_view method, std::string_view path) const {
  Match match;
  for (std::size_t i = 0; i < routes_.size(); ++i) {
    const auto& route = routes_[i];
    auto params = match_path(route.segments, route.rest, path);
    if (!params) continue;
    if (route.method == method || route.method == "ANY") {
      match.kind = Match::Kind::found;
      match.index = i;
      match.params = std::move(*params);
      return match;
    }
    match.kind = Match::Kind::no_such_method;
    if (!match.allow.empty()) match.allow += ", ";
    match.allow += route.method;
  }
  return match;
}

}  // namespace io::http
