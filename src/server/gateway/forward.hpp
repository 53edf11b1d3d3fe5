/// Passes one HTTP request on to an app and its answer back, byte by byte as they come.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "base/log.hpp"
#include "io/http/server.hpp"
#include "io/stream.hpp"
#include "wire/http_head.hpp"

namespace server {

/// How one request is passed on.
struct ForwardPlan {
  wire::RequestHead head;  // as it goes to the app; framing fields included
  /// Changes an answer's head, interim ones included, before it goes to the client.
  std::function<void(wire::ResponseHead&)> on_response;
  /// Makes the answer for a target that is not up; `detail` says what was tried.
  std::function<io::http::Response(std::string detail)> unreachable;
  std::chrono::milliseconds idle{std::chrono::hours(1)};  // longest silence; there is no total limit
};

/// Completes when the answer has gone to the client, or an upgraded connection has ended. Never holds more
/// than one buffer for each direction. A failure before the answer's head gives 502, 503 or 504; one after it
/// cuts the connection, so that a truncated answer never looks complete. A client that leaves ends the app's
/// connection.
io::Task<void> forward(io::http::Exchange& exchange, io::Connector& connector, ForwardPlan plan,
                       base::Log log);

}  // namespace server
