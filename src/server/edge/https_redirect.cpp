#include "server/edge/https_redirect.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace server {
namespace {

constexpr std::string_view kHttps = "https://";
constexpr std::uint16_t kHttpsPort = 443;

/// "host:port" of a Host field taken apart; the port is with its colon, or empty.
struct Authority {
  std::string host;  // lower case; an IPv6 address with its brackets
  std::string port;
};

Authority split(std::string_view text) {
  const auto end = text.starts_with('[') ? text.find(']') + 1 : text.find(':');
  Authority authority{std::string(text.substr(0, end)), std::string(text.substr(std::min(end, text.size())))};
  std::transform(authority.host.begin(), authority.host.end(), authority.host.begin(), [](unsigned char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
  });
  return authority;
}

std::string without_brackets(const std::string& host) {
  return host.starts_with('[') ? host.substr(1, host.size() - 2) : host;
}

/// What is wrong with a request that no redirect can be made for; "" where nothing is.
std::string_view complaint(const wire::RequestHead& head) {
  const auto host = head.fields.find("Host");
  if (!host || !wire::is_authority(*host)) return "Host is not a host name with an optional port";
  if (!head.target.starts_with('/')) return "the request target must begin with a slash";
  return {};
}

io::http::Response problem(int status, std::string_view detail) {
  std::string body = R"({"type":"about:blank","title":")" + std::string(wire::reason_of(status)) +
                     R"(","status":)" + std::to_string(status) + R"(,"detail":")" + std::string(detail) +
                     "\"}\n";
  return io::http::make_response(status, "application/problem+json", std::move(body));
}

io::http::Response moved(const std::string& origin, const wire::RequestHead& head) {
  auto response = io::http::make_response(308, "text/plain", "this is served over https\n");
  response.fields.add("Location", origin + head.target);
  // Browsers keep a 308 for ever else, also after TLS was switched off again.
  response.fields.add("Cache-Control", "no-store");
  return response;
}

}  // namespace

io::http::Response redirect_to_same_port(const wire::RequestHead& head) {
  const auto wrong = complaint(head);
  if (!wrong.empty()) return problem(400, wrong);
  const auto [host, port] = split(*head.fields.find("Host"));
  // No port stands for http's own here, which https would take for another.
  return moved(std::string(kHttps) + host + (port.size() > 1 ? port : ":80"), head);
}

io::http::Response redirect_to_https(const wire::RequestHead& head, const RedirectRules& rules) {
  const auto wrong = complaint(head);
  if (!wrong.empty()) return problem(400, wrong);
  const auto host = split(*head.fields.find("Host")).host;
  const bool has_public = rules.public_url.starts_with(kHttps);
  const bool is_public =
      has_public && split(std::string_view(rules.public_url).substr(kHttps.size())).host == host;
  if (!is_public && rules.tls_port != 0 && rules.is_certified(without_brackets(host))) {
    const auto port = rules.tls_port == kHttpsPort ? "" : ":" + std::to_string(rules.tls_port);
    return moved(std::string(kHttps) + host + port, head);
  }
  if (has_public) return moved(rules.public_url, head);
  return problem(421, "this host is not served here");
}

}  // namespace server
