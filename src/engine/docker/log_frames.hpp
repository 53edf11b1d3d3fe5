/// Takes the frames off a container's log: the Engine API puts 8 bytes before each piece of output without a
/// terminal.
///
///     | stream (1 or 2) | 0 | 0 | 0 | length, 4 bytes, big-endian | payload … |
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace engine {

class LogFrames {
 public:
  /// The payload bytes in `bytes`, both streams in the order in which they came. Fails with malformed.
  [[nodiscard]] base::Result<std::string> feed(std::string_view bytes);

 private:
  std::string header_;      // of the next frame, as far as it came
  std::uint64_t left_ = 0;  // bytes of the current frame's payload
};

}  // namespace engine
