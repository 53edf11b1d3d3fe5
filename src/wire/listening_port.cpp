#include "wire/listening_port.hpp"

#include <boost/json/array.hpp>

#include "wire/json_object.hpp"

namespace wire {
namespace {

constexpr std::size_t kMostPorts = 1024;   // chosen; the bridge tells fewer
constexpr std::size_t kMostAddress = 64;   // bytes
constexpr std::size_t kMostProcess = 256;  // bytes

base::Result<ListeningPort> port_of(const boost::json::object& object) {
  ObjectReader in(object, "ports.");
  ListeningPort out;
  const auto port = in.integer("port", 1, 65535);
  in.require(port.has_value(), "port");
  out.port = static_cast<std::uint16_t>(port.value_or(0));
  out.address = in.text("address", kMostAddress).value_or("");
  out.process = in.text("process", kMostProcess).value_or("");
  const auto done = in.finish(false);
  if (!done) return tl::unexpected(done.error());
  return out;
}

}  // namespace

base::Result<std::vector<ListeningPort>> decode_listening_ports(std::string_view body) {
  const auto object = parse_json_object(body);
  if (!object) return tl::unexpected(object.error());
  const auto* items = object->if_contains("ports");
  if (items == nullptr || !items->is_array() || items->get_array().size() > kMostPorts)
    return base::fail_field("ports", "must be a list of at most 1024 items");
  std::vector<ListeningPort> out;
  for (const auto& item : items->get_array()) {
    if (!item.is_object()) return base::fail_field("ports", "must hold objects");
    auto port = port_of(item.get_object());
    if (!port) return tl::unexpected(port.error());
    out.push_back(*std::move(port));
  }
  return out;
}

}  // namespace wire
