/// Pure work on request targets of hydra's API: what the app in the session gets to see.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace agent {

/// The raw bytes behind "/api/v1/dev-containers/{session}/proxy/{port}", at least "/": nothing of them is
/// normalised. nullopt for a target of another shape.
[[nodiscard]] std::optional<std::string> cut_proxy_prefix(std::string_view target);

/// Fails with invalid_argument outside 1 to 65535.
[[nodiscard]] base::Result<std::uint16_t> parse_port(std::string_view text);

struct LogQuery {
  int tail = 200;
  bool follow = false;
};
/// `tail` and `follow` of a query string. Fails with invalid_argument.
[[nodiscard]] base::Result<LogQuery> parse_log_query(std::string_view query);

}  // namespace agent
