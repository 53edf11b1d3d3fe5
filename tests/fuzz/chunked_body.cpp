// Chunked bodies: sizes, extensions, trailers, in pieces of every size.
#include "http_message.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto input = fuzz::text_of(data, size);
  const auto piece = fuzz::piece_size(fuzz::take_choice(input));
  const wire::Framing chunked{wire::Framing::Kind::chunked, 0};
  fuzz::check_body(input, chunked, piece);

  // What is taken for a whole body ends with the empty line of its trailers, and holds no more than it has
  // bytes.
  const auto whole = fuzz::decode_body(input, chunked, input.size() + 1);
  if (!whole.done) return 0;
  fuzz::require(input.substr(0, whole.consumed).ends_with("\r\n\r\n"), "a body ends with an empty line");
  fuzz::require(whole.payload.size() + 5 <= whole.consumed,
                "the payload is smaller than the body that carries it");
  fuzz::require(whole.trailers.all().size() <= fuzz::small_limits().fields,
                "trailers stay below their limit");
  return 0;
}
