/// Who a client is and how it spoke: by its connection, or by what a proxy of ours in front says.
#pragma once

#include <string>

#include "io/http/exchange.hpp"
#include "server/gateway/options.hpp"
#include "wire/http_head.hpp"

namespace server {

/// Whether the peer is one of HELIX_TRUSTED_PROXIES, so that its X-Forwarded-* fields are believed.
[[nodiscard]] bool peer_is_proxy(const io::http::ConnectionInfo& connection, const GatewayOptions& options);

/// The client's address without port. From a trusted proxy: the rightmost address of X-Forwarded-For that is
/// no trusted proxy itself, since everything left of it is only what that client claims; the leftmost one
/// where all are trusted. Else the peer.
[[nodiscard]] std::string client_address(const io::http::ConnectionInfo& connection,
                                         const wire::Fields& fields, const GatewayOptions& options);

/// "https" or "http". From a trusted proxy: the last X-Forwarded-Proto, where it is one of these. Where no
/// TLS listener of ours is configured and Host is that of an https public URL, somebody in front ended the
/// TLS. Else as the connection.
[[nodiscard]] std::string client_scheme(const io::http::ConnectionInfo& connection,
                                        const wire::Fields& fields, const GatewayOptions& options);

}  // namespace server
