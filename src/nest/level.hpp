/// Which depth of nesting this is, and the addresses that follow from it, so that no level hides another's
/// network.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace nest {

/// Deepest level whose dockerd can still start containers: the kernel nests 32 PID namespaces
/// (MAX_PID_NS_LEVEL).
inline constexpr int kMaxDepth = 31;

/// An IPv4 network; bits in host byte order.
struct Ipv4Network {
  std::uint32_t address = 0;
  int prefix = 32;

  [[nodiscard]] bool overlaps(const Ipv4Network& other) const;
  [[nodiscard]] std::string to_string() const;  // "10.213.0.0/16"
  [[nodiscard]] bool operator==(const Ipv4Network&) const = default;
};

[[nodiscard]] std::string ipv4_to_string(std::uint32_t address);
[[nodiscard]] std::optional<std::uint32_t> parse_ipv4(std::string_view text);

/// One level that runs a dockerd. Host 0, sandbox 1, its sessions 2, a sandbox in a session 3, …
struct Level {
  int depth = 0;

  [[nodiscard]] std::uint32_t bridge_address() const;  // 10.(212+depth).0.1
  [[nodiscard]] std::string bridge_ip() const;         // "10.213.0.1"
  [[nodiscard]] std::string bridge_cidr() const;       // "10.213.0.1/24"
  [[nodiscard]] Ipv4Network bridge_network() const;    // 10.213.0.0/24
  [[nodiscard]] Ipv4Network pool() const;              // 10.213.0.0/16, cut into /24 networks
};

/// Fails with unavailable "depth limit reached" above kMaxDepth, invalid_argument below 0.
[[nodiscard]] base::Result<Level> make_level(int depth);

/// One line of /proc/net/route.
struct Route {
  std::string interface;
  Ipv4Network network;
  std::uint32_t gateway = 0;  // 0: directly attached
};

/// Decodes /proc/net/route; lines that are not understood are left out.
[[nodiscard]] std::vector<Route> parse_routes(std::string_view proc_net_route);

/// Depth of this container: `configured` (HELIX_DOCKER_DEPTH) where it is set; else one below the level that
/// the default gateway's address belongs to (10.(212+p).x.x is level p); else 1, a container on a plain host.
/// Fails with invalid_argument when `configured` is no number, and as make_level.
[[nodiscard]] base::Result<Level> find_level(std::string_view configured, const std::vector<Route>& routes);

/// Fails with conflict, naming the route, when a route of another interface overlaps the level's pool. Routes
/// of `own_bridge`, of docker0 and of Docker's networks (br-…) are the level's own.
[[nodiscard]] base::Result<void> check_routes(const Level& level, const std::vector<Route>& routes,
                                              std::string_view own_bridge);

/// MTU of the interface of the default route, 1500 without one. Reads /proc/net/route and /sys/class/net.
[[nodiscard]] int parent_mtu();
/// The routes of this network namespace.
[[nodiscard]] std::vector<Route> read_routes();

/// What the kernel says to one more PID namespace: fails with unavailable "depth limit reached" when there is
/// none left, internal when it may not be asked. Forks once.
[[nodiscard]] base::Result<void> probe_pid_namespace();

}  // namespace nest
