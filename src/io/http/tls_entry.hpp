/// How connections of a listener begin that takes TLS, or TLS and plain on one port.
#pragma once

#include <chrono>

#include "io/http/server.hpp"
#include "io/tls_server.hpp"

namespace io::http {

/// Notes scheme "https" and what ALPN chose. A plain connection goes on as it is, with scheme "http": its
/// handler decides what becomes of it. `context` must outlive the server; null: everything is plain.
/// `limit` is for the first byte and for the handshake, each; as long as a head may take.
[[nodiscard]] Entry tls_entry(TlsContext* context, Offer offer,
                              std::chrono::milliseconds limit = std::chrono::seconds(30));

}  // namespace io::http
