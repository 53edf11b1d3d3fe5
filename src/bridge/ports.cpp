#include "bridge/ports.hpp"

#include <array>
#include <charconv>
#include <cstring>
#include <optional>
#include <sstream>

#include <arpa/inet.h>
#include <boost/json.hpp>

#include "nest/text_file.hpp"

namespace bridge {
namespace {

constexpr std::string_view kListen = "0A";  // TCP_LISTEN, net/tcp_states.h

/// The kernel writes an address as one or four 32-bit words in memory order, each in hex.
std::optional<std::string> address_of(std::string_view hex) {
  if (hex.size() != 8 && hex.size() != 32) return std::nullopt;
  std::array<std::uint32_t, 4> words{};
  for (std::size_t i = 0; i < hex.size() / 8; ++i) {
    const std::string_view word = hex.substr(i * 8, 8);
    if (std::from_chars(word.data(), word.data() + word.size(), words[i], 16).ptr !=
        word.data() + word.size())
      return std::nullopt;
  }
  char text[INET6_ADDRSTRLEN];
  const int family = hex.size() == 8 ? AF_INET : AF_INET6;
  if (::inet_ntop(family, words.data(), text, sizeof text) == nullptr) return std::nullopt;
  return text;
}

}  // namespace

void add_listening_ports(std::string_view proc_net_tcp, ListeningPorts& ports) {
  std::istringstream lines{std::string(proc_net_tcp)};
  std::string line;
  while (std::getline(lines, line)) {
    //  0: 0100007F:1F40 00000000:0000 0A …    sl, local, remote, state
    std::istringstream words(line);
    std::string skipped;
    std::string local;
    std::string state;
    words >> skipped >> local >> skipped >> state;
    const std::size_t colon = local.find(':');
    if (state != kListen || colon == std::string::npos) continue;
    const auto address = address_of(std::string_view(local).substr(0, colon));
    std::uint16_t port = 0;
    const char* end = local.data() + local.size();
    if (!address || std::from_chars(local.data() + colon + 1, end, port, 16).ptr != end) continue;
    ports[port].insert(*address);
  }
}

ListeningPorts read_listening_ports() {
  ListeningPorts ports;
  for (const char* file : {"/proc/net/tcp", "/proc/net/tcp6"})
    add_listening_ports(nest::read_text_file(file).value_or(""), ports);
  return ports;
}

std::string encode(const ListeningPorts& ports) {
  boost::json::array items;
  for (const auto& [port, addresses] : ports) {
    boost::json::object item{{"port", port}, {"protocol", "tcp"}};
    item["addresses"] = boost::json::array(addresses.begin(), addresses.end());
    items.push_back(std::move(item));
  }
  return boost::json::serialize(boost::json::object{{"ports", std::move(items)}});
}

}  // namespace bridge
