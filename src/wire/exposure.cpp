#include "wire/exposure.hpp"

#include <algorithm>
#include <charconv>

#include <boost/json/array.hpp>

#include "wire/cidr.hpp"
#include "wire/exposure_host.hpp"
#include "wire/json_object.hpp"

namespace wire {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostName = 24;  // "<name>-ses-<ulid>" must stay within a 63 character label
constexpr std::size_t kMostHostHeader = 255;
constexpr std::size_t kMostNetworks = 32;     // chosen
constexpr std::size_t kMostNetworkText = 64;  // bytes; the longest IPv6 one has 49

void check_name(ObjectReader& in, std::string_view name) {
  const auto digits = [](char c) { return c >= '0' && c <= '9'; };
  const auto allowed = [digits](char c) { return (c >= 'a' && c <= 'z') || digits(c) || c == '-'; };
  if (name.empty() || name.size() > kMostName || !std::all_of(name.begin(), name.end(), allowed))
    in.refuse("name", "must be 1 to 24 characters of a-z, 0-9 and -");
  if (name.size() > 1 && name.front() == 'p' && std::all_of(name.begin() + 1, name.end(), digits))
    in.refuse("name", "must not be p and a number: that form means a port");
  if (name.starts_with("ses-")) in.refuse("name", "must not begin with ses-: that form means a session");
}

void check_protocol(ObjectReader& in, std::string_view protocol) {
  if (protocol != "http" && protocol != "h2c" && protocol != "tcp")
    in.refuse("protocol", "must be http, h2c or tcp");
}

void check_visibility(ObjectReader& in, const NewExposure& exposure) {
  const auto& visibility = exposure.visibility;
  if (visibility != "private" && visibility != "authenticated" && visibility != "public")
    in.refuse("visibility", "must be private, authenticated or public");
  // Who connects to such a port shows no key, so there is nobody to know.
  if (visibility == "authenticated" && exposure.protocol == "tcp")
    in.refuse("visibility", "must be private or public where the protocol is tcp");
}

std::string read_host_header(ObjectReader& in, std::string_view protocol) {
  const auto given = in.text("host_header", kMostHostHeader);
  if (!given) return NewExposure{}.host_header;
  if (protocol == "tcp") in.refuse("host_header", "must not be given where the protocol is tcp");
  // Under no domain at all, so that every host that is one is the same to it.
  const bool is_host =
      parse_exposure_host(*given, "").kind != ExposureHost::Kind::invalid && !given->ends_with(':');
  if (!is_host)
    in.refuse("host_header", "must be original, localhost, or a host name with or without a port");
  return *given;
}

std::vector<std::string> read_networks(ObjectReader& in) {
  const auto given = in.texts("allow_cidrs", kMostNetworks, kMostNetworkText);
  std::vector<std::string> out;
  if (!given) return out;
  // None at all would let everybody in, which is the opposite of what an empty list looks like.
  if (given->empty()) in.refuse("allow_cidrs", "must hold 1 to 32 networks");
  for (const auto& text : *given) {
    const auto network = Cidr::parse(text);
    if (!network) {
      in.refuse("allow_cidrs", network.error().message());
      return {};
    }
    if (std::find(out.begin(), out.end(), network->text()) == out.end()) out.push_back(network->text());
  }
  return out;
}

json::array to_array(const std::vector<std::string>& texts) {
  json::array out;
  for (const auto& text : texts) out.emplace_back(text);
  return out;
}

void add_common(const Exposure& exposure, json::object& out) {
  out["port"] = exposure.port;
  out["protocol"] = exposure.protocol;
  if (!exposure.name.empty()) out["name"] = exposure.name;
}

void add_end(const Exposure& exposure, json::object& out) {
  out["urls"] = to_array(exposure.urls);
  // The seed's answers have these keys only where they say something.
  if (exposure.allocated_port != 0) out["allocated_port"] = exposure.allocated_port;
  out["status"] = exposure.status;
  const NewExposure usual;
  if (exposure.visibility != usual.visibility) out["visibility"] = exposure.visibility;
  if (exposure.host_header != usual.host_header) out["host_header"] = exposure.host_header;
  if (!exposure.allow_cidrs.empty()) out["allow_cidrs"] = to_array(exposure.allow_cidrs);
}

}  // namespace

base::Result<NewExposure> decode_new_exposure(std::string_view body) {
  const auto object = parse_json_object(body);
  if (!object) return tl::unexpected(object.error());

  ObjectReader in(*object);
  NewExposure out;
  const auto port = in.integer("port", 1, 65535);
  in.require(port.has_value(), "port");
  out.port = static_cast<std::uint16_t>(port.value_or(0));
  out.protocol = in.text("protocol", 16).value_or(out.protocol);
  out.visibility = in.text("visibility", 16).value_or(out.visibility);
  const auto name = in.text("name", 255);
  if (name) check_name(in, *name);
  out.name = name.value_or("");
  check_protocol(in, out.protocol);
  check_visibility(in, out);
  out.host_header = read_host_header(in, out.protocol);
  out.allow_cidrs = read_networks(in);

  const auto done = in.finish();
  if (!done) return tl::unexpected(done.error());
  return out;
}

base::Result<std::uint16_t> parse_port(std::string_view text) {
  std::uint32_t number = 0;
  const auto* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stopped != end || number < 1 || number > 65535)
    return base::fail_field("port", "must be between 1 and 65535");
  return static_cast<std::uint16_t>(number);
}

json::object to_json(const Exposure& exposure) {
  json::object out{{"session_id", exposure.session.text()}};
  add_common(exposure, out);
  add_end(exposure, out);
  return out;
}

json::object to_list_item(const Exposure& exposure) {
  json::object out;
  add_common(exposure, out);
  if (!exposure.urls.empty()) out["url"] = exposure.urls.front();
  add_end(exposure, out);
  return out;
}

}  // namespace wire
