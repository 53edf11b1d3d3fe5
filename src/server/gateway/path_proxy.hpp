/// The path proxy: /api/v1/sessions/{id}/proxy/{port}/* reaches a port of a session.
#pragma once

#include <string>

#include "base/log.hpp"
#include "io/http/server.hpp"
#include "tunnel/hub.hpp"

namespace server {

/// Where an authorised request goes.
struct ProxyTarget {
  std::string session_id;  // "ses_…"
  std::string sandbox_id;  // the sandbox that runs it
  int port = 0;            // 1–65535
  /// Raw bytes of the path after "/proxy/{port}/", and of the whole prefix as the client wrote it (without
  /// the slash).
  std::string raw_rest;
  std::string raw_prefix;
  bool key_in_authorization = false;
  std::string scheme = "http";
};

class PathProxy {
 public:
  PathProxy(tunnel::Hub& hub, base::Log log) : hub_(hub), log_(std::move(log)) {}

  /// Serves the request to its end. The caller has authorised it.
  io::Task<void> serve(io::http::Exchange& exchange, ProxyTarget target);

 private:
  tunnel::Hub& hub_;
  base::Log log_;
};

}  // namespace server
