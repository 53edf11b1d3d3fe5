/// Passes one HTTP request on to an app and its answer back, piece by piece as they come, whichever versions
/// of HTTP the two sides speak.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/log.hpp"
#include "io/http/client_exchange.hpp"
#include "io/http/exchange.hpp"
#include "wire/http_head.hpp"

namespace server {

/// How one request is passed on.
struct ForwardPlan {
  wire::RequestHead head;  // as it goes to the app; framing fields included where the client sent some
  /// Changes an answer's head, interim ones included, before it goes to the client.
  std::function<void(wire::ResponseHead&)> on_response;
  /// Makes the answer for a target that is not up; `detail` says what was tried.
  std::function<io::http::Response(std::string detail)> unreachable;
  std::chrono::milliseconds idle{std::chrono::hours(1)};  // longest silence; there is no total limit
};

using AppExchange = std::unique_ptr<io::http::ClientExchange>;

/// Opens the way to an app. An interface, so that HTTP/1.1, HTTP/2 and what tests bring look alike.
class AppOpener {
 public:
  virtual ~AppOpener() = default;
  /// Fails with unavailable when nothing takes the connection, with what was tried as its message.
  virtual io::Task<base::Result<AppExchange>> open() = 0;
};

/// Completes when the answer has gone to the client, or an upgraded connection has ended. Never holds more
/// than one buffer for each direction. A failure before the answer's head gives 502, 503 or 504; one after it
/// cuts the connection, so that a truncated answer never looks complete. A client that leaves ends the app's
/// connection.
/// An exchange whose read_head() fails with unavailable says, as a failed open() does, that the target is not
/// up.
io::Task<void> forward(io::http::Exchange& exchange, AppOpener& opener, ForwardPlan plan, base::Log log);

}  // namespace server
