/// Copies bytes both ways between two streams until they end.
#pragma once

#include <chrono>
#include <cstdint>

#include "io/stream.hpp"

namespace io {

/// What to do when one side says that it sends no more.
enum class OnEnd {
  forward,  // tell the other side, go on the other way; a framed RevDial stream takes that as its whole end
  hold,  // tell nobody, wait for the other way to end: a client's half-close before a framed RevDial stream
  close  // close both: the end of a framed RevDial stream ends both ways
};

struct RelayCounts {
  std::uint64_t first_to_second = 0;  // bytes
  std::uint64_t second_to_first = 0;
};

/// Returns when both ways have ended, one failed, or nothing moved for `idle`. Both streams are closed then.
/// `first` ending is handled as `on_first_end` says, `second` ending as `on_second_end` says.
/// A stream that breaks (a reset, also while nobody reads it) resets the other one within 2 s, its last bytes
/// first; one that was already told of a proper end is closed. Idleness and cancellation reset both.
Task<RelayCounts> relay(Stream& first, Stream& second, std::chrono::milliseconds idle, OnEnd on_first_end,
                        OnEnd on_second_end);

}  // namespace io
