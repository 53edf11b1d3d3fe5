#include "wire/http_body.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>

namespace wire {
namespace {

/// Longest line with a chunk's size and extensions. Chosen; nginx takes 4 KiB in all.
constexpr std::size_t kMaxSizeLine = 1024;

tl::unexpected<HttpProblem> problem(int status, std::string message) {
  return tl::unexpected<HttpProblem>(HttpProblem(status, std::move(message)));
}

std::optional<std::uint64_t> parse_number(std::string_view text, int base) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Content-Length and Transfer-Encoding of any message; nullopt where there is neither.
HttpResult<std::optional<Framing>> declared_framing(const Fields& fields, int minor_version, int status) {
  const auto codings = fields.count("Transfer-Encoding");
  const auto lengths = fields.count("Content-Length");
  if (codings > 0 && lengths > 0)
    return problem(status, "both Content-Length and Transfer-Encoding are given");
  if (lengths > 1) return problem(status, "Content-Length is given more than once");
  if (codings > 0) {
    if (codings > 1 || !same_name(*fields.find("Transfer-Encoding"), "chunked") || minor_version == 0)
      return problem(status, "the only transfer coding taken is chunked, once, in HTTP/1.1");
    return std::optional<Framing>(Framing{Framing::Kind::chunked, 0});
  }
  if (lengths == 0) return std::optional<Framing>();
  const auto text = *fields.find("Content-Length");
  const auto length = parse_number(text, 10);
  if (!is_digits(text) || !length ||
      *length > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    return problem(status, "Content-Length is not a number of bytes");
  return std::optional<Framing>(Framing{Framing::Kind::length, *length});
}

}  // namespace

HttpResult<Framing> request_framing(const RequestHead& head) {
  const auto declared = declared_framing(head.fields, head.minor_version, 400);
  if (!declared) return tl::unexpected<HttpProblem>(declared.error());
  return declared->value_or(Framing{});
}

HttpResult<Framing> response_framing(const ResponseHead& head, std::string_view method) {
  const bool never_has_body =
      head.status < 200 || head.status == 204 || head.status == 304 || method == "HEAD";
  const auto declared = declared_framing(head.fields, head.minor_version, 502);
  if (!declared) return tl::unexpected<HttpProblem>(declared.error());
  if (never_has_body) return Framing{};
  return declared->value_or(Framing{Framing::Kind::until_close, 0});
}

BodyDecoder::BodyDecoder(Framing framing, HeadLimits trailer_limits)
    : kind_(framing.kind), state_(State::data), left_(framing.length), limits_(trailer_limits) {
  if (kind_ == Framing::Kind::none || (kind_ == Framing::Kind::length && left_ == 0)) state_ = State::done;
  if (kind_ == Framing::Kind::chunked) state_ = State::chunk_size;
}

HttpResult<BodyDecoder::Step> BodyDecoder::decode(std::string_view input) {
  switch (state_) {
    case State::done: return Step{0, {}};
    case State::chunk_size: return decode_size_line(input);
    case State::trailer: return decode_trailer(input);
    case State::chunk_end:
      if (input.size() < 2 && std::string_view("\r\n").starts_with(input)) return Step{0, {}};
      if (!input.starts_with("\r\n")) return problem(400, "a chunk is longer than its size says");
      state_ = State::chunk_size;
      return Step{2, {}};
    case State::data:
    case State::chunk_data: break;
  }
  if (kind_ == Framing::Kind::until_close) return Step{input.size(), input};
  const auto payload =
      input.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size())));
  left_ -= payload.size();
  if (left_ == 0) state_ = state_ == State::data ? State::done : State::chunk_end;
  return Step{payload.size(), payload};
}

HttpResult<BodyDecoder::Step> BodyDecoder::decode_size_line(std::string_view input) {
  const auto window = input.substr(0, kMaxSizeLine);
  const auto end = window.find('\n');
  if (end == std::string_view::npos) {
    if (input.size() >= kMaxSizeLine) return problem(400, "the line with a chunk's size is too long");
    return Step{0, {}};
  }
  auto line = window.substr(0, end);
  if (!line.ends_with('\r')) return problem(400, "the line with a chunk's size does not end with CRLF");
  line.remove_suffix(1);
  if (line.find('\r') != std::string_view::npos) return problem(400, "a chunk's size line has a bare CR");

  // Extensions are dropped; only their place is checked (RFC 9112 §7.1.1).
  auto size_text = line.substr(0, line.find(';'));
  while (size_text.size() < line.size() && size_text.ends_with(' ')) size_text.remove_suffix(1);
  const auto size = parse_number(size_text, 16);
  if (!size || size_text.starts_with('-') || size_text.starts_with('+') || size_text.size() > 16)
    return problem(400, "a chunk's size is not a hexadecimal number");
  left_ = *size;
  state_ = left_ == 0 ? State::trailer : State::chunk_data;
  return Step{end + 1, {}};
}

HttpResult<BodyDecoder::Step> BodyDecoder::decode_trailer(std::string_view input) {
  const auto window = input.substr(0, limits_.head_bytes);
  const auto end = window.find("\r\n");
  if (end == std::string_view::npos) {
    if (input.size() >= limits_.head_bytes) return problem(400, "the trailer is too long");
    return Step{0, {}};
  }
  if (end == 0) {
    state_ = State::done;
    return Step{2, {}};
  }
  trailer_bytes_ += end + 2;
  if (trailer_bytes_ > limits_.head_bytes || trailers_.all().size() == limits_.fields)
    return problem(400, "the trailer is too long");
  // A trailer line is a header line: let the same rules judge it.
  std::string head = "HTTP/1.1 200 OK\r\n";
  head += window.substr(0, end + 2);
  head += "\r\n";
  auto decoded = decode_response_head(head);
  if (!decoded || !*decoded) return problem(400, "a trailer field is malformed");
  for (auto& field : (*decoded)->head.fields.all())
    trailers_.add(std::move(field.name), std::move(field.value));
  return Step{end + 2, {}};
}

void encode_chunk_start(std::uint64_t size, std::string& out) {
  std::array<char, 16> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), size, 16).ptr;
  out.append(digits.data(), end);
  out += "\r\n";
}

void encode_last_chunk(const Fields& trailers, std::string& out) {
  out += "0\r\n";
  for (const auto& field : trailers.all()) {
    out += field.name;
    out += ": ";
    out += field.value;
    out += "\r\n";
  }
  out += "\r\n";
}

}  // namespace wire
