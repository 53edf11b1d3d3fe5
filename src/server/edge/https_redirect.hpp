/// Sends a plain request to its https URL: 308, so that method and body stay; the target keeps its raw bytes.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "io/http/message.hpp"
#include "wire/http_head.hpp"

namespace server {

/// For a plain request on a port that takes TLS too: the same host and port, as the client wrote them in
/// Host. 400 where Host is no host or the target no path.
[[nodiscard]] io::http::Response redirect_to_same_port(const wire::RequestHead& head);

/// Where the redirect listener may send somebody.
struct RedirectRules {
  std::string public_url;      // used where it is https; "" where none is set
  std::uint16_t tls_port = 0;  // of the TLS listener; 0 where somebody in front ends TLS
  /// Whether our certificate is for a host (lower case, an IPv6 address without brackets).
  std::function<bool(const std::string&)> is_certified;
};

/// For the redirect listener. Whoever can make a client send some Host must not choose where it lands:
/// a Host that the certificate is for is kept, with the TLS port (with the public URL's port, where it is
/// that URL's own host); any other goes to the public URL, or is answered 421 where there is none.
[[nodiscard]] io::http::Response redirect_to_https(const wire::RequestHead& head, const RedirectRules& rules);

}  // namespace server
