/// How a request came to an exposed port: by a host name or by an allocated port.
#pragma once

#include <cstdint>
#include <string>

#include "server/gateway/app_cookies.hpp"
#include "server/gateway/app_proxy.hpp"

namespace server {

struct Entry {
  AppRequest::Way way = AppRequest::Way::host;
  std::string host;                  // lower case, without port
  std::uint16_t host_port = 0;       // as the client wrote it behind the host; 0: none
  std::uint16_t allocated_port = 0;  // of Way::port
  std::string scheme = "http";       // as the client spoke
  bool secure = false;               // browsers come by https, whoever ends the TLS
  std::string client;                // its address
  bool peer_is_proxy = false;        // the address and scheme are what a trusted proxy says

  [[nodiscard]] CookieScope cookies() const { return {allocated_port, secure}; }
};

}  // namespace server
