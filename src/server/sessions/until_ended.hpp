/// Serves a streamed request until it is done or the session's access ends.
#pragma once

#include "io/task.hpp"
#include "server/sessions/live_streams.hpp"

namespace server {

/// Awaits `serving`, but cancels it when `streams` ends what `ties` names, or after `ties.at_most`. What it
/// throws is thrown on.
io::Task<void> until_ended(io::Task<void> serving, LiveStreams& streams, StreamTies ties);

}  // namespace server
