#include "server/gateway/app_login.hpp"

#include <algorithm>
#include <utility>

#include "server/auth/credentials.hpp"
#include "server/auth/tokens.hpp"
#include "wire/exposure_host.hpp"

namespace server {
namespace {

using base::ErrorCode;

constexpr std::string_view kCallback = "/.helix/callback";
constexpr std::string_view kShare = "/.helix/share/";
constexpr std::string_view kAuthorize = "/api/v1/gateway/authorize";
constexpr std::size_t kStateBytes = 16;
/// Longer ones lead to the app's front page: escaped twice they must stay within a request's target. Chosen.
constexpr std::size_t kMostTarget = 2048;

bool is_state(const std::string& text) {
  const auto hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  return text.size() == 2 * kStateBytes && std::all_of(text.begin(), text.end(), hex);
}

std::string query_text(const wire::RequestHead& head, std::string_view key) {
  return wire::query_value(head.query(), key).value_or("");
}

bool same_text(const std::string& a, const std::string& b) { return same_hash(hash_token(a), hash_token(b)); }

std::string own_location(const wire::RequestHead& head) {
  auto location = local_location(head.target);
  return location.size() > kMostTarget ? "/" : location;
}

Notice bad_link_notice() {
  return {ErrorCode::malformed, "This link leads nowhere",
          "the address to go back to is no app of this server"};
}

}  // namespace

io::http::Response refusal(const wire::RequestHead& head, Verdict verdict) {
  switch (verdict) {
    case Verdict::log_in: {
      const Notice notice{ErrorCode::unauthenticated, "Log in first",
                          "a valid key is needed: X-Helix-Authorization: Bearer …"};
      return notice_response(head, notice);
    }
    case Verdict::wrong_address: return notice_response(head, wrong_address_notice());
    case Verdict::let_in:
    case Verdict::not_found: break;
  }
  return notice_response(head, not_found_notice());
}

std::string AppLogin::api_origin(const Entry& entry) const {
  if (!options_.public_url.empty()) return options_.public_url;
  if (entry.way == AppRequest::Way::host) {
    // All names below localhost are this machine: people log in at the short one, which ./stack start prints.
    const bool here = options_.dev_subdomain.ends_with(".localhost");
    const std::string host = here ? "localhost" : options_.dev_subdomain;
    return entry.scheme + "://" + authority_of(entry.scheme, host, entry.host_port);
  }
  const auto port = entry.scheme == "https" ? options_.tls_port : options_.listen_port;
  return entry.scheme + "://" + authority_of(entry.scheme, entry.host, port);
}

io::http::Response AppLogin::begin(const wire::RequestHead& head, const Entry& entry) {
  const std::string scheme = entry.secure ? "https" : "http";
  const auto public_url = parse_app_url(options_.public_url);
  const bool by_port = entry.way == AppRequest::Way::port;
  if (by_port && public_url && public_url->host != entry.host) {
    // The code goes to the host of the public URL alone, and that is where the cookies have to be.
    const auto there = authority_of(scheme, public_url->host, entry.allocated_port);
    return redirect_response(scheme + "://" + there + local_location(head.target));
  }
  const auto port = by_port ? entry.allocated_port : entry.host_port;
  const auto state = base::random_hex(kStateBytes, parts_.random);
  const std::string back = scheme + "://" + authority_of(scheme, entry.host, port) + own_location(head);
  auto response = redirect_response(api_origin(entry) + std::string(kAuthorize) +
                                    "?to=" + wire::percent_encode(back) + "&state=" + state);
  response.fields.add("Set-Cookie", set_state_cookie(entry.cookies(), state));
  return response;
}

std::optional<AppLogin::Return> AppLogin::find_return(const std::string& to, const std::string& base_url) {
  const auto url = parse_app_url(to);
  const auto api = parse_app_url(base_url);
  if (!url || !api) return std::nullopt;
  Return out;
  out.host = url->host;
  out.target = url->target;
  // Scheme and port are ours to say, not the URL's: on another port of that host somebody else may listen.
  const auto named = wire::parse_exposure_host(url->host, options_.dev_subdomain);
  if (named.kind == wire::ExposureHost::Kind::exposure) {
    out.door = named.name.empty() ? parts_.admission.find(named.session, named.port)
                                  : parts_.admission.find(named.session, named.name);
    out.origin = api->scheme + "://" + authority_of(api->scheme, url->host, api->port);
    return out;
  }
  const bool in_range =
      options_.ports && url->port >= options_.ports->first && url->port <= options_.ports->last;
  if (!in_range || url->host != api->host) return std::nullopt;
  out.door = parts_.admission.find_allocated(url->port);
  if (out.door.exposure.protocol == "tcp") return std::nullopt;
  out.allocated_port = url->port;
  const std::string scheme = options_.tls != nullptr ? "https" : "http";
  out.origin = scheme + "://" + authority_of(scheme, url->host, url->port);
  return out;
}

io::http::Response AppLogin::authorise(const Asked& asked) {
  const auto state = query_text(asked.head, "state");
  const auto back = find_return(query_text(asked.head, "to"), asked.base_url);
  if (!back || !is_state(state)) return notice_response(asked.head, bad_link_notice());
  if (!asked.caller.by_cookie || !asked.caller.user || !asked.caller.login) {
    // What the browser asked for, made anew: nothing of it goes further that was not read here.
    const std::string next = std::string(kAuthorize) +
                             "?to=" + wire::percent_encode(query_text(asked.head, "to")) + "&state=" + state;
    return redirect_response("/login?next=" + wire::percent_encode(next));
  }
  Visitor visitor;
  visitor.caller = asked.caller;
  visitor.address = asked.client;
  const auto verdict = parts_.admission.check(back->door, visitor);
  if (verdict != Verdict::let_in || !back->door.session) return refusal(asked.head, verdict);

  AppTicket ticket;
  ticket.session = back->door.session->id;
  ticket.port = back->door.exposure.port;
  ticket.host = back->host;
  ticket.allocated_port = back->allocated_port;
  ticket.state = state;
  ticket.user = asked.caller.user->id;
  ticket.login = *asked.caller.login;
  const auto code = codes_.issue(std::move(ticket));
  return redirect_response(back->origin + std::string(kCallback) + "?code=" + code.expose() +
                           "&state=" + state + "&to=" + wire::percent_encode(back->target));
}

io::Task<io::http::Response> AppLogin::serve_own(const wire::RequestHead& head, const Entry& entry,
                                                 const Door& door, const Visitor& visitor) {
  const auto path = head.path();
  const bool is_own = path == kCallback || path.starts_with(kShare);
  if (!is_own) co_return notice_response(head, not_found_notice());
  if (head.method != "GET") {
    auto response = notice_response(head, {ErrorCode::malformed, "Not this way", "this address takes GET"});
    response.status = 405;
    response.fields.add("Allow", "GET");
    co_return response;
  }
  if (!is_allowed_address(door.exposure.allow_cidrs, entry.client))
    co_return refusal(head, Verdict::wrong_address);
  auto refused = refuse_guessing(head, entry.client);
  if (refused) co_return *std::move(refused);
  if (path == kCallback) co_return co_await finish(head, entry, door, visitor);
  std::string secret(path.substr(kShare.size()));
  co_return co_await open_share_link(head, entry, door, std::move(secret));
}

std::optional<io::http::Response> AppLogin::refuse_guessing(const wire::RequestHead& head,
                                                            const std::string& client) {
  const auto wait = parts_.attempts.must_wait(client);
  if (!wait) return std::nullopt;
  auto response = notice_response(head, too_many_notice());
  response.fields.add("Retry-After", std::to_string(wait->count()));
  return response;
}

std::optional<AppTicket> AppLogin::take_ticket(const wire::RequestHead& head, const Entry& entry,
                                               const Door& door) {
  constexpr std::size_t kMostStates = 4;
  const auto state = query_text(head, "state");
  auto ticket = codes_.redeem(query_text(head, "code"));
  if (!ticket || !door.session || !is_state(state)) return std::nullopt;
  const auto remembered = find_cookies(head.fields, state_cookie_name(entry.cookies()), kMostStates);
  const bool began_here = std::any_of(remembered.begin(), remembered.end(),
                                      [&state](const std::string& value) { return same_text(value, state); });
  const bool is_for_here = ticket->session == door.session->id && ticket->port == door.exposure.port &&
                           ticket->host == entry.host && ticket->allocated_port == entry.allocated_port &&
                           same_text(ticket->state, state);
  if (!began_here || !is_for_here) return std::nullopt;
  return ticket;
}

io::Task<io::http::Response> AppLogin::finish(const wire::RequestHead& head, const Entry& entry,
                                              const Door& door, const Visitor& visitor) {
  const auto location = local_location(query_text(head, "to"));
  const auto ticket = take_ticket(head, entry, door);
  if (!ticket) {
    // Somebody who went back in the history is in already.
    if (parts_.admission.check(door, visitor) == Verdict::let_in) co_return redirect_response(location);
    parts_.attempts.note_failure(entry.client);
    const Notice notice{ErrorCode::malformed, "This login is over",
                        "the link of this login was used already, or is too old", "Try again", location};
    co_return notice_response(head, notice);
  }
  store::AppLoginRecord login;
  login.session = ticket->session;
  login.port = ticket->port;
  login.user = ticket->user;
  login.login = ticket->login;
  login.created_at = parts_.clock.now();
  login.expires_at = login.created_at + kAppLoginTime;
  co_return co_await let_in(head, entry, std::move(login), location);
}

io::Task<io::http::Response> AppLogin::open_share_link(const wire::RequestHead& head, const Entry& entry,
                                                       const Door& door, std::string secret) {
  const auto now = parts_.clock.now();
  const auto hash = hash_token(secret);
  const auto link = parts_.store.find_share_link(hash, now);
  const bool is_for_here =
      link && door.session && link->session == door.session->id && link->port == door.exposure.port;
  if (!is_for_here) {
    parts_.attempts.note_failure(entry.client);
    log_.warn("gateway.share_link_refused", {{"peer", entry.client}});
    co_return notice_response(head, not_found_notice());
  }
  store::AppLoginRecord login;
  login.session = link->session;
  login.port = link->port;
  login.share = link->id;
  login.created_at = now;
  login.expires_at = now + kAppLoginTime;
  if (link->expires_at) login.expires_at = std::min(login.expires_at, *link->expires_at);
  auto entering = let_in(head, entry, std::move(login), "/");
  auto response = co_await std::move(entering);
  // Rotated while the login was written: the link is still there, but not by this secret. Nobody learns the
  // cookie.
  if (!parts_.store.find_share_link(hash, now)) co_return notice_response(head, not_found_notice());
  co_return response;
}

io::Task<io::http::Response> AppLogin::let_in(const wire::RequestHead& head, const Entry& entry,
                                              store::AppLoginRecord login, std::string location) {
  const auto cookie = make_token("ha-", parts_.random);
  login.hash = hash_token(cookie.expose());
  const auto created = co_await parts_.store.create_app_login(std::move(login));
  if (!created) {
    log_.warn("gateway.login_not_kept", {{"error", created.error().message()}});
    // The login or link ended in between, most likely.
    const Notice notice{ErrorCode::unavailable, "That did not work", "the login could not be kept; try again",
                        "Try again", location};
    co_return notice_response(head, notice);
  }
  auto response = redirect_response(std::move(location));
  response.fields.add("Set-Cookie", set_app_cookie(entry.cookies(), cookie));
  response.fields.add("Set-Cookie", clear_state_cookie(entry.cookies()));
  co_return response;
}

}  // namespace server
