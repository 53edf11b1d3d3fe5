/// The level's own network bridge.
#pragma once

#include <string>

#include "base/error.hpp"
#include "io/task.hpp"
#include "nest/level.hpp"

namespace nest {

/// Makes the bridge, its address, MTU and up state what they should be; touches nothing that is right
/// already. Its MAC is 02:42 and its address in hex: without one of its own a bridge takes a port's and
/// changes it when that goes. Returns true when it had to make the bridge. Fails with forbidden or internal.
/// Runs ip(8).
io::Task<base::Result<bool>> ensure_bridge(std::string name, Level level, int mtu);

/// True when an interface of that name exists.
[[nodiscard]] bool interface_exists(const std::string& name);

}  // namespace nest
