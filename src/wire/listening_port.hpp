/// Ports that something in a session listens on: answer of the bridge's GET /ports.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace wire {

struct ListeningPort {
  std::uint16_t port = 0;
  std::string address;  // it listens on, "0.0.0.0" for all
  std::string process;  // its program's name; "" where it is not known
};

/// `{"ports":[{"port":3000,"address":"127.0.0.1","process":"node"}]}`; what else is in it belongs to later
/// versions. Fails with malformed or invalid_argument naming the field.
[[nodiscard]] base::Result<std::vector<ListeningPort>> decode_listening_ports(std::string_view body);

}  // namespace wire
