#include "server/gateway/client_side.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace server {
namespace {

constexpr std::string_view kHttps = "https";

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// The items of a list field, over all its lines.
std::vector<std::string_view> items_of(const wire::Fields& fields, std::string_view name) {
  std::vector<std::string_view> items;
  for (const auto& field : fields.all()) {
    if (!wire::same_name(field.name, name)) continue;
    std::string_view rest = field.value;
    while (true) {
      const auto comma = rest.find(',');
      items.push_back(trim(rest.substr(0, comma)));
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
  return items;
}

/// "192.0.2.1", "192.0.2.1:4711", "2001:db8::1" or "[2001:db8::1]:4711"; some proxies add the port.
std::optional<wire::IpAddress> address_in(std::string_view item) {
  if (item.starts_with('[')) {
    const auto end = item.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    item = item.substr(1, end - 1);
  } else if (item.find(':') != std::string_view::npos && item.find(':') == item.rfind(':')) {
    item = item.substr(0, item.find(':'));
  }
  const auto address = wire::IpAddress::parse(item);
  if (!address) return std::nullopt;
  return *address;
}

}  // namespace

bool peer_is_proxy(const io::http::ConnectionInfo& connection, const GatewayOptions& options) {
  return options.trusted_proxies.contains(connection.peer);
}

std::string client_address(const io::http::ConnectionInfo& connection, const wire::Fields& fields,
                           const GatewayOptions& options) {
  if (!peer_is_proxy(connection, options)) return connection.peer;
  std::string client = connection.peer;
  const auto items = items_of(fields, "X-Forwarded-For");
  for (auto item = items.rbegin(); item != items.rend(); ++item) {
    const auto address = address_in(*item);
    if (!address) break;  // what is left of nonsense is no better: the proxy that passed it on is all we know
    client = address->text();
    if (!options.trusted_proxies.contains(*address)) break;
  }
  return client;
}

std::string client_scheme(const io::http::ConnectionInfo& connection, const wire::Fields& fields,
                          const GatewayOptions& options) {
  if (peer_is_proxy(connection, options)) {
    const auto items = items_of(fields, "X-Forwarded-Proto");
    const auto said = items.empty() ? std::string_view() : items.back();
    if (wire::same_name(said, kHttps)) return std::string(kHttps);
    if (wire::same_name(said, "http")) return "http";
  }
  const auto host = fields.find("Host");
  if (options.tls == nullptr && host && options.public_url.starts_with("https://") &&
      wire::same_name(*host, std::string_view(options.public_url).substr(kHttps.size() + 3)))
    return std::string(kHttps);
  return connection.scheme;
}

}  // namespace server
