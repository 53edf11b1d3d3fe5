/// The level's DNS forwarder: dnsmasq on the bridge address, UDP and TCP, asking whom the level's resolv.conf
/// names.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "nest/daemon_supervisor.hpp"
#include "nest/level.hpp"

namespace nest {

struct DnsForwarderOptions {
  Level level;
  std::filesystem::path resolv_conf = "/etc/resolv.conf";
  std::filesystem::path state_dir = "/run/helix";
};

/// It waits for the bridge address to appear, so it may start before dockerd makes docker0.
[[nodiscard]] std::vector<std::string> dnsmasq_argv(const DnsForwarderOptions& options);

/// Ready when port 53 of the bridge address takes TCP connections.
[[nodiscard]] DaemonSpec dns_forwarder_spec(const DnsForwarderOptions& options);

}  // namespace nest
