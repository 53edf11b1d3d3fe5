/// What runsv, which runs hydra, wants of it next.
#pragma once

#include <filesystem>
#include <string_view>

#include "io/task.hpp"

namespace agent {

/// Byte 17 of runsv's status file: true when the service is to be up, false when it is to go down or cannot
/// be told.
[[nodiscard]] bool parse_wanted_up(std::string_view status);

/// True when runsv would start the service in `directory` again after its end. Waits a moment first: at the
/// end of a container runsv and hydra get the same signal, and runsv must have noted it.
io::Task<bool> is_wanted_up(std::filesystem::path directory);

}  // namespace agent
