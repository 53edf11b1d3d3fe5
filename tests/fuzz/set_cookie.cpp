// An app's Set-Cookie, judged and then read as a browser reads it (RFC 6265bis §5.6): written a second time
// here, in other words, so that one misreading does not hide the other.
#include <string>
#include <vector>

#include "fuzz_target.hpp"
#include "server/gateway/cookie_rules.hpp"
#include "wire/http_head.hpp"

namespace {

constexpr std::string_view kHost = "app.example";

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  while (true) {
    const auto end = text.find(';');
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

bool begins_like_ours(std::string_view text) {
  for (const std::string_view prefix : {"helix_", "__host-helix_"})
    if (wire::same_name(text.substr(0, prefix.size()), prefix)) return true;
  return false;
}

/// What a browser sends for the cookie that `pair` sets.
std::string sent_for(std::string_view pair) {
  const auto equals = pair.find('=');
  const auto name = equals == std::string_view::npos ? std::string_view() : trim(pair.substr(0, equals));
  const auto value = trim(equals == std::string_view::npos ? pair : pair.substr(equals + 1));
  return name.empty() ? std::string(value) : std::string(name) + "=" + std::string(value);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = fuzz::text_of(data, size);
  const auto kept = server::judge_set_cookie(input, kHost);
  const auto stripped = server::strip_platform_cookies(input);
  if (stripped) {
    for (const auto part : split(*stripped))
      fuzz::require(!begins_like_ours(sent_for(part)), "no cookie of ours reaches the app");
  }
  if (!kept) return 0;

  const auto parts = split(*kept);
  fuzz::require(!begins_like_ours(sent_for(parts.front())), "no app sets a cookie of ours");
  for (const char c : *kept) fuzz::require(c != '\r' && c != '\n' && c != '\0', "a cookie is one line");
  for (std::size_t i = 1; i < parts.size(); ++i)
    fuzz::require(!wire::same_name(trim(parts[i].substr(0, parts[i].find('='))), "Domain"),
                  "a cookie stays with its host");
  fuzz::require(kept->size() <= input.size(), "a rule only takes away");
  fuzz::require(server::judge_set_cookie(*kept, kHost) == *kept, "judging twice changes nothing");
  return 0;
}
