/// Frame headers of WebSocket, RFC 6455 §5: bytes in, values out, no I/O.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace wire {

enum class WebSocketRole { client, server };

/// RFC 6455 §11.8.
enum class WebSocketOpcode : std::uint8_t {
  continuation = 0,
  text = 1,
  binary = 2,
  close = 8,
  ping = 9,
  pong = 10
};

struct WebSocketHeader {
  WebSocketOpcode opcode = WebSocketOpcode::binary;
  bool fin = true;
  std::optional<std::array<std::uint8_t, 4>> mask;
  std::uint64_t length = 0;
  std::size_t header_size = 0;  // bytes that the header took

  [[nodiscard]] bool is_control() const { return static_cast<std::uint8_t>(opcode) >= 8; }
};

/// Decodes the header at the front; nullopt while it is incomplete. `receiver` is our role: a server insists
/// on a mask, a client on none. Fails with malformed: reserved bits or opcodes, a wrong mask, a control frame
/// that is fragmented or longer than 125 bytes, a length that is not minimal or above 2^63-1.
[[nodiscard]] base::Result<std::optional<WebSocketHeader>> decode_websocket_header(std::string_view input,
                                                                                   WebSocketRole receiver);

/// Appends the header. header_size is ignored.
void encode_websocket_header(const WebSocketHeader& header, std::string& out);

/// XORs `data` with the mask, as if `offset` bytes of the frame came before it.
void apply_mask(std::span<char> data, const std::array<std::uint8_t, 4>& mask, std::uint64_t offset);

/// Value of Sec-WebSocket-Accept for a key, RFC 6455 §4.2.2.
[[nodiscard]] std::string websocket_accept(std::string_view key);

}  // namespace wire
