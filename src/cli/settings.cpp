#include "cli/settings.hpp"

#include <string_view>

namespace cli {
namespace {

/// "http://host/" and "http://host" are one server.
std::string_view without_slash(std::string_view url) {
  while (url.ends_with('/')) url.remove_suffix(1);
  return url;
}

bool same_server(std::string_view a, std::string_view b) { return without_slash(a) == without_slash(b); }

base::Secret key_for(const std::string& url, const Environment& environment,
                     const std::optional<Config>& login) {
  if (login && !login->api_key.empty() && same_server(login->url, url)) return login->api_key;
  const auto session_url = environment.find("HELIX_API_URL");
  const auto session_key = environment.find("USER_API_TOKEN");
  if (session_url && session_key && same_server(*session_url, url)) return base::Secret(*session_key);
  return {};
}

}  // namespace

Settings resolve_settings(const Environment& environment, const std::optional<Config>& login) {
  const auto url = environment.find("HELIX_URL");
  const auto key = environment.find("HELIX_API_KEY");
  const auto session_url = environment.find("HELIX_API_URL");

  Settings settings;
  if (url)
    settings.url = *url;
  else if (login && !login->url.empty())
    settings.url = login->url;
  else if (session_url)
    settings.url = *session_url;
  else
    settings.url = kDefaultUrl;

  settings.api_key = key ? base::Secret(*key) : key_for(settings.url, environment, login);

  const auto session_id = environment.find("HELIX_SESSION_ID");
  if (session_id && session_url && same_server(*session_url, settings.url)) settings.session_id = *session_id;
  return settings;
}

}  // namespace cli
