#include "server/expose/exposure_urls.hpp"

#include "wire/exposure_host.hpp"

namespace server {
namespace {

struct Origin {
  std::string scheme;
  std::string host;  // an IPv6 address with its brackets
  std::string port;  // with its colon; "" where the scheme's own is meant
};

/// `base_url` is a setting that was checked, or made from a Host field that was.
Origin parse_origin(std::string_view base_url) {
  Origin out;
  const auto mark = base_url.find("://");
  out.scheme = std::string(base_url.substr(0, mark));
  const auto authority = base_url.substr(mark == std::string_view::npos ? base_url.size() : mark + 3);
  const auto bracket = authority.rfind(']');
  const auto colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  out.host = std::string(authority.substr(0, colon));
  if (colon != std::string_view::npos && colon + 1 < authority.size())
    out.port = std::string(authority.substr(colon));
  return out;
}

std::string to_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

/// RFC 6761 §6.3: names under localhost are this machine's.
bool is_localhost(std::string_view name) { return name == "localhost" || name.ends_with(".localhost"); }

bool came_from_here(const Origin& origin) {
  const auto host = to_lower(origin.host);
  return is_localhost(host) || host == "127.0.0.1" || host == "[::1]";
}

void add_host_urls(const store::ExposureRecord& exposure, const Origin& origin, const std::string& domain,
                   std::vector<std::string>& out) {
  if (domain.empty() || (is_localhost(domain) && !came_from_here(origin))) return;
  const auto url = [&](const std::string& label) {
    return origin.scheme + "://" + label + "." + domain + origin.port + "/";
  };
  if (!exposure.name.empty()) out.push_back(url(wire::make_host_label(exposure.session, exposure.name)));
  out.push_back(url(wire::make_host_label(exposure.session, exposure.port)));
}

/// What an app has an origin of its own at.
std::vector<std::string> own_urls(const store::ExposureRecord& exposure, const Origin& origin,
                                  const UrlBase& base) {
  std::vector<std::string> out;
  add_host_urls(exposure, origin, to_lower(base.dev_subdomain), out);
  if (exposure.allocated_port != 0)
    out.push_back(origin.scheme + "://" + origin.host + ":" + std::to_string(exposure.allocated_port) + "/");
  return out;
}

}  // namespace

std::vector<std::string> exposure_urls(const store::ExposureRecord& exposure, const UrlBase& base) {
  const auto origin = parse_origin(base.base_url);
  if (exposure.protocol == "tcp") {
    if (exposure.allocated_port == 0) return {};
    return {"tcp://" + origin.host + ":" + std::to_string(exposure.allocated_port)};
  }
  auto out = own_urls(exposure, origin, base);
  out.push_back(base.base_url + "/api/v1/sessions/" + exposure.session.text() + "/proxy/" +
                std::to_string(exposure.port) + "/");
  return out;
}

std::vector<std::string> share_urls(const store::ExposureRecord& exposure, const UrlBase& base,
                                    std::string_view secret) {
  if (exposure.protocol == "tcp") return {};
  auto out = own_urls(exposure, parse_origin(base.base_url), base);
  for (auto& url : out) url += ".helix/share/" + std::string(secret);
  return out;
}

}  // namespace server
