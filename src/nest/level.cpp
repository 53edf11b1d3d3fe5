#include "nest/level.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <sched.h>
#include <sstream>
#include <unistd.h>

#include <arpa/inet.h>
#include <sys/wait.h>

#include "nest/text_file.hpp"

namespace nest {
namespace {

using base::ErrorCode;
using base::fail;

constexpr std::uint32_t kPlanBase = (10U << 24U) | (212U << 16U);  // 10.212.0.0 belongs to depth 0

std::uint32_t mask_of(int prefix) { return prefix == 0 ? 0 : ~std::uint32_t{0} << (32 - prefix); }

/// /proc/net/route writes addresses as the hex of their bytes in memory order.
std::optional<std::uint32_t> parse_kernel_address(const std::string& hex) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), value, 16);
  if (error != std::errc() || end != hex.data() + hex.size()) return std::nullopt;
  return ntohl(value);
}

/// Depth of the level whose pool holds `address`, if any.
std::optional<int> depth_of(std::uint32_t address) {
  const std::uint32_t network = address & mask_of(16);
  if (network < kPlanBase || network > kPlanBase + (static_cast<std::uint32_t>(kMaxDepth) << 16U))
    return std::nullopt;
  return static_cast<int>((network - kPlanBase) >> 16U);
}

bool is_own_interface(std::string_view interface, std::string_view own_bridge) {
  return interface == own_bridge || interface == "docker0" || interface.starts_with("br-") ||
         interface == "docker_gwbridge";
}

}  // namespace

bool Ipv4Network::overlaps(const Ipv4Network& other) const {
  const std::uint32_t mask = mask_of(std::min(prefix, other.prefix));
  return (address & mask) == (other.address & mask);
}

std::string Ipv4Network::to_string() const { return ipv4_to_string(address) + "/" + std::to_string(prefix); }

std::string ipv4_to_string(std::uint32_t address) {
  char text[16];
  std::snprintf(text, sizeof text, "%u.%u.%u.%u", address >> 24U, (address >> 16U) & 255U,
                (address >> 8U) & 255U, address & 255U);
  return text;
}

std::optional<std::uint32_t> parse_ipv4(std::string_view text) {
  in_addr address{};
  if (::inet_pton(AF_INET, std::string(text).c_str(), &address) != 1) return std::nullopt;
  return ntohl(address.s_addr);
}

std::uint32_t Level::bridge_address() const { return pool().address + 1; }
std::string Level::bridge_ip() const { return ipv4_to_string(bridge_address()); }
std::string Level::bridge_cidr() const { return bridge_ip() + "/24"; }
Ipv4Network Level::bridge_network() const { return Ipv4Network{pool().address, 24}; }

Ipv4Network Level::pool() const {
  return Ipv4Network{kPlanBase + (static_cast<std::uint32_t>(depth) << 16U), 16};
}

base::Result<Level> make_level(int depth) {
  if (depth < 0) return fail(ErrorCode::invalid_argument, "HELIX_DOCKER_DEPTH must not be negative");
  if (depth > kMaxDepth)
    return fail(ErrorCode::unavailable, "depth limit reached: containers nest " + std::to_string(kMaxDepth) +
                                            " levels deep, this would be level " + std::to_string(depth));
  return Level{depth};
}

std::vector<Route> parse_routes(std::string_view proc_net_route) {
  std::vector<Route> routes;
  std::istringstream lines{std::string(proc_net_route)};
  std::string line;
  while (std::getline(lines, line)) {
    std::istringstream fields(line);
    Route route;
    std::string destination;
    std::string gateway;
    std::string skipped;
    std::string mask;
    // Iface Destination Gateway Flags RefCnt Use Metric Mask …
    fields >> route.interface >> destination >> gateway >> skipped >> skipped >> skipped >> skipped >> mask;
    const auto network = parse_kernel_address(destination);
    const auto via = parse_kernel_address(gateway);
    const auto bits = parse_kernel_address(mask);
    if (!fields || !network || !via || !bits) continue;
    route.network = Ipv4Network{*network, std::popcount(*bits)};
    route.gateway = *via;
    routes.push_back(std::move(route));
  }
  return routes;
}

base::Result<Level> find_level(std::string_view configured, const std::vector<Route>& routes) {
  if (!configured.empty()) {
    int depth = 0;
    const auto [end, error] =
        std::from_chars(configured.data(), configured.data() + configured.size(), depth);
    if (error != std::errc() || end != configured.data() + configured.size())
      return fail(ErrorCode::invalid_argument, "HELIX_DOCKER_DEPTH is not a number");
    return make_level(depth);
  }
  for (const Route& route : routes) {
    if (route.network.prefix != 0 || route.gateway == 0) continue;
    if (const auto parent = depth_of(route.gateway)) return make_level(*parent + 1);
  }
  return make_level(1);
}

base::Result<void> check_routes(const Level& level, const std::vector<Route>& routes,
                                std::string_view own_bridge) {
  for (const Route& route : routes) {
    if (route.network.prefix == 0 || is_own_interface(route.interface, own_bridge)) continue;
    if (!route.network.overlaps(level.pool())) continue;
    return fail(ErrorCode::conflict, "the addresses of depth " + std::to_string(level.depth) + ", " +
                                         level.pool().to_string() + ", are taken by the route " +
                                         route.network.to_string() + " of interface " + route.interface +
                                         "; set HELIX_DOCKER_DEPTH to another depth");
  }
  return {};
}

int parent_mtu() {
  for (const Route& route : read_routes()) {
    if (route.network.prefix != 0) continue;
    const auto text = read_text_file("/sys/class/net/" + route.interface + "/mtu", 32);
    int mtu = 0;
    if (text && std::from_chars(text->data(), text->data() + text->size(), mtu).ec == std::errc() &&
        mtu >= 576)
      return mtu;
  }
  return 1500;
}

std::vector<Route> read_routes() { return parse_routes(read_text_file("/proc/net/route").value_or("")); }

base::Result<void> probe_pid_namespace() {
  const pid_t child = ::fork();
  if (child < 0) return fail(ErrorCode::internal, std::string("fork: ") + std::strerror(errno));
  if (child == 0) ::_exit(::unshare(CLONE_NEWPID) == 0 ? 0 : std::min(errno, 255));

  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  const int error = WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
  if (error == 0) return {};
  // ENOSPC: more than MAX_PID_NS_LEVEL; EUSERS where user.max_pid_namespaces ends it.
  if (error == ENOSPC || error == EUSERS)
    return fail(ErrorCode::unavailable, "depth limit reached: the kernel grants no further PID namespace");
  return fail(ErrorCode::forbidden,
              std::string("containers cannot be started here: a new PID namespace is refused: ") +
                  std::strerror(error) + "; does this container hold SYS_ADMIN?");
}

}  // namespace nest
