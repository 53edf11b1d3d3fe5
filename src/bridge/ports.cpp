#include "bridge/ports.hpp"

#include <algorithm>
#include <array>
#include <set>

#include <boost/json.hpp>

#include "bridge/socket_owners.hpp"
#include "nest/text_file.hpp"

namespace bridge {
namespace {

constexpr std::string_view kContainer = "container";
constexpr std::string_view kDockerResolver = "127.0.0.11";  // of every container on a user-defined network

/// 0 for every address, 1 for one of the network, 2 for loopback.
int narrowness(std::string_view address) {
  if (address == "0.0.0.0" || address == "::") return 0;
  return address.starts_with("127.") || address == "::1" ? 2 : 1;
}

/// IPv4 first among equals: it is what people know.
bool is_wider(const std::string& a, const std::string& b) {
  const int difference = narrowness(a) - narrowness(b);
  if (difference != 0) return difference < 0;
  return (a.find(':') == std::string::npos) && (b.find(':') != std::string::npos);
}

/// The level's own dnsmasq (nest/dns_forwarder.cpp); a user's is none of our business to hide.
bool is_our_forwarder(const std::vector<std::string>& argv) {
  return std::find(argv.begin(), argv.end(), "--conf-file=/dev/null") != argv.end();
}

bool is_machinery(const std::string& program, const std::vector<std::string>& argv) {
  constexpr std::array<std::string_view, 3> kPrograms{"dockerd", "containerd", "desktop-bridge"};
  if (program == "dnsmasq") return is_our_forwarder(argv);
  return std::find(kPrograms.begin(), kPrograms.end(), program) != kPrograms.end();
}

}  // namespace

io::Task<std::vector<ListeningPort>> PortFinder::find() {
  std::vector<ListeningSocket> sockets;
  // "self" is the reader's network namespace, which is the session's.
  for (const char* file : {"self/net/tcp", "self/net/tcp6"})
    add_listening_sockets(nest::read_text_file(proc_ / file).value_or(""), sockets);
  std::erase_if(sockets, [](const ListeningSocket& socket) { return socket.address == kDockerResolver; });
  co_await learn(sockets);

  std::map<std::uint16_t, ListeningPort> ports;
  for (const auto& socket : sockets) {
    const auto known = known_.find(socket.inode);
    const Owner owner = known == known_.end() ? Owner{} : known->second;
    if (owner.hidden) continue;
    auto& port = ports[socket.port];
    if (port.port == 0 || is_wider(socket.address, port.address)) port.address = socket.address;
    port.port = socket.port;
    if (port.process.empty()) port.process = owner.name;
  }
  std::vector<ListeningPort> found;
  for (auto& [number, port] : ports) {
    if (found.size() == kMaxListeningPorts) break;
    found.push_back(std::move(port));
  }
  co_return found;
}

io::Task<void> PortFinder::learn(std::vector<ListeningSocket> sockets) {
  std::set<std::uint64_t> listening;
  std::set<std::uint64_t> fresh;
  for (const auto& socket : sockets) {
    listening.insert(socket.inode);
    if (!known_.contains(socket.inode)) fresh.insert(socket.inode);
  }
  std::erase_if(known_, [&](const auto& entry) { return !listening.contains(entry.first); });
  if (fresh.empty()) co_return;

  const SocketOwners owners = find_socket_owners(proc_, fresh);
  std::set<std::uint64_t> containers;
  for (const auto inode : fresh) {
    Owner& owner = known_[inode];
    const auto found = owners.find(inode);
    if (found == owners.end()) continue;
    owner.name = program_name(found->second);
    owner.hidden = is_machinery(owner.name, found->second);
    if (owner.name == "docker-proxy") containers.insert(inode);
    if (owner.name == "docker-proxy") owner.name = kContainer;
  }
  if (containers.empty()) co_return;

  const PublishedPorts names = co_await ask_engine_();
  for (const auto& socket : sockets) {
    const auto name = names.find(socket.port);
    const auto known = known_.find(socket.inode);
    if (name == names.end() || known == known_.end() || !containers.contains(socket.inode)) continue;
    known->second.name = std::string(kContainer) + " " + name->second;
  }
}

std::string encode(const std::vector<ListeningPort>& ports) {
  boost::json::array items;
  for (const auto& port : ports)
    items.push_back(
        boost::json::object{{"port", port.port}, {"address", port.address}, {"process", port.process}});
  return boost::json::serialize(boost::json::object{{"ports", std::move(items)}});
}

PublishedPorts read_published_ports(std::string_view containers_json) {
  PublishedPorts published;
  boost::system::error_code error;
  const auto containers = boost::json::parse(containers_json, error);
  if (error || !containers.is_array()) return published;
  for (const auto& item : containers.get_array()) {
    const auto* container = item.if_object();
    const auto* names = container == nullptr ? nullptr : container->if_contains("Names");
    const auto* ports = container == nullptr ? nullptr : container->if_contains("Ports");
    if (names == nullptr || !names->is_array() || names->get_array().empty()) continue;
    if (!names->get_array().front().is_string() || ports == nullptr || !ports->is_array()) continue;
    std::string name(names->get_array().front().get_string());
    if (name.starts_with('/')) name.erase(0, 1);
    for (const auto& port : ports->get_array()) {
      const auto* fields = port.if_object();
      const auto* number = fields == nullptr ? nullptr : fields->if_contains("PublicPort");
      const auto* type = fields == nullptr ? nullptr : fields->if_contains("Type");
      if (number == nullptr || type == nullptr || *type != "tcp") continue;
      if (const auto* value = number->if_int64()) published[static_cast<std::uint16_t>(*value)] = name;
    }
  }
  return published;
}

}  // namespace bridge
