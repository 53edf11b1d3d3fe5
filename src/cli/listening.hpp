/// Reads /proc/net/tcp and tcp6: the TCP ports on which something listens.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace cli {

/// Addresses by port; "all" for 0.0.0.0 and ::.
using ListeningPorts = std::map<std::uint16_t, std::set<std::string>>;

/// `text` is both files, one after the other; lines that are no sockets are left out, and so is Docker's
/// resolver (127.0.0.11), which listens in every container.
///
///     sl  local_address rem_address   st …
///      0: 0100007F:1F90 00000000:0000 0A …      127.0.0.1:8080, state 0A = LISTEN; words in host order
[[nodiscard]] ListeningPorts parse_listening(std::string_view text);

}  // namespace cli
