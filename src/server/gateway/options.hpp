/// What the gateway is told by the settings: where it can be reached, and whom it believes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "wire/cidr.hpp"

namespace io {
class TlsContext;
}

namespace server {

/// Ports that exposures may be given, both ends included.
struct PortRange {
  std::uint16_t first = 30000;
  std::uint16_t last = 40000;
};

struct GatewayOptions {
  std::string dev_subdomain = "localhost";       // lower case; "": no host URLs
  std::optional<PortRange> ports = PortRange{};  // nothing: no allocated ports
  wire::CidrSet trusted_proxies;                 // whose X-Forwarded-* are believed
  std::string public_url;                        // without a slash at its end; "" where none is set
  std::string listen_host = "0.0.0.0";           // where the API listens; allocated HTTP ports do too
  std::uint16_t listen_port = 0;                 // of the plain listener
  std::uint16_t tls_port = 0;                    // of the TLS listener; 0 without one
  io::TlsContext* tls = nullptr;                 // outlives the control plane; null: TLS is off
};

}  // namespace server
