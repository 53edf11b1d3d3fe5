#include "wire/exposure.hpp"

#include <algorithm>
#include <charconv>

#include <boost/json/array.hpp>

#include "wire/json_object.hpp"

namespace wire {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostName = 24;  // "<name>-ses-<ulid>" must stay within a 63 character label

void check_name(ObjectReader& in, std::string_view name) {
  const auto digits = [](char c) { return c >= '0' && c <= '9'; };
  const auto allowed = [digits](char c) { return (c >= 'a' && c <= 'z') || digits(c) || c == '-'; };
  if (name.empty() || name.size() > kMostName || !std::all_of(name.begin(), name.end(), allowed))
    in.refuse("name", "must be 1 to 24 characters of a-z, 0-9 and -");
  if (name.size() > 1 && name.front() == 'p' && std::all_of(name.begin() + 1, name.end(), digits))
    in.refuse("name", "must not be p and a number: that form means a port");
  if (name.starts_with("ses-")) in.refuse("name", "must not begin with ses-: that form means a session");
}

/// Values of later versions are refused as such, so that nobody believes a port to be served differently than
/// it is.
void check_served(ObjectReader& in, const NewExposure& exposure) {
  const auto& protocol = exposure.protocol;
  if (protocol == "h2c" || protocol == "tcp")
    in.refuse("protocol", "is not served yet by this version: only http is");
  else if (protocol != "http")
    in.refuse("protocol", "must be http, h2c or tcp");
  const auto& visibility = exposure.visibility;
  if (visibility == "authenticated" || visibility == "public")
    in.refuse("visibility", "is not served yet by this version: only private is");
  else if (visibility != "private")
    in.refuse("visibility", "must be private, authenticated or public");
  if (in.text("host_header", 255)) in.refuse("host_header", "is not served yet by this version");
  if (in.texts("allow_cidrs", 32, 64)) in.refuse("allow_cidrs", "is not served yet by this version");
}

void add_common(const Exposure& exposure, json::object& out) {
  out["port"] = exposure.port;
  out["protocol"] = exposure.protocol;
  if (!exposure.name.empty()) out["name"] = exposure.name;
}

void add_end(const Exposure& exposure, json::object& out) {
  json::array urls;
  for (const auto& url : exposure.urls) urls.emplace_back(url);
  out["urls"] = std::move(urls);
  out["status"] = exposure.status;
  // The seed's answers have no such key: it is there where it says something.
  if (exposure.visibility != NewExposure{}.visibility) out["visibility"] = exposure.visibility;
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
  check_served(in, out);

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
  out["url"] = exposure.urls.front();
  add_end(exposure, out);
  return out;
}

}  // namespace wire
