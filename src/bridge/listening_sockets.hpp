/// The kernel's list of listening TCP sockets, as /proc/net/tcp and tcp6 tell it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bridge {

struct ListeningSocket {
  std::uint16_t port = 0;
  std::string address;      // "0.0.0.0", "127.0.0.1", "::", "::1"; a v4-mapped one as IPv4
  std::uint64_t inode = 0;  // of the socket; 0 where the line tells none

  [[nodiscard]] bool operator==(const ListeningSocket&) const = default;
};

/// Appends the listening ones of a /proc/net/tcp or tcp6 text; lines that are not understood are left out.
///
///     sl  local_address rem_address   st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode …
///      0: 0100007F:1F40 00000000:0000 0A …                                      0       0 51234 …
///
/// State 0A is LISTEN; an address is one or four 32-bit words in memory order, each in hex (proc(5)).
void add_listening_sockets(std::string_view proc_net_tcp, std::vector<ListeningSocket>& sockets);

}  // namespace bridge
