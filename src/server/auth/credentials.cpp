#include "server/auth/credentials.hpp"

namespace server {
namespace {

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// "https://host:port" of a URL.
std::string_view origin_of(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  return url.substr(0, url.find('/', scheme + 3));
}

}  // namespace

std::optional<std::string> bearer_token(std::string_view field_value) {
  constexpr std::string_view kScheme = "bearer ";
  if (field_value.size() <= kScheme.size()) return std::nullopt;
  const auto scheme = field_value.substr(0, kScheme.size() - 1);
  if (!wire::same_name(scheme, "bearer") || field_value[scheme.size()] != ' ') return std::nullopt;
  const auto token = trim(field_value.substr(kScheme.size()));
  if (token.empty()) return std::nullopt;
  return std::string(token);
}

std::vector<std::string> find_cookies(const wire::Fields& fields, std::string_view name, std::size_t most) {
  std::vector<std::string> values;
  for (const auto& field : fields.all()) {
    if (!wire::same_name(field.name, "Cookie")) continue;
    std::string_view rest = field.value;
    while (!rest.empty() && values.size() < most) {
      const auto end = rest.find(';');
      const auto pair = trim(rest.substr(0, end));
      rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
      const auto equals = pair.find('=');
      if (equals == std::string_view::npos || pair.substr(0, equals) != name) continue;
      values.emplace_back(pair.substr(equals + 1));
    }
  }
  return values;
}

std::optional<std::string> find_cookie(const wire::Fields& fields, std::string_view name) {
  auto values = find_cookies(fields, name, 1);
  if (values.empty()) return std::nullopt;
  return std::move(values.front());
}

std::string login_cookie_name(bool https) { return https ? "__Host-helix_session" : "helix_session"; }

std::string set_login_cookie(const base::Secret& value, bool https, std::chrono::seconds lifetime) {
  return login_cookie_name(https) + "=" + value.expose() +
         "; Path=/; Max-Age=" + std::to_string(lifetime.count()) + "; HttpOnly; SameSite=Lax" +
         (https ? "; Secure" : "");
}

std::string clear_login_cookie(bool https) {
  return set_login_cookie(base::Secret(""), https, std::chrono::seconds(0));
}

base::Result<void> check_origin(const wire::RequestHead& head, const std::string& scheme,
                                const std::string& public_url, bool required) {
  const auto origin = head.fields.find("Origin");
  if (!origin && !required) return {};
  const std::string host(head.fields.find("Host").value_or(""));
  const bool ours =
      origin && !host.empty() && (*origin == scheme + "://" + host || *origin == origin_of(public_url));
  if (ours) return {};
  return base::fail(base::ErrorCode::forbidden,
                    "a request with the browser's login must come from a page of this server");
}

bool is_from_foreign_page(const wire::RequestHead& head) {
  const auto site = head.fields.find("Sec-Fetch-Site").value_or("");
  return site == "same-site" || site == "cross-site";
}

bool is_unsafe(std::string_view method) {
  return method != "GET" && method != "HEAD" && method != "OPTIONS" && method != "TRACE";
}

bool is_json_type(const wire::Fields& fields) {
  const auto type = fields.find("Content-Type").value_or("");
  return wire::same_name(trim(type.substr(0, type.find(';'))), "application/json");
}

}  // namespace server
