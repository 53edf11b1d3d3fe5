/// A port inside a session, and who connects to it on a runner's side: the extension `target`.
#pragma once

#include <cstdint>

#include "base/error.hpp"
#include "io/stream.hpp"
#include "wire/ids.hpp"

namespace tunnel {

struct Target {
  wire::SessionId session;
  std::uint16_t port = 0;  // 1–65535
};

/// Opens connections to ports inside the sessions of a runner.
class TargetConnector {
 public:
  virtual ~TargetConnector() = default;
  /// Fails with a message for whoever asked: it goes to the control plane as it is, up to 512 bytes.
  virtual io::Task<base::Result<io::StreamPtr>> connect(wire::SessionId session, std::uint16_t port) = 0;
};

}  // namespace tunnel
