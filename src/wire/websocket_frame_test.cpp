#include "wire/websocket_frame.hpp"

#include <gtest/gtest.h>

namespace wire {
namespace {

TEST(WebSocketFrame, RoundTripsEveryLengthForm) {
  for (const std::uint64_t length : {0ULL, 125ULL, 126ULL, 65535ULL, 65536ULL, 1ULL << 40U}) {
    WebSocketHeader header;
    header.length = length;
    header.fin = false;
    header.mask = std::array<std::uint8_t, 4>{1, 2, 3, 4};
    std::string wire;
    encode_websocket_header(header, wire);
    for (std::size_t n = 0; n < wire.size(); ++n) {
      const auto part = decode_websocket_header(std::string_view(wire).substr(0, n), WebSocketRole::server);
      ASSERT_TRUE(part) << length << " " << n;
      EXPECT_FALSE(*part) << length << " " << n;
    }
    const auto decoded = decode_websocket_header(wire, WebSocketRole::server);
    ASSERT_TRUE(decoded && *decoded) << length;
    EXPECT_EQ((*decoded)->length, length);
    EXPECT_EQ((*decoded)->header_size, wire.size());
    EXPECT_FALSE((*decoded)->fin);
    EXPECT_EQ((*decoded)->mask, header.mask);
  }
}

TEST(WebSocketFrame, RefusesWhatTheRfcForbids) {
  const auto refused = [](std::string bytes, WebSocketRole role) {
    const auto decoded = decode_websocket_header(bytes, role);
    return !decoded && decoded.error().code() == base::ErrorCode::malformed;
  };
  EXPECT_TRUE(refused(std::string("\xc2\x00", 2), WebSocketRole::client));          // reserved bit
  EXPECT_TRUE(refused(std::string("\x83\x00", 2), WebSocketRole::client));          // reserved opcode
  EXPECT_TRUE(refused(std::string("\x82\x80\0\0\0\0", 6), WebSocketRole::client));  // masked by a server
  EXPECT_TRUE(refused(std::string("\x82\x00", 2), WebSocketRole::server));          // not masked by a client
  EXPECT_TRUE(refused(std::string("\x09\x00", 2), WebSocketRole::client));          // fragmented ping
  EXPECT_TRUE(refused(std::string("\x88\x7e\x00\x80", 4), WebSocketRole::client));  // long close
  EXPECT_TRUE(refused(std::string("\x82\x7e\x00\x05", 4), WebSocketRole::client));  // length not minimal
  EXPECT_TRUE(refused(std::string("\x82\x7f\xff\0\0\0\0\0\0\0", 10), WebSocketRole::client));
}

TEST(WebSocketFrame, MasksAcrossPieces) {
  const std::array<std::uint8_t, 4> mask{0x11, 0x22, 0x33, 0x44};
  std::string whole = "The quick brown fox jumps over the lazy dog";
  std::string pieces = whole;
  apply_mask(whole, mask, 0);
  for (std::size_t at = 0; at < pieces.size(); at += 5)
    apply_mask(std::span(pieces).subspan(at, std::min<std::size_t>(5, pieces.size() - at)), mask, at);
  EXPECT_EQ(pieces, whole);
}

TEST(WebSocketFrame, AcceptsAsInTheRfc) {
  EXPECT_EQ(websocket_accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");  // RFC 6455 §1.3
}

}  // namespace
}  // namespace wire
