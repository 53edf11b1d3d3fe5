// Requests of HTTP/1.1: head, framing, body.
#include "http_message.hpp"

namespace {

using fuzz::require;

wire::HttpResult<std::optional<wire::DecodedHead<wire::RequestHead>>> decode(std::string_view input) {
  return wire::decode_request_head(input, fuzz::small_limits());
}

void check_round_trip(const wire::RequestHead& head) {
  std::string text;
  wire::encode(head, text);
  const auto again = wire::decode_request_head(text);
  require(again && *again && (*again)->consumed == text.size(), "an encoded head decodes");
  require((*again)->head.method == head.method && (*again)->head.target == head.target,
          "the request line is the same");
  require(((*again)->head.minor_version == 0) == (head.minor_version == 0), "HTTP/1.0 stays HTTP/1.0");
  require(fuzz::same((*again)->head.fields, head.fields), "the fields are the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto input = fuzz::text_of(data, size);
  const auto piece = fuzz::piece_size(fuzz::take_choice(input));
  const auto decoded = fuzz::check_head<wire::RequestHead>(input, piece, decode);
  if (!decoded) return 0;

  const auto& head = decoded->head;
  require(head.target.size() <= fuzz::small_limits().target_bytes, "a target stays below its limit");
  require(head.path().size() + head.query().size() <= head.target.size(),
          "path and query are parts of the target");
  check_round_trip(head);
  static_cast<void>(wire::query_value(head.query(), "a"));
  if (const auto plain = wire::percent_decode(head.target))
    require(wire::percent_decode(wire::percent_encode(*plain)) == *plain,
            "percent encoding is undone by decoding");

  const auto framing = wire::request_framing(head);
  if (!framing) return 0;
  require(framing->kind != wire::Framing::Kind::until_close, "a request never ends with its connection");
  fuzz::check_body(input.substr(decoded->consumed), *framing, piece);
  return 0;
}
