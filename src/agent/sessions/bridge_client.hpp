/// Talking to a session's bridge by its socket, which lies in a directory that the session can write to.
#pragma once

#include <chrono>
#include <filesystem>

#include "base/error.hpp"
#include "io/stream.hpp"
#include "io/task.hpp"

namespace agent {

/// Connects only to a socket that lies at `path` itself: a link would lead to whatever the session likes, a
/// FIFO to nothing. Fails with unavailable.
io::Task<base::Result<io::StreamPtr>> connect_bridge(std::filesystem::path path,
                                                     std::chrono::milliseconds limit);

/// Makes the bridge take the env file's new values. Fails with unavailable, timed_out, conflict (it refuses
/// them).
io::Task<base::Result<void>> reload_bridge(std::filesystem::path path, std::chrono::milliseconds limit);

}  // namespace agent
