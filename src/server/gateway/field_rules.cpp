#include "server/gateway/field_rules.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

namespace server {
namespace {

using wire::same_name;

/// RFC 9110 §7.6.1, and what older peers send.
constexpr std::array<std::string_view, 7> kHopByHop{"Connection", "Keep-Alive", "Proxy-Connection", "TE",
                                                    "Trailer",    "Upgrade",    "HTTP2-Settings"};

/// A Connection field must not remove these (contracts.md): Host, framing, credentials, our own.
constexpr std::array<std::string_view, 6> kNeverNamed{"Host",          "Content-Length", "Transfer-Encoding",
                                                      "Authorization", "Cookie",         "Set-Cookie"};

constexpr std::array<std::string_view, 5> kBeyondThePage{
    "Set-Cookie", "Clear-Site-Data", "Service-Worker-Allowed", "Strict-Transport-Security", "Alt-Svc"};

constexpr std::array<std::string_view, 2> kPlatformCookies{"helix_session", "__Host-helix_session"};

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

bool is_blank(char c) { return c == ' ' || c == '\t'; }

/// The value of a Cookie field without the platform's cookies; nullopt when nothing is left.
std::optional<std::string> strip_cookies(std::string_view value) {
  std::string kept;
  while (!value.empty()) {
    auto pair = value.substr(0, value.find(';'));
    value.remove_prefix(std::min(value.size(), pair.size() + 1));
    while (!pair.empty() && is_blank(pair.front())) pair.remove_prefix(1);
    auto name = pair.substr(0, pair.find('='));
    while (!name.empty() && is_blank(name.back())) name.remove_suffix(1);
    if (pair.empty() || contains(kPlatformCookies, name)) continue;
    if (!kept.empty()) kept += "; ";
    kept += pair;
  }
  if (kept.empty()) return std::nullopt;
  return kept;
}

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
      if (!name.empty() && !contains(kNeverNamed, name) && !is_forwarding_field(name))
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

wire::Fields request_fields(const wire::RequestHead& head, const ClientSide& client) {
  wire::Fields fields = head.fields;
  const bool upgrade = asks_for_upgrade(head);
  const std::string protocol(head.fields.find("Upgrade").value_or(""));
  const std::string host(head.fields.find("Host").value_or(""));
  const bool wants_trailers = head.fields.has_token("TE", "trailers");
  remove_hop_by_hop(fields);

  wire::Fields out;
  for (auto& field : fields.all()) {
    if (is_forwarding_field(field.name) || same_name(field.name, "X-Helix-Authorization")) continue;
    if (client.key_in_authorization && same_name(field.name, "Authorization")) continue;
    if (same_name(field.name, "Cookie")) {
      auto kept = strip_cookies(field.value);
      if (kept) out.add(field.name, std::move(*kept));
      continue;
    }
    out.add(std::move(field.name), std::move(field.value));
  }
  out.add("X-Forwarded-For", client.address);
  out.add("X-Forwarded-Proto", client.scheme);
  out.add("X-Forwarded-Host", host);
  out.add("X-Real-IP", client.address);
  if (!client.prefix.empty()) out.add("X-Forwarded-Prefix", client.prefix);
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

wire::Fields pass_trailers(const wire::Fields& trailers) {
  constexpr std::array<std::string_view, 6> kNotInTrailers{
      "Content-Length", "Transfer-Encoding", "Host", "Authorization", "Cookie", "Connection"};
  wire::Fields out;
  for (const auto& field : trailers.all()) {
    if (is_forwarding_field(field.name) || contains(kNotInTrailers, field.name)) continue;
    if (contains(kBeyondThePage, field.name) || contains(kHopByHop, field.name)) continue;
    out.add(field.name, field.value);
  }
  return out;
}

bool is_navigation(const wire::RequestHead& head) {
  if (head.method != "GET" && head.method != "HEAD") return false;
  const auto mode = head.fields.find("Sec-Fetch-Mode");
  if (mode) return *mode == "navigate";
  return head.fields.find("Accept").value_or("").starts_with("text/html");
}

}  // namespace server
