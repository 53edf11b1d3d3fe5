/// Sends a request that was let in to the app behind an exposed port, and its answer back.
#pragma once

#include <cstdint>
#include <string>

#include "base/log.hpp"
#include "io/http/exchange.hpp"
#include "tunnel/hub.hpp"
#include "wire/ids.hpp"

namespace server {

/// Where an authorised request goes, and how it came.
struct AppRequest {
  enum class Way { path, host, port };

  wire::SessionId session;
  wire::SandboxId sandbox;  // that runs it
  std::uint16_t port = 0;
  std::string protocol = "http";         // or "h2c"
  std::string host_header = "original";  // "original", "localhost" or a name
  Way way = Way::path;
  std::string target;  // raw bytes for the app: origin-form, begins with '/'
  std::string prefix;  // path only: what the client wrote before `target`, without a slash at the end
  std::string client;  // its address: the peer's, or what a trusted proxy says
  std::string scheme = "http";        // as the client spoke
  bool key_in_authorization = false;  // Authorization held the platform's key: it must not reach the app
  bool peer_is_proxy = false;         // a configured one: its X-Forwarded-* are extended, not replaced
};

class AppProxy {
 public:
  AppProxy(tunnel::Hub& hub, base::Log log) : hub_(hub), log_(std::move(log)) {}

  /// Serves the request to its end.
  io::Task<void> serve(io::http::Exchange& exchange, AppRequest request);

 private:
  tunnel::Hub& hub_;
  base::Log log_;
};

}  // namespace server
