#include "wire/ids.hpp"

#include <algorithm>

namespace wire {
namespace {

constexpr std::size_t kUlidSize = 26;
constexpr std::string_view kCrockford = "0123456789abcdefghjkmnpqrstvwxyz";

bool is_ulid(std::string_view text) {
  return text.size() == kUlidSize && text.find_first_not_of(kCrockford) == std::string_view::npos;
}

std::string prefixed_ulid(std::string_view text, std::string_view prefix) {
  if (!text.starts_with(prefix) || !is_ulid(text.substr(prefix.size()))) return {};
  return std::string(text);
}

}  // namespace

std::string SessionKind::normalise(std::string_view text) {
  if (text.starts_with("ses-")) return prefixed_ulid("ses_" + std::string(text.substr(4)), "ses_");
  return prefixed_ulid(text, "ses_");
}

std::string SandboxKind::normalise(std::string_view text) {
  constexpr std::size_t kMostLabel = 63;  // RFC 1035 §2.3.4
  if (text.empty() || text.size() > kMostLabel || text.front() == '-' || text.back() == '-') return {};
  const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  if (!std::all_of(text.begin(), text.end(), allowed)) return {};
  return std::string(text);
}

std::string UserKind::normalise(std::string_view text) { return prefixed_ulid(text, "usr_"); }

std::string KeyKind::normalise(std::string_view text) { return prefixed_ulid(text, "key_"); }

std::string ShareLinkKind::normalise(std::string_view text) { return prefixed_ulid(text, "shl_"); }

std::string_view ulid_of(const SessionId& id) { return std::string_view(id.text()).substr(4); }

std::string hydra_runner(const SandboxId& id) { return "hydra-" + id.text(); }

std::string desktop_runner(const SessionId& id) { return "desktop-" + id.text(); }

}  // namespace wire
