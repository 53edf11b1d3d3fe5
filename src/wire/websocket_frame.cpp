#include "wire/websocket_frame.hpp"

#include <openssl/evp.h>

namespace wire {
namespace {

/// RFC 6455 §1.3.
constexpr std::string_view kAcceptSuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

base::Result<WebSocketOpcode> to_opcode(unsigned bits) {
  switch (bits) {
    case 0: return WebSocketOpcode::continuation;
    case 1: return WebSocketOpcode::text;
    case 2: return WebSocketOpcode::binary;
    case 8: return WebSocketOpcode::close;
    case 9: return WebSocketOpcode::ping;
    case 10: return WebSocketOpcode::pong;
    default: return base::fail(base::ErrorCode::malformed, "WebSocket frame with a reserved opcode");
  }
}

}  // namespace

base::Result<std::optional<WebSocketHeader>> decode_websocket_header(std::string_view input,
                                                                     WebSocketRole receiver) {
  if (input.size() < 2) return std::optional<WebSocketHeader>();
  const auto byte = [&](std::size_t at) {
    return static_cast<unsigned>(static_cast<unsigned char>(input[at]));
  };

  if ((byte(0) & 0x70U) != 0)
    return base::fail(base::ErrorCode::malformed, "WebSocket frame with reserved bits set");
  const auto opcode = to_opcode(byte(0) & 0x0fU);
  if (!opcode) return tl::unexpected(opcode.error());
  WebSocketHeader header;
  header.opcode = *opcode;
  header.fin = (byte(0) & 0x80U) != 0;
  const bool masked = (byte(1) & 0x80U) != 0;
  if (masked != (receiver == WebSocketRole::server))
    return base::fail(base::ErrorCode::malformed, masked ? "WebSocket frame from a server is masked"
                                                         : "WebSocket frame from a client is not masked");

  const unsigned short_length = byte(1) & 0x7fU;
  std::size_t length_bytes = 0;
  if (short_length == 126) length_bytes = 2;
  if (short_length == 127) length_bytes = 8;
  if (header.is_control() && (!header.fin || length_bytes != 0))
    return base::fail(base::ErrorCode::malformed, "WebSocket control frame is fragmented or too long");
  header.header_size = 2 + length_bytes + (masked ? 4U : 0U);
  if (input.size() < header.header_size) return std::optional<WebSocketHeader>();

  header.length = short_length;
  if (length_bytes != 0) {
    header.length = 0;
    for (std::size_t i = 0; i < length_bytes; ++i) header.length = (header.length << 8U) | byte(2 + i);
    const bool minimal = length_bytes == 2 ? header.length > 125 : header.length > 0xffff;
    if (!minimal || (header.length >> 63U) != 0)
      return base::fail(base::ErrorCode::malformed, "WebSocket frame length is not in its shortest form");
  }
  if (masked) {
    std::array<std::uint8_t, 4> mask{};
    for (std::size_t i = 0; i < 4; ++i) mask[i] = static_cast<std::uint8_t>(byte(2 + length_bytes + i));
    header.mask = mask;
  }
  return std::optional<WebSocketHeader>(header);
}

void encode_websocket_header(const WebSocketHeader& header, std::string& out) {
  const auto push = [&](std::uint64_t byte) {
    out.push_back(static_cast<char>(static_cast<unsigned char>(byte)));
  };
  push((header.fin ? 0x80U : 0U) | static_cast<unsigned>(header.opcode));
  const unsigned mask_bit = header.mask ? 0x80U : 0U;
  if (header.length <= 125) {
    push(mask_bit | header.length);
  } else if (header.length <= 0xffff) {
    push(mask_bit | 126U);
    push(header.length >> 8U);
    push(header.length & 0xffU);
  } else {
    push(mask_bit | 127U);
    for (unsigned shift = 64; shift > 0;) {
      shift -= 8;
      push((header.length >> shift) & 0xffU);
    }
  }
  if (header.mask)
    for (const auto byte : *header.mask) push(byte);
}

void apply_mask(std::span<char> data, const std::array<std::uint8_t, 4>& mask, std::uint64_t offset) {
  // Eight bytes at a time once the mask is turned to the offset; compilers make a vector loop of it.
  std::array<std::uint8_t, 8> turned{};
  for (std::size_t i = 0; i < 8; ++i) turned[i] = mask[(offset + i) & 3U];
  std::size_t at = 0;
  for (; at + 8 <= data.size(); at += 8)
    for (std::size_t i = 0; i < 8; ++i)
      data[at + i] = static_cast<char>(data[at + i] ^ static_cast<char>(turned[i]));
  for (std::size_t i = 0; at < data.size(); ++at, ++i)
    data[at] = static_cast<char>(data[at] ^ static_cast<char>(turned[i]));
}

std::string websocket_accept(std::string_view key) {
  std::string text(key);
  text += kAcceptSuffix;
  std::array<unsigned char, 20> digest{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr);
  std::array<unsigned char, 32> encoded{};
  const int length = EVP_EncodeBlock(encoded.data(), digest.data(), static_cast<int>(size));
  return {reinterpret_cast<const char*>(encoded.data()), static_cast<std::size_t>(length)};
}

}  // namespace wire
