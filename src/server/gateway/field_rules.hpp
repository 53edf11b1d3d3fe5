/// Which header fields cross the gateway, and how: pure functions on heads. Source: contracts.md "The
/// gateway".
#pragma once

#include <string>
#include <string_view>

#include "wire/http_head.hpp"

namespace server {

/// What the gateway knows of the client's side of a request.
struct ClientSide {
  std::string address;                // of the client: the peer's, or what a trusted proxy says
  std::string peer;                   // of the connection; empty: the same
  std::string scheme = "http";        // as the client spoke to us
  std::string prefix;                 // path under which the app appears, without a slash at the end
  std::string host;                   // what the app gets as Host; empty: what the client sent
  bool key_in_authorization = false;  // Authorization carried the platform's key: it must not reach the app
  bool peer_is_proxy = false;         // a configured one: its forwarding fields are extended, not replaced
};

/// Fields of the head that goes to the app over a connection used once.
/// Removes hop-by-hop fields, what Connection names, the platform's credentials, and X-Forwarded-*, Forwarded
/// and X-Real-IP from outside; adds our own: X-Forwarded-For, -Proto, -Host, -Prefix (by path) and X-Real-IP.
/// There is no X-Forwarded-Port: the port is in X-Forwarded-Host, and frameworks that find both write it
/// twice. An upgrade other than h2c keeps its Upgrade field.
[[nodiscard]] wire::Fields request_fields(const wire::RequestHead& head, const ClientSide& client);

/// True when the request asks for another protocol that the gateway passes on.
[[nodiscard]] bool asks_for_upgrade(const wire::RequestHead& head);

/// Makes an app's answer fit for the path proxy, which shares an origin with the UI: drops fields that reach
/// beyond the page (cookies, site data, service worker scope, HSTS, Alt-Svc), adds a sandboxing policy. For
/// 1xx and 101 too.
void apply_path_rules(wire::ResponseHead& head);

/// For an answer on a host name or a port of its own: judges its cookies by judge_set_cookie, and drops a
/// Clear-Site-Data that would end logins at the platform. For 1xx and 101 too.
void apply_host_rules(wire::ResponseHead& head, std::string_view own_host);

/// Removes hop-by-hop fields and what Connection names from an answer; framing stays.
void remove_hop_by_hop(wire::Fields& fields);
/// Removes framing, which an interim answer, a 101 and a 204 must not have (RFC 9110 §8.6, RFC 9112 §6.1).
void remove_framing(wire::Fields& fields);

/// Trailers that may pass: no framing, routing, credentials or forwarding fields (RFC 9110 §6.5.1).
[[nodiscard]] wire::Fields pass_trailers(const wire::Fields& trailers);

/// True for a browser that loads a page, rather than a program or a page's own script.
[[nodiscard]] bool is_navigation(const wire::RequestHead& head);

}  // namespace server
