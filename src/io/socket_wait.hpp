/// Waiting for a socket, for layers that read and write its descriptor themselves.
#pragma once

#include <string>

#include "io/stream.hpp"

namespace io {

/// Complete when a read (a write) on `stream`'s descriptor would not block. `stream` must come from
/// make_socket_stream or adopt_socket. Throw system_error when it was closed or the wait is cancelled.
Task<void> wait_readable(Stream& stream);
Task<void> wait_writable(Stream& stream);
/// Whether it comes from there.
[[nodiscard]] bool is_socket(const Stream& stream);
/// The peer's address as Listener::accept gives it; "unix" where it has none.
[[nodiscard]] std::string peer_address(const Stream& stream);

}  // namespace io
