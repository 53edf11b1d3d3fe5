/// Which TCP ports something in the session listens on.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace bridge {

/// Port → addresses as text, "0.0.0.0", "127.0.0.1", "::", "::1".
using ListeningPorts = std::map<std::uint16_t, std::set<std::string>>;

/// Adds the listening sockets of a /proc/net/tcp or /proc/net/tcp6 text; lines that are not understood are
/// left out.
void add_listening_ports(std::string_view proc_net_tcp, ListeningPorts& ports);

/// Those of our own network namespace.
[[nodiscard]] ListeningPorts read_listening_ports();

/// {"ports":[{"port":8000,"protocol":"tcp","addresses":["0.0.0.0","::"]}]}
[[nodiscard]] std::string encode(const ListeningPorts& ports);

}  // namespace bridge
