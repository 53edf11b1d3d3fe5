#include "wire/sharing.hpp"

#include <algorithm>

#include <boost/json/array.hpp>

#include "wire/json_object.hpp"

namespace wire {
namespace {

constexpr std::size_t kMostLabel = 64;             // bytes, chosen
constexpr std::int64_t kLeastSeconds = 60;         // chosen
constexpr std::int64_t kMostSeconds = 31'536'000;  // a year
constexpr std::size_t kMostUser = 255;             // bytes; names are shorter

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

}  // namespace

base::Result<NewShareLink> decode_new_share_link(std::string_view body) {
  const auto object = parse_json_object(body.empty() ? std::string_view("{}") : body);
  if (!object) return tl::unexpected(object.error());
  ObjectReader in(*object);
  NewShareLink out;
  out.label = in.text("label", kMostLabel).value_or("");
  if (std::any_of(out.label.begin(), out.label.end(), is_control))
    in.refuse("label", "must not hold control characters");
  const auto seconds = in.integer("expires_in_seconds", kLeastSeconds, kMostSeconds);
  if (seconds) out.expires_in = std::chrono::seconds(*seconds);
  const auto done = in.finish();
  if (!done) return tl::unexpected(done.error());
  return out;
}

boost::json::object to_json(const ShareLink& link) {
  boost::json::object out{{"id", link.id.text()}, {"port", link.port}, {"label", link.label}};
  out["created_at"] = base::to_rfc3339(link.created_at);
  out["expires_at"] = nullptr;
  if (link.expires_at) out["expires_at"] = base::to_rfc3339(*link.expires_at);
  if (link.urls.empty()) return out;
  out["url"] = link.urls.front();
  boost::json::array urls;
  for (const auto& url : link.urls) urls.emplace_back(url);
  out["urls"] = std::move(urls);
  return out;
}

base::Result<std::string> decode_invitation(std::string_view body) {
  const auto object = parse_json_object(body);
  if (!object) return tl::unexpected(object.error());
  ObjectReader in(*object);
  auto user = in.text("user", kMostUser);
  in.require(user.has_value() && !user->empty(), "user");
  const auto done = in.finish();
  if (!done) return tl::unexpected(done.error());
  return *std::move(user);
}

boost::json::object to_invitation_json(const User& user) {
  return {{"user_id", user.id.text()}, {"name", user.name}};
}

}  // namespace wire
