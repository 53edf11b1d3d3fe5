/// Packet rules that keep sessions apart, as text for nft(8). Pure.
#pragma once

#include <set>
#include <string>
#include <vector>

namespace agent {

/// The registry that takes pushes: for the sandbox itself.
inline constexpr int kRegistryPort = 5000;
/// The same content, for reading only: sessions that ask for kRegistryPort get this one.
inline constexpr int kReadOnlyRegistryPort = 5001;

/// A bridge port and the only addresses that may come out of it.
struct PortAddress {
  std::string interface;  // "veth1a2b3c"
  std::string mac;        // "02:42:0a:d5:00:02"
  std::string ipv4;       // "10.213.0.2"

  [[nodiscard]] auto operator<=>(const PortAddress&) const = default;
};

struct RulesetInput {
  std::string bridge;     // "sandbox0"
  std::string bridge_ip;  // "10.213.0.1"
  std::set<PortAddress> ports;
  std::set<std::string> foreign_ports;  // of other bridges in this namespace: not ours to judge
};

/// The whole ruleset. It replaces an older one in one step, so there is no moment without rules.
///
/// Frames of a bridge port pass only with the MAC and IPv4 address that Docker gave it, in ARP too;
/// everything else, IPv6 included, and every port that is not listed, is dropped. From the bridge only DNS,
/// the registry and ping reach the sandbox itself, and nothing is routed from the bridge to the bridge.
[[nodiscard]] std::string make_ruleset(const RulesetInput& input);

}  // namespace agent
