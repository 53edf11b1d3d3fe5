/// The hub's end of a data connection without frames.
#pragma once

#include "io/stream.hpp"

namespace tunnel {

/// `connection` with an end that the runner understands: close() before both directions ended sends what is
/// left, the end, and then a reset, so that the runner does not go on waiting for a half-closed peer. What
/// has not arrived a second later is given up. Destruction closes. reset() gives up at once. Over TLS,
/// close() without a shutdown_write() before it is a failure to the runner: there is no end without
/// close_notify.
[[nodiscard]] io::StreamPtr make_raw_stream(io::StreamPtr connection);

}  // namespace tunnel
