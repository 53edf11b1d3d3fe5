#include "wire/exposure_host.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace wire {
namespace {

using Kind = ExposureHost::Kind;

constexpr std::size_t kMostHost = 253;    // RFC 1035 §2.3.4, as text
constexpr std::size_t kMostLabel = 63;    // RFC 1035 §2.3.4
constexpr std::size_t kMostName = 24;     // as wire/exposure.cpp allows
constexpr std::size_t kSessionSize = 30;  // "ses-" and a ULID

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return c >= 'a' && c <= 'z'; }

std::string to_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

/// 1–65535 without zeros in front: one port has one spelling, so it has one origin.
std::optional<std::uint16_t> port_of(std::string_view digits) {
  constexpr std::size_t kMostDigits = 5;
  constexpr std::uint32_t kMostPort = 65535;
  if (digits.empty() || digits.size() > kMostDigits || digits.front() == '0') return std::nullopt;
  std::uint32_t number = 0;
  for (const char c : digits) {
    if (!is_digit(c)) return std::nullopt;
    number = number * 10 + static_cast<std::uint32_t>(c - '0');
  }
  if (number > kMostPort) return std::nullopt;
  return static_cast<std::uint16_t>(number);
}

/// "" for what may not stand behind a host; RFC 3986 §3.2.3 allows a colon alone.
bool is_port_suffix(std::string_view text) {
  return text.empty() || text == ":" || (text.front() == ':' && (text == ":0" || port_of(text.substr(1))));
}

bool is_label(std::string_view label) {
  const auto allowed = [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '_'; };
  return !label.empty() && label.size() <= kMostLabel && std::all_of(label.begin(), label.end(), allowed);
}

bool is_host(std::string_view host) {
  if (host.empty() || host.size() > kMostHost) return false;
  while (true) {
    const auto dot = host.find('.');
    if (!is_label(host.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    host.remove_prefix(dot + 1);
  }
}

/// Not a full parser: nothing of ours is an address, so it only has to be one at a glance.
bool is_bracketed(std::string_view field) {
  const auto end = field.find(']');
  if (field.size() < 4 || field.front() != '[' || end == std::string_view::npos) return false;
  const auto inner = field.substr(1, end - 1);
  const auto allowed = [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || c == ':' || c == '.'; };
  return inner.size() >= 2 && inner.find(':') != std::string_view::npos &&
         std::all_of(inner.begin(), inner.end(), allowed) && is_port_suffix(field.substr(end + 1));
}

bool is_name(std::string_view name) {
  const auto allowed = [](char c) { return is_letter(c) || is_digit(c) || c == '-'; };
  return !name.empty() && name.size() <= kMostName && std::all_of(name.begin(), name.end(), allowed) &&
         !name.starts_with("ses-");
}

bool looks_like_ours(std::string_view label) {
  constexpr std::array<std::string_view, 2> kBegins{"ses-", "ses_"};
  constexpr std::array<std::string_view, 2> kHolds{"-ses-", "-ses_"};
  const auto begins = [&](std::string_view sign) { return label.starts_with(sign); };
  const auto holds = [&](std::string_view sign) { return label.find(sign) != std::string_view::npos; };
  return std::any_of(kBegins.begin(), kBegins.end(), begins) ||
         std::any_of(kHolds.begin(), kHolds.end(), holds);
}

/// Fills what the label names; false when it names nothing.
bool read_label(std::string_view label, ExposureHost& out) {
  if (label.size() <= kSessionSize + 1) return false;
  const auto first = SessionId::parse(label.substr(0, kSessionSize));
  if (first) {
    const auto port = port_of(label.substr(kSessionSize + 1));
    if (label[kSessionSize] != '-' || !port) return false;
    out.session = *first;
    out.port = *port;
    return true;
  }
  const auto at = label.size() - kSessionSize;
  const auto last = SessionId::parse(label.substr(at));
  const auto front = label.substr(0, at - 1);
  if (!last || label[at - 1] != '-' || front.empty()) return false;
  out.session = *last;
  const bool numbered =
      front.size() > 1 && front.front() == 'p' && std::all_of(front.begin() + 1, front.end(), is_digit);
  if (numbered) {
    const auto port = port_of(front.substr(1));
    out.port = port.value_or(0);
    return port.has_value();
  }
  out.name = std::string(front);
  return is_name(front);
}

}  // namespace

ExposureHost parse_exposure_host(std::string_view field, std::string_view domain) {
  ExposureHost out;
  const std::string lower = to_lower(field);
  if (is_bracketed(lower)) {
    out.kind = Kind::api;
    out.host = lower.substr(0, lower.find(']') + 1);
    return out;
  }
  const auto colon = std::min(lower.find(':'), lower.size());
  auto host = std::string_view(lower).substr(0, colon);
  if (!is_port_suffix(std::string_view(lower).substr(colon))) return out;
  if (host.ends_with('.')) host.remove_suffix(1);
  if (!is_host(host)) return out;
  out.kind = Kind::api;
  out.host = std::string(host);

  const std::string suffix = "." + to_lower(domain);
  if (suffix.size() == 1 || !host.ends_with(suffix)) return out;
  const auto labels = host.substr(0, host.size() - suffix.size());
  if (labels.find('.') == std::string_view::npos && read_label(labels, out)) {
    out.kind = Kind::exposure;
    return out;
  }
  // A name below one of ours is none either; it must not get the API's cookie and pages.
  const auto dot = labels.rfind('.');
  const auto nearest = dot == std::string_view::npos ? labels : labels.substr(dot + 1);
  ExposureHost none;
  none.kind = looks_like_ours(nearest) ? Kind::not_found : Kind::api;
  none.host = std::move(out.host);
  return none;
}

std::string make_host_label(const SessionId& session, std::uint16_t port) {
  return "ses-" + std::string(ulid_of(session)) + "-" + std::to_string(port);
}

std::string make_host_label(const SessionId& session, std::string_view name) {
  return std::string(name) + "-ses-" + std::string(ulid_of(session));
}

}  // namespace wire
