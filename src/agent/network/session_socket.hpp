/// Connects to a server inside a session by entering its network namespace for the length of one socket(2)
/// call.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/error.hpp"
#include "io/stream.hpp"

namespace agent {

/// Tries 127.0.0.1, ::1 and `address` (IPv4 text, may be empty) in the network namespace of process `pid`, so
/// that servers bound to loopback only are reached as well. Fails with unavailable, the message saying how
/// each refused.
io::Task<base::Result<io::StreamPtr>> connect_in_session(pid_t pid, std::string address, std::uint16_t port,
                                                         std::chrono::milliseconds limit);

}  // namespace agent
