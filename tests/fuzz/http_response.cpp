// Answers of HTTP/1.1: head, framing, body.
#include <array>

#include "http_message.hpp"

namespace {

using fuzz::require;

wire::HttpResult<std::optional<wire::DecodedHead<wire::ResponseHead>>> decode(std::string_view input) {
  return wire::decode_response_head(input, fuzz::small_limits());
}

void check_round_trip(const wire::ResponseHead& head) {
  std::string text;
  wire::encode(head, text);
  const auto again = wire::decode_response_head(text);
  require(again && *again && (*again)->consumed == text.size(), "an encoded head decodes");
  require((*again)->head.status == head.status && (*again)->head.reason == head.reason,
          "the status line is the same");
  require(fuzz::same((*again)->head.fields, head.fields), "the fields are the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto input = fuzz::text_of(data, size);
  const auto choice = fuzz::take_choice(input);
  const auto piece = fuzz::piece_size(choice);
  constexpr std::array kMethods{"GET", "HEAD", "POST"};
  const auto* const method = kMethods.at(choice / 16 % kMethods.size());
  const auto decoded = fuzz::check_head<wire::ResponseHead>(input, piece, decode);
  if (!decoded) return 0;

  const auto& head = decoded->head;
  require(head.status >= 100 && head.status <= 999, "a status has three digits");
  check_round_trip(head);

  const auto framing = wire::response_framing(head, method);
  if (!framing) return 0;
  const bool bodiless = head.status < 200 || head.status == 204 || head.status == 304 || choice / 16 % 3 == 1;
  require(!bodiless || framing->kind == wire::Framing::Kind::none, "an answer that has no body has none");
  fuzz::check_body(input.substr(decoded->consumed), *framing, piece);
  return 0;
}
