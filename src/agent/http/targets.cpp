#include "agent/http/targets.hpp"

#include <charconv>

#include "wire/http_head.hpp"

namespace agent {
namespace {

constexpr std::string_view kContainers = "/api/v1/dev-containers/";
constexpr std::string_view kProxy = "/proxy/";
constexpr int kMostLines = 10'000;  // api/openapi.yaml

}  // namespace

std::optional<std::string> cut_proxy_prefix(std::string_view target) {
  if (!target.starts_with(kContainers)) return std::nullopt;
  const auto path_end = target.find('?');
  const auto session_end = target.find('/', kContainers.size());
  if (session_end >= path_end || !target.substr(session_end).starts_with(kProxy)) return std::nullopt;
  const auto port = session_end + kProxy.size();
  const auto rest = target.find_first_of("/?", port);
  if (rest == port || port == target.size()) return std::nullopt;
  if (rest == std::string_view::npos) return "/";
  // "…/proxy/8000?x" means the app's root.
  return (target[rest] == '?' ? "/" : "") + std::string(target.substr(rest));
}

base::Result<std::uint16_t> parse_port(std::string_view text) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  if (!whole || number < 1 || number > 65535)
    return base::fail(base::ErrorCode::invalid_argument, "port must be a number from 1 to 65535");
  return static_cast<std::uint16_t>(number);
}

base::Result<LogQuery> parse_log_query(std::string_view query) {
  LogQuery result;
  const auto tail = wire::query_value(query, "tail");
  if (tail) {
    const auto [end, error] = std::from_chars(tail->data(), tail->data() + tail->size(), result.tail);
    const bool whole = error == std::errc{} && end == tail->data() + tail->size();
    if (!whole || result.tail < 0 || result.tail > kMostLines)
      return base::fail(base::ErrorCode::invalid_argument, "tail must be a number from 0 to 10000");
  }
  const auto follow = wire::query_value(query, "follow");
  if (follow && *follow != "true" && *follow != "false")
    return base::fail(base::ErrorCode::invalid_argument, "follow must be true or false");
  result.follow = follow == "true";
  return result;
}

}  // namespace agent
