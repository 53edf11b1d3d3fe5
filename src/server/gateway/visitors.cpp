#include "server/gateway/visitors.hpp"

#include <utility>

#include "server/auth/credentials.hpp"
#include "server/auth/tokens.hpp"
#include "server/gateway/app_url.hpp"
#include "server/gateway/field_rules.hpp"
#include "wire/exposure_host.hpp"

namespace server {
namespace {

/// Of one name in one request; a browser sends one, and what a parent domain planted. Chosen.
constexpr std::size_t kMostCookies = 8;

}  // namespace

io::Task<Visitors::Found> Visitors::identify(const wire::RequestHead& head, const Entry& entry,
                                             const Door& door) {
  Found out;
  out.visitor.address = entry.client;
  const auto given = head.fields.find("X-Helix-Authorization");
  if (!given) {
    identify_by_cookie(head, entry, door, out);
    co_return out;
  }
  auto token = bearer_token(*given);
  if (!token) co_return out;
  auto caller = co_await authenticator_.by_bearer(*std::move(token));
  if (caller) out.visitor.caller = *std::move(caller);
  co_return out;
}

void Visitors::identify_by_cookie(const wire::RequestHead& head, const Entry& entry, const Door& door,
                                  Found& out) {
  if (!door.session) return;
  std::optional<store::AppLoginRecord> valid;
  for (const auto& value : find_cookies(head.fields, app_cookie_name(entry.cookies()), kMostCookies)) {
    auto login = gateway_.find_app_login(hash_token(value), clock_.now());
    const bool here = login && login->session == door.session->id && login->port == door.exposure.port;
    if (!here || (valid && same_hash(valid->hash, login->hash))) continue;
    if (valid) return;  // which of the two is the browser's own?
    valid = std::move(login);
  }
  if (!valid || is_foreign(head, entry, door)) return;
  if (valid->share) {
    out.visitor.share = valid->share;
  } else if (valid->login) {
    auto caller = authenticator_.by_login(*valid->login);
    if (!caller) return;
    out.visitor.caller = *std::move(caller);
    out.visitor.login = valid->login;
  }
  out.until = valid->expires_at;
}

bool Visitors::is_foreign(const wire::RequestHead& head, const Entry& entry, const Door& door) {
  const auto origin = head.fields.find("Origin");
  const auto site = head.fields.find("Sec-Fetch-Site").value_or("");
  // A page that sends no referrer hides its origin from itself too: Fetch, "append a request Origin header".
  if (origin == "null" && site == "same-origin") return false;
  if (origin) return session_of(*origin, entry) != door.session->id;
  return (site == "same-site" || site == "cross-site") && !is_navigation(head);
}

std::optional<wire::SessionId> Visitors::session_of(std::string_view origin, const Entry& entry) {
  // An origin is a URL without a path (RFC 6454 §7); "null" and lists are none.
  const auto url = parse_app_url(origin);
  if (!url || url->target != "/" || origin.ends_with('/')) return std::nullopt;
  // Whoever can answer for us without TLS could be its author.
  if (entry.secure && url->scheme != "https") return std::nullopt;
  const auto named = wire::parse_exposure_host(url->host, dev_subdomain_);
  if (named.kind == wire::ExposureHost::Kind::exposure) return named.session;
  if (entry.allocated_port == 0 || url->host != entry.host) return std::nullopt;
  const auto door = admission_.find_allocated(port_of(*url));
  if (!door.session || door.exposure.protocol == "tcp") return std::nullopt;
  return door.session->id;
}

}  // namespace server
