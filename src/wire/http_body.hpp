/// Framing of HTTP/1.1 message bodies, RFC 9112 §6 and §7: where a body ends, without I/O.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "wire/http_head.hpp"

namespace wire {

struct Framing {
  enum class Kind { none, length, chunked, until_close };
  Kind kind = Kind::none;
  std::uint64_t length = 0;  // of Kind::length

  [[nodiscard]] bool operator==(const Framing&) const = default;
};

/// Fails with 400: both lengths, repeated or invalid length, a coding other than `chunked`; 501 never.
[[nodiscard]] HttpResult<Framing> request_framing(const RequestHead& head);
/// The same for the answer to a request of method `method`; fails with 502.
[[nodiscard]] HttpResult<Framing> response_framing(const ResponseHead& head, std::string_view method);

/// Takes a body off a byte stream, piece by piece.
class BodyDecoder {
 public:
  explicit BodyDecoder(Framing framing, HeadLimits trailer_limits = {});

  struct Step {
    std::size_t consumed;      // bytes of the input that are done with
    std::string_view payload;  // part of the input; empty when only framing was consumed
  };

  /// Consumes the front of `input`. consumed == 0 means that more input is needed (or that the body is done).
  /// Fails with 400 on broken chunk framing.
  [[nodiscard]] HttpResult<Step> decode(std::string_view input);
  /// True once nothing of the body is left; never for until_close.
  [[nodiscard]] bool done() const { return state_ == State::done; }
  [[nodiscard]] Framing::Kind kind() const { return kind_; }
  /// Trailer fields of a chunked body, once it is done.
  [[nodiscard]] const Fields& trailers() const { return trailers_; }

 private:
  enum class State { data, chunk_size, chunk_data, chunk_end, trailer, done };

  HttpResult<Step> decode_size_line(std::string_view input);
  HttpResult<Step> decode_trailer(std::string_view input);

  Framing::Kind kind_;
  State state_;
  std::uint64_t left_ = 0;  // of the body or the chunk
  HeadLimits limits_;
  Fields trailers_;
  std::size_t trailer_bytes_ = 0;
};

/// Appends the line that starts a chunk of `size` bytes; "\r\n" follows the data.
void encode_chunk_start(std::uint64_t size, std::string& out);
/// Appends the last chunk and the trailers.
void encode_last_chunk(const Fields& trailers, std::string& out);

}  // namespace wire
