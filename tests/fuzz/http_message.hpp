/// Feeds HTTP messages to the decoders whole and in pieces, and compares what comes out; for requests and
/// answers.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "fuzz_target.hpp"
#include "wire/http_body.hpp"
#include "wire/http_head.hpp"

namespace fuzz {

/// Small, so that inputs of a few hundred bytes reach them.
inline wire::HeadLimits small_limits() { return {.head_bytes = 512, .target_bytes = 64, .fields = 8}; }

inline bool same(const wire::Fields& a, const wire::Fields& b) {
  if (a.all().size() != b.all().size()) return false;
  for (std::size_t i = 0; i < a.all().size(); ++i) {
    if (a.all()[i].name != b.all()[i].name || a.all()[i].value != b.all()[i].value) return false;
  }
  return true;
}

struct BodyOutcome {
  std::string payload;
  std::size_t consumed = 0;
  bool failed = false;
  bool done = false;
  wire::Fields trailers;
};

/// Decodes a body that comes `piece` bytes at a time.
inline BodyOutcome decode_body(std::string_view input, const wire::Framing& framing, std::size_t piece) {
  wire::BodyDecoder decoder(framing, small_limits());
  BodyOutcome outcome;
  std::string buffer;
  std::size_t fed = 0;
  while (!outcome.failed && !decoder.done()) {
    const auto step = decoder.decode(buffer);
    if (!step) {
      outcome.failed = true;
      break;
    }
    require(step->consumed <= buffer.size(), "a body takes what was given, no more");
    require(step->payload.size() <= step->consumed, "payload is part of what was taken");
    outcome.payload += step->payload;
    outcome.consumed += step->consumed;
    buffer.erase(0, step->consumed);
    if (step->consumed > 0) continue;
    if (fed == input.size()) break;
    buffer += input.substr(fed, piece);
    fed = fed + piece < input.size() ? fed + piece : input.size();
  }
  outcome.done = decoder.done();
  outcome.trailers = decoder.trailers();
  return outcome;
}

inline void check_body(std::string_view input, const wire::Framing& framing, std::size_t piece) {
  const auto whole = decode_body(input, framing, input.size() + 1);
  const auto split = decode_body(input, framing, piece);

  require(whole.failed == split.failed && whole.done == split.done, "pieces end as the whole does");
  require(whole.payload == split.payload, "pieces give the same payload");
  require(whole.consumed == split.consumed, "pieces take the same bytes");
  require(same(whole.trailers, split.trailers), "pieces give the same trailers");
  if (framing.kind == wire::Framing::Kind::length)
    require(whole.payload.size() <= framing.length, "a body is no longer than its length");
  if (!whole.done || framing.kind != wire::Framing::Kind::chunked) return;

  std::string again;
  if (!whole.payload.empty()) {
    wire::encode_chunk_start(whole.payload.size(), again);
    again += whole.payload + "\r\n";
  }
  wire::encode_last_chunk(whole.trailers, again);
  const auto back = decode_body(again, framing, again.size());
  require(back.done && back.payload == whole.payload && same(back.trailers, whole.trailers),
          "an encoded body decodes to the same");
}

/// `decode` of a growing input must say what it says of the whole one.
template <class Head, class Decode>
std::optional<wire::DecodedHead<Head>> check_head(std::string_view input, std::size_t piece, Decode decode) {
  const auto whole = decode(input);
  auto split = decode(input.substr(0, 0));
  for (std::size_t size = piece; split && !*split && size < input.size() + piece; size += piece)
    split = decode(input.substr(0, size));

  require(whole.has_value() == split.has_value(), "pieces fail as the whole does");
  if (!whole) return std::nullopt;
  require(whole->has_value() == split->has_value(), "pieces are complete when the whole is");
  if (!*whole) return std::nullopt;
  require((*whole)->consumed <= input.size(), "a head takes what was given, no more");
  require((*whole)->consumed == (*split)->consumed, "pieces take the same bytes");
  require(same((*whole)->head.fields, (*split)->head.fields), "pieces give the same fields");
  require((*whole)->head.fields.all().size() <= small_limits().fields, "fields stay below their limit");
  return *whole;
}

}  // namespace fuzz
