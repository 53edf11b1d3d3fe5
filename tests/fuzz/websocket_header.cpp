// Headers of WebSocket frames, for both roles, and masks.
#include <string>

#include "fuzz_target.hpp"
#include "wire/websocket_frame.hpp"

namespace {

using fuzz::require;

void check_mask(const wire::WebSocketHeader& header, std::string_view payload, std::size_t cut) {
  if (!header.mask) return;
  std::string whole(payload);
  wire::apply_mask(whole, *header.mask, 0);

  std::string pieces(payload);
  const auto first = cut < pieces.size() ? cut : pieces.size();
  wire::apply_mask(std::span(pieces).first(first), *header.mask, 0);
  wire::apply_mask(std::span(pieces).subspan(first), *header.mask, first);
  require(whole == pieces, "pieces are masked as the whole is");

  wire::apply_mask(whole, *header.mask, 0);
  require(whole == payload, "masking twice gives the payload back");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto input = fuzz::text_of(data, size);
  const auto choice = fuzz::take_choice(input);
  const auto role = choice % 2 == 0 ? wire::WebSocketRole::server : wire::WebSocketRole::client;

  const auto whole = wire::decode_websocket_header(input, role);
  auto split = wire::decode_websocket_header({}, role);
  for (std::size_t length = 1; split && !*split && length <= input.size(); ++length)
    split = wire::decode_websocket_header(input.substr(0, length), role);
  require(whole.has_value() == split.has_value(), "pieces fail as the whole does");
  if (!whole) return 0;
  require(whole->has_value() == split->has_value(), "pieces are complete when the whole is");
  if (!*whole) return 0;

  const auto& header = **whole;
  require(header.header_size <= input.size(), "a header takes what was given, no more");
  require(header.header_size == (*split)->header_size && header.length == (*split)->length,
          "pieces give the same");
  require(header.mask.has_value() == (role == wire::WebSocketRole::server), "only clients mask");
  require(!header.is_control() || (header.fin && header.length <= 125), "control frames are whole and short");
  std::string again;
  wire::encode_websocket_header(header, again);
  require(again == input.substr(0, header.header_size), "an encoded header is the one that came");
  check_mask(header, input.substr(header.header_size), choice / 2);
  return 0;
}
