#include "server/gateway/cookie_watch.hpp"

#include <algorithm>

namespace server {
namespace {

constexpr std::string_view kPrefix = "helix_";
/// What the values begin with: auth/tokens.hpp, a login at the platform and one at an app.
constexpr std::string_view kLoginMark = "=hb-";
constexpr std::string_view kAppMark = "=ha-";
/// More than the longest name of ours and its mark, "helix_app_65535=ha-".
constexpr std::size_t kTailBytes = 32;

bool holds_login(std::string_view text) {
  constexpr std::string_view kName = "abcdefghijklmnopqrstuvwxyz0123456789_";
  for (auto at = text.find(kPrefix); at != std::string_view::npos; at = text.find(kPrefix, at + 1)) {
    const auto end = text.find_first_not_of(kName, at);
    if (end == std::string_view::npos) return false;
    const auto mark = text.substr(end, kLoginMark.size());
    if (mark == kLoginMark || mark == kAppMark) return true;
  }
  return false;
}

/// RFC 9110 §5.6.2, what a method is made of.
bool is_token_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         (c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos);
}

}  // namespace

bool CookieWatch::may_be_http(std::string_view piece) {
  if (kind_ != Kind::unknown) return kind_ == Kind::http;
  const auto end = std::find_if_not(piece.begin(), piece.end(), is_token_char);
  if (end == piece.end()) return true;
  kind_ = *end == ' ' ? Kind::http : Kind::other;
  return kind_ == Kind::http;
}

bool CookieWatch::passes(std::string_view piece) {
  if (!may_be_http(piece)) {
    tail_.clear();
    return true;
  }
  std::string text = std::move(tail_);
  text += piece;
  if (holds_login(text)) return false;
  tail_ = text.substr(text.size() - std::min(text.size(), kTailBytes));
  return true;
}

}  // namespace server
