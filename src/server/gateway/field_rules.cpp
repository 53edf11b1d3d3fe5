#include "server/gateway/field_rules.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "server/gateway/cookie_rules.hpp"

namespace server {
namespace {

using wire::same_name;

/// RFC 9110 §7.6.1, and what older peers send.
constexpr std::array<std::string_view, 7> kHopByHop{"Connection", "Keep-Alive", "Proxy-Connection", "TE",
                                                    "Trailer",    "Upgrade",    "HTTP2-Settings"};

/// A Connection field must not remove these (contracts.md): Host, framing, credentials, our own.
constexpr std::array<std::string_view, 6> kNeverNamed{"Host",          "Content-Length", "Transfer-Encoding",
                                                      "Authorization", "Cookie",         "Set-Cookie"};

/// The last three speak for the whole origin, too: with NEL a browser reports the URLs of all its requests,
/// those with codes and share links among them, to whom the app names.
constexpr std::array<std::string_view, 9> kBeyondThePage{"Set-Cookie",
                                                         "Set-Cookie2",
                                                         "Clear-Site-Data",
                                                         "Service-Worker-Allowed",
                                                         "Strict-Transport-Security",
                                                         "Alt-Svc",
                                                         "NEL",
                                                         "Report-To",
                                                         "Set-Login"};

/// Scripts run, but in an origin of their own: without allow-same-origin the page has no cookie and no access
/// to the UI.
constexpr std::string_view kSandboxPolicy =
    "sandbox allow-scripts allow-forms allow-popups allow-modals allow-downloads";

template <std::size_t Size>
bool contains(const std::array<std::string_view, Size>& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view entry) { return same_name(entry, name); });
}

bool starts_with_name(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && same_name(text.substr(0, prefix.size()), prefix);
}

/// Also with '_' for '-': servers that make variables of field names take the two for one.
bool is_forwarding_field(std::string_view spelled) {
  std::string name(spelled);
  std::replace(name.begin(), name.end(), '_', '-');
  return starts_with_name(name, "X-Forwarded-") || same_name(name, "Forwarded") ||
         same_name(name, "X-Real-IP");
}

/// The platform's own; never removed because a peer says so.
bool is_own_field(std::string_view name) { return starts_with_name(name, "X-Helix-"); }

bool is_blank(char c) { return c == ' ' || c == '\t'; }

/// Names that the Connection fields list and that may be removed for it.
std::vector<std::string> named_by_connection(const wire::Fields& fields) {
  std::vector<std::string> names;
  for (const auto& field : fields.all()) {
    if (!same_name(field.name, "Connection")) continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      auto name = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(rest.size(), name.size() + 1));
      while (!name.empty() && is_blank(name.front())) name.remove_prefix(1);
      while (!name.empty() && is_blank(name.back())) name.remove_suffix(1);
      if (!name.empty() && !contains(kNeverNamed, name) && !is_forwarding_field(name) && !is_own_field(name))
        names.emplace_back(name);
    }
  }
  return names;
}

}  // namespace

bool asks_for_upgrade(const wire::RequestHead& head) {
  return head.minor_version == 1 && head.fields.has_token("Connection", "upgrade") &&
         head.fields.count("Upgrade") == 1 && !head.fields.has_token("Upgrade", "h2c");
}

void remove_hop_by_hop(wire::Fields& fields) {
  const auto named = named_by_connection(fields);
  std::erase_if(fields.all(), [&](const wire::Field& field) {
    const bool is_named = std::any_of(named.begin(), named.end(),
                                      [&](const std::string& name) { return same_name(name, field.name); });
    return is_named || contains(kHopByHop, field.name);
  });
}

namespace {

/// All values of a list field as one list; "" without it.
std::string joined(const wire::Fields& fields, std::string_view name) {
  std::string list;
  for (const auto& field : fields.all()) {
    if (!same_name(field.name, name) || field.value.empty()) continue;
    if (!list.empty()) list += ", ";
    list += field.value;
  }
  return list;
}

std::string extended(std::string list, const std::string& entry) {
  if (list.empty()) return entry;
  return list + ", " + entry;
}

/// Who a proxy says the client is goes before who the proxy is (RFC 7239 §5.2 and its common forerunner).
void add_forwarding(wire::Fields& out, const wire::Fields& came, const std::string& host,
                    const ClientSide& client) {
  const auto& peer = client.peer.empty() ? client.address : client.peer;
  std::string proxied_host;
  std::string prefix = client.prefix;
  if (client.peer_is_proxy) {
    for (const auto& field : came.all()) {
      constexpr std::array<std::string_view, 6> kOurs{"X-Forwarded-For",  "X-Forwarded-Proto",
                                                      "X-Forwarded-Host", "X-Forwarded-Prefix",
                                                      "X-Real-IP",        "Forwarded"};
      const bool underscored = field.name.find('_') != std::string::npos;
      if (is_forwarding_field(field.name) && !underscored && !contains(kOurs, field.name))
        out.add(field.name, field.value);
    }
    proxied_host = came.find("X-Forwarded-Host").value_or("");
    prefix = std::string(came.find("X-Forwarded-Prefix").value_or("")) + prefix;
    const auto forwarded = joined(came, "Forwarded");
    const bool is_ipv6 = peer.find(':') != std::string::npos;
    if (!forwarded.empty())
      out.add("Forwarded", forwarded + ", for=" + (is_ipv6 ? "\"[" + peer + "]\"" : peer));
  }
  out.add("X-Forwarded-For",
          client.peer_is_proxy ? extended(joined(came, "X-Forwarded-For"), peer) : client.address);
  out.add("X-Forwarded-Proto", client.scheme);
  out.add("X-Forwarded-Host", proxied_host.empty() ? host : proxied_host);
  out.add("X-Real-IP", client.address);
  if (!prefix.empty()) out.add("X-Forwarded-Prefix", prefix);
}

}  // namespace

wire::Fields request_fields(const wire::RequestHead& head, const ClientSide& client) {
  wire::Fields fields = head.fields;
  const bool upgrade = asks_for_upgrade(head);
  const std::string protocol(head.fields.find("Upgrade").value_or(""));
  const std::string host(head.fields.find("Host").value_or(""));
  const bool wants_trailers = head.fields.has_token("TE", "trailers");
  remove_hop_by_hop(fields);

  wire::Fields out;
  // An HTTP/1.0 client may name no host; the app is asked in HTTP/1.1, which needs one.
  const auto& host_for_app = client.host.empty() ? host : client.host;
  if (fields.count("Host") == 0 && !host_for_app.empty()) out.add("Host", host_for_app);
  for (auto& field : fields.all()) {
    if (is_forwarding_field(field.name) || same_name(field.name, "X-Helix-Authorization")) continue;
    if (client.key_in_authorization && same_name(field.name, "Authorization")) continue;
    if (same_name(field.name, "Cookie")) {
      auto kept = strip_platform_cookies(field.value);
      if (kept) out.add(field.name, std::move(*kept));
      continue;
    }
    if (same_name(field.name, "Host")) field.value = host_for_app;
    out.add(std::move(field.name), std::move(field.value));
  }
  add_forwarding(out, head.fields, host, client);
  if (wants_trailers) out.add("TE", "trailers");
  out.add("Connection", upgrade ? "Upgrade" : "close");
  if (upgrade) out.add("Upgrade", protocol);
  return out;
}

void apply_path_rules(wire::ResponseHead& head) {
  std::erase_if(head.fields.all(),
                [](const wire::Field& field) { return contains(kBeyondThePage, field.name); });
  // The app's own policy stays beside ours: a browser applies both.
  if (head.status >= 200) head.fields.add("Content-Security-Policy", std::string(kSandboxPolicy));
}

namespace {

/// Clear-Site-Data with "cookies" empties the whole registrable domain, the platform's logins with it.
bool clears_cookies(const wire::Field& field) {
  if (!same_name(field.name, "Clear-Site-Data")) return false;
  return field.value.find("\"cookies\"") != std::string::npos ||
         field.value.find("\"*\"") != std::string::npos;
}

}  // namespace

void apply_host_rules(wire::ResponseHead& head, std::string_view own_host) {
  wire::Fields kept;
  for (auto& field : head.fields.all()) {
    if (clears_cookies(field)) continue;
    if (same_name(field.name, "Set-Cookie")) {
      auto cookie = judge_set_cookie(field.value, own_host);
      if (!cookie) continue;
      field.value = std::move(*cookie);
    }
    kept.add(std::move(field.name), std::move(field.value));
  }
  head.fields = std::move(kept);
}

void remove_framing(wire::Fields& fields) {
  fields.remove("Content-Length");
  fields.remove("Transfer-Encoding");
}

wire::Fields pass_trailers(const wire::Fields& trailers) {
  constexpr std::array<std::string_view, 5> kNotInTrailers{"Content-Length", "Transfer-Encoding", "Host",
                                                           "Authorization", "Cookie"};
  wire::Fields out;
  for (const auto& field : trailers.all()) {
    if (is_forwarding_field(field.name) || is_own_field(field.name) || contains(kNotInTrailers, field.name))
      continue;
    if (contains(kBeyondThePage, field.name) || contains(kHopByHop, field.name)) continue;
    out.add(field.name, field.value);
  }
  return out;
}

bool is_navigation(const wire::RequestHead& head) {
  if ((head.method != "GET" && head.method != "HEAD") || asks_for_upgrade(head)) return false;
  const auto mode = head.fields.find("Sec-Fetch-Mode");
  if (mode) return *mode == "navigate";
  return head.fields.find("Accept").value_or("").starts_with("text/html");
}

}  // namespace server
