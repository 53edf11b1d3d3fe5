#include "server/gateway/app_url.hpp"

#include <algorithm>

#include "wire/exposure_host.hpp"

namespace server {
namespace {

constexpr std::size_t kMostUrl = 16 * 1024;  // as a request's target; chosen
constexpr std::uint16_t kHttpPort = 80;
constexpr std::uint16_t kHttpsPort = 443;

bool is_plain(char c) { return c > ' ' && c < '\x7f' && c != '\\' && c != '#'; }

std::uint16_t own_port(std::string_view scheme) { return scheme == "https" ? kHttpsPort : kHttpPort; }

/// Of an authority that was found to be well formed.
std::uint16_t port_in(std::string_view authority) {
  const auto colon = authority.rfind(':');
  if (colon == std::string_view::npos || authority.find(']', colon) != std::string_view::npos) return 0;
  std::uint32_t number = 0;
  for (const char c : authority.substr(colon + 1)) number = number * 10 + static_cast<std::uint32_t>(c - '0');
  return static_cast<std::uint16_t>(number);
}

}  // namespace

std::optional<AppUrl> parse_app_url(std::string_view text) {
  if (text.size() > kMostUrl || !std::all_of(text.begin(), text.end(), is_plain)) return std::nullopt;
  AppUrl url;
  for (const std::string scheme : {"http", "https"}) {
    if (text.starts_with(scheme + "://")) url.scheme = scheme;
  }
  if (url.scheme.empty()) return std::nullopt;
  text.remove_prefix(url.scheme.size() + 3);
  const auto end = std::min(text.find_first_of("/?"), text.size());
  const auto authority = text.substr(0, end);
  const auto host = wire::parse_exposure_host(authority, "");
  if (host.kind == wire::ExposureHost::Kind::invalid) return std::nullopt;
  url.host = host.host;
  url.port = port_in(authority);
  url.target = std::string(text.substr(end));
  if (!url.target.starts_with('/')) url.target = "/" + url.target;
  return url;
}

std::string authority_of(const std::string& scheme, const std::string& host, std::uint16_t port) {
  if (port == 0 || port == own_port(scheme)) return host;
  return host + ":" + std::to_string(port);
}

std::uint16_t port_of(const AppUrl& url) { return url.port == 0 ? own_port(url.scheme) : url.port; }

std::string local_location(std::string_view target) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  if (!target.starts_with('/')) return "/";
  std::string out;
  if (target.starts_with("//")) out = "/.";
  for (const char c : target) {
    if (is_plain(c)) {
      out.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.push_back('%');
    out.push_back(kHex[byte >> 4U]);
    out.push_back(kHex[byte & 0xfU]);
  }
  return out;
}

}  // namespace server
