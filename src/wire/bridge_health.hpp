/// Answer of desktop-bridge's GET /health: how far a session is, and what is wrong with it.
///
///     {"status":"ok","docker_ready":true,"docker_version":"26.1.5+dfsg1","step":"","error":""}
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace wire {

/// The spelling is the name.
enum class BridgeStatus { starting, ok, failing, stopping };

struct BridgeHealth {
  BridgeStatus status = BridgeStatus::starting;
  bool docker_ready = false;
  std::string docker_version;  // "" until it was ready once
  std::string step;            // what is being done, for people; "" when nothing is
  std::string error;           // the latest failure, for people; "" when all is well
};

[[nodiscard]] std::string_view to_string(BridgeStatus status);
[[nodiscard]] std::string encode(const BridgeHealth& health);
/// Fails with malformed, or invalid_argument naming the field. Fields of later versions are ignored.
[[nodiscard]] base::Result<BridgeHealth> decode_bridge_health(std::string_view json);

}  // namespace wire
