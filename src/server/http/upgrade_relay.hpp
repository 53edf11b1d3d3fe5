/// Passes a client's WebSocket on to a runner's local server, byte for byte.
#pragma once

#include <string>

#include "io/http/server.hpp"
#include "io/stream.hpp"
#include "server/http/route.hpp"
#include "server/sessions/live_streams.hpp"

namespace server {

/// Asks for the upgrade at `target` through `connector` and, after its 101, moves bytes until either side
/// ends, nothing moved for an hour, or `streams` ends what `ties` names. Another answer than 101 is passed
/// on.
io::Task<void> relay_upgrade(io::http::Exchange& exchange, Call& call, io::Connector& connector,
                             std::string target, LiveStreams& streams, StreamTies ties);

}  // namespace server
