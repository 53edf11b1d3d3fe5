/// The setting HELIX_PORT_RANGE.
#pragma once

#include <optional>
#include <string_view>

#include "base/error.hpp"
#include "server/gateway/options.hpp"

namespace server {

/// "30000-40000", both ends included; "off" is nothing. Fails with invalid_argument.
[[nodiscard]] base::Result<std::optional<PortRange>> parse_port_range(std::string_view text);

}  // namespace server
