#include "server/gateway/cookie_rules.hpp"

#include <algorithm>
#include <array>

#include "wire/http_head.hpp"

namespace server {
namespace {

constexpr std::array<std::string_view, 2> kPlatformPrefixes{"helix_", "__Host-helix_"};

bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

/// Takes the text up to the next ';' off `rest`.
std::string_view take_part(std::string_view& rest) {
  const auto part = rest.substr(0, rest.find(';'));
  rest.remove_prefix(std::min(rest.size(), part.size() + 1));
  return part;
}

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && byte != '\t') || byte == 0x7f;
}

/// Of an attribute `Domain=value`, without the leading dot that browsers ignore; nullopt for another
/// attribute.
std::optional<std::string_view> domain_of(std::string_view attribute) {
  const auto equals = attribute.find('=');
  if (!wire::same_name(trim(attribute.substr(0, equals)), "Domain")) return std::nullopt;
  if (equals == std::string_view::npos) return std::string_view();
  auto domain = trim(attribute.substr(equals + 1));
  if (domain.starts_with('.')) domain.remove_prefix(1);
  return domain;
}

}  // namespace

bool is_platform_cookie(std::string_view pair) {
  while (!pair.empty() && (is_blank(pair.front()) || pair.front() == '=')) pair.remove_prefix(1);
  return std::any_of(kPlatformPrefixes.begin(), kPlatformPrefixes.end(), [&](std::string_view prefix) {
    return wire::same_name(pair.substr(0, prefix.size()), prefix);
  });
}

std::optional<std::string> strip_platform_cookies(std::string_view value) {
  std::string kept;
  bool stripped = false;
  for (auto rest = value; !rest.empty();) {
    const auto pair = trim(take_part(rest));
    if (is_platform_cookie(pair)) stripped = true;
    if (pair.empty() || is_platform_cookie(pair)) continue;
    if (!kept.empty()) kept += "; ";
    kept += pair;
  }
  if (!stripped) return std::string(value);
  if (kept.empty()) return std::nullopt;
  return kept;
}

std::optional<std::string> judge_set_cookie(std::string_view value, std::string_view own_host) {
  if (std::any_of(value.begin(), value.end(), is_control)) return std::nullopt;
  auto rest = value;
  const auto pair = take_part(rest);
  if (is_platform_cookie(pair)) return std::nullopt;

  std::string kept(pair);
  bool changed = false;
  while (!rest.empty()) {
    const auto attribute = take_part(rest);
    const auto domain = domain_of(attribute);
    // Browsers take the last of several; none of them may be wider.
    if (domain && !domain->empty() && !wire::same_name(*domain, own_host)) return std::nullopt;
    if (domain) {
      changed = true;
      continue;
    }
    kept += ";";
    kept += attribute;
  }
  if (!changed) return std::string(value);
  return kept;
}

std::string host_without_port(std::string_view authority) {
  const auto end = authority.starts_with('[') ? authority.find(']') + 1 : authority.find(':');
  std::string host(authority.substr(0, end));
  std::transform(host.begin(), host.end(), host.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return host;
}

}  // namespace server
