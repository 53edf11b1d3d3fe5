#include "wire/http_head.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace wire {
namespace {

char lower(char c) { return (c >= 'A' && c <= 'Z') ? static_cast<char>(c - 'A' + 'a') : c; }

/// RFC 9110 §5.6.2.
bool is_token_char(char c) {
  const auto is_alpha = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  const auto is_digit = c >= '0' && c <= '9';
  return is_alpha || is_digit ||
         (c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos);
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
}

/// RFC 9110 §5.5: visible characters, obs-text, space and tab.
bool is_value_char(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

tl::unexpected<HttpProblem> problem(int status, std::string message) {
  return tl::unexpected<HttpProblem>(HttpProblem(status, std::move(message)));
}

/// Size of the head including its empty line, nullopt while it is incomplete. `start` skips empty lines
/// before it.
HttpResult<std::optional<std::size_t>> find_end(std::string_view input, const HeadLimits& limits) {
  const auto window = input.substr(0, limits.head_bytes);
  const auto end = window.find("\r\n\r\n");
  if (end != std::string_view::npos) return std::optional<std::size_t>(end + 4);
  if (input.size() >= limits.head_bytes)
    return problem(431, "the head is larger than " + std::to_string(limits.head_bytes) + " bytes");
  return std::optional<std::size_t>();
}

HttpResult<Field> parse_field(std::string_view line) {
  if (line.front() == ' ' || line.front() == '\t')
    return problem(400, "a header field is folded over two lines");
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return problem(400, "a header line has no colon");
  const auto name = line.substr(0, colon);
  if (!is_token(name)) return problem(400, "a header field's name is not a token");
  const auto value = trim(line.substr(colon + 1));
  if (!std::all_of(value.begin(), value.end(), is_value_char))
    return problem(400, "the value of header field " + std::string(name) + " has a control character");
  return Field{std::string(name), std::string(value)};
}

/// `lines` are the field lines, each ended by CRLF.
HttpResult<Fields> parse_fields(std::string_view lines, std::size_t most) {
  Fields fields;
  while (!lines.empty()) {
    const auto end = lines.find("\r\n");
    const auto line = lines.substr(0, end);
    if (line.find('\n') != std::string_view::npos || line.find('\r') != std::string_view::npos ||
        line.empty())
      return problem(400, "a header line does not end with CRLF");
    if (fields.all().size() == most)
      return problem(431, "more than " + std::to_string(most) + " header fields");
    auto field = parse_field(line);
    if (!field) return tl::unexpected<HttpProblem>(field.error());
    fields.all().push_back(std::move(*field));
    lines.remove_prefix(end + 2);
  }
  return fields;
}

HttpResult<int> parse_version(std::string_view text) {
  if (text.size() != 8 || !text.starts_with("HTTP/") || text[6] != '.' || text[5] < '0' || text[5] > '9' ||
      text[7] < '0' || text[7] > '9')
    return problem(400, "the start line has no HTTP version");
  if (text[5] != '1') return problem(505, "only HTTP/1.1 and HTTP/1.0 are served here");
  return text[7] - '0';
}

bool is_target_char(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte > 0x20 && byte != 0x7f;
}

HttpResult<RequestHead> parse_request_line(std::string_view line, const HeadLimits& limits) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last)
    return problem(400, "the request line is not `method target version`");
  const auto method = line.substr(0, first);
  const auto target = line.substr(first + 1, last - first - 1);
  if (!is_token(method)) return problem(400, "the method is not a token");
  if (target.empty() || !std::all_of(target.begin(), target.end(), is_target_char))
    return problem(400, "the request target has white space or a control character");
  const auto version = parse_version(line.substr(last + 1));
  if (!version) return tl::unexpected<HttpProblem>(version.error());
  if (target.size() > limits.target_bytes)
    return problem(414,
                   "the request target is longer than " + std::to_string(limits.target_bytes) + " bytes");
  RequestHead head;
  head.method = method;
  head.target = target;
  head.minor_version = *version;
  return head;
}

HttpResult<ResponseHead> parse_status_line(std::string_view line) {
  const auto version = parse_version(line.substr(0, 8));
  if (!version) return problem(502, version.error().message());
  const auto digits = line.substr(std::min<std::size_t>(9, line.size()), 3);
  const bool is_number = digits.size() == 3 && std::all_of(digits.begin(), digits.end(),
                                                           [](char c) { return c >= '0' && c <= '9'; });
  if (line.size() < 12 || line[8] != ' ' || !is_number || digits[0] == '0' ||
      (line.size() > 12 && line[12] != ' '))
    return problem(502, "the status line is malformed");
  ResponseHead head;
  head.status = (digits[0] - '0') * 100 + (digits[1] - '0') * 10 + (digits[2] - '0');
  head.minor_version = *version;
  if (line.size() > 13) head.reason = line.substr(13);
  if (!std::all_of(head.reason.begin(), head.reason.end(), is_value_char))
    return problem(502, "the reason phrase has a control character");
  return head;
}

template <class Head, class ParseLine>
HttpResult<std::optional<DecodedHead<Head>>> decode_head(std::string_view input, const HeadLimits& limits,
                                                         ParseLine parse_line) {
  std::size_t skipped = 0;
  while (input.substr(skipped).starts_with("\r\n") && skipped < 8) skipped += 2;
  const auto text = input.substr(skipped);
  const auto end = find_end(text, limits);
  if (!end) return tl::unexpected<HttpProblem>(end.error());

  const auto line_end = text.find("\r\n");
  const auto line = text.substr(0, line_end);
  const auto bad = line.find_first_of(std::string_view("\r\n\0", 3));
  // A lone CR at the very end may be the first half of a CRLF that is still on its way.
  const bool half_crlf = line_end == std::string_view::npos && bad != std::string_view::npos &&
                         bad + 1 == line.size() && line[bad] == '\r';
  if (bad != std::string_view::npos && !half_crlf)
    return problem(400, "the start line does not end with CRLF");
  // Refused while it arrives as when it is there; the rest of the line is method and version, or status.
  constexpr std::size_t kBesideTarget = 64;  // chosen
  if (line.size() - (half_crlf ? 1 : 0) > limits.target_bytes + kBesideTarget)
    return problem(414,
                   "the request target is longer than " + std::to_string(limits.target_bytes) + " bytes");
  if (!*end) return std::optional<DecodedHead<Head>>();

  auto head = parse_line(line);
  if (!head) return tl::unexpected<HttpProblem>(head.error());
  auto fields = parse_fields(text.substr(line_end + 2, **end - line_end - 4), limits.fields);
  if (!fields) return tl::unexpected<HttpProblem>(fields.error());
  head->fields = std::move(*fields);
  return std::optional<DecodedHead<Head>>(DecodedHead<Head>{std::move(*head), skipped + **end});
}

void append_fields(const Fields& fields, std::string& out) {
  for (const auto& field : fields.all()) {
    if (!is_token(field.name) || !std::all_of(field.value.begin(), field.value.end(), is_value_char))
      continue;
    out += field.name;
    out += ": ";
    out += field.value;
    out += "\r\n";
  }
  out += "\r\n";
}

constexpr std::array kReasons{
    std::pair{100, "Continue"},
    std::pair{101, "Switching Protocols"},
    std::pair{103, "Early Hints"},
    std::pair{200, "OK"},
    std::pair{201, "Created"},
    std::pair{202, "Accepted"},
    std::pair{204, "No Content"},
    std::pair{206, "Partial Content"},
    std::pair{301, "Moved Permanently"},
    std::pair{302, "Found"},
    std::pair{303, "See Other"},
    std::pair{304, "Not Modified"},
    std::pair{307, "Temporary Redirect"},
    std::pair{308, "Permanent Redirect"},
    std::pair{400, "Bad Request"},
    std::pair{401, "Unauthorized"},
    std::pair{403, "Forbidden"},
    std::pair{404, "Not Found"},
    std::pair{405, "Method Not Allowed"},
    std::pair{408, "Request Timeout"},
    std::pair{409, "Conflict"},
    std::pair{411, "Length Required"},
    std::pair{413, "Content Too Large"},
    std::pair{414, "URI Too Long"},
    std::pair{415, "Unsupported Media Type"},
    std::pair{421, "Misdirected Request"},
    std::pair{422, "Unprocessable Content"},
    std::pair{426, "Upgrade Required"},
    std::pair{429, "Too Many Requests"},
    std::pair{431, "Request Header Fields Too Large"},
    std::pair{500, "Internal Server Error"},
    std::pair{501, "Not Implemented"},
    std::pair{502, "Bad Gateway"},
    std::pair{503, "Service Unavailable"},
    std::pair{504, "Gateway Timeout"},
    std::pair{505, "HTTP Version Not Supported"},
    std::pair{507, "Insufficient Storage"},
};

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char small = lower(c);
  if (small >= 'a' && small <= 'f') return small - 'a' + 10;
  return -1;
}

}  // namespace

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

std::optional<std::string_view> Fields::find(std::string_view name) const {
  for (const auto& field : fields_)
    if (same_name(field.name, name)) return field.value;
  return std::nullopt;
}

std::size_t Fields::count(std::string_view name) const {
  return static_cast<std::size_t>(std::count_if(
      fields_.begin(), fields_.end(), [&](const Field& field) { return same_name(field.name, name); }));
}

bool Fields::has_token(std::string_view name, std::string_view token) const {
  for (const auto& field : fields_) {
    if (!same_name(field.name, name)) continue;
    std::string_view rest = field.value;
    while (true) {
      const auto comma = rest.find(',');
      if (same_name(trim(rest.substr(0, comma)), token)) return true;
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
  return false;
}

void Fields::add(std::string name, std::string value) {
  fields_.push_back({std::move(name), std::move(value)});
}

void Fields::set(std::string name, std::string value) {
  remove(name);
  add(std::move(name), std::move(value));
}

void Fields::remove(std::string_view name) {
  std::erase_if(fields_, [&](const Field& field) { return same_name(field.name, name); });
}

std::string_view RequestHead::path() const { return std::string_view(target).substr(0, target.find('?')); }

std::string_view RequestHead::query() const {
  const auto mark = target.find('?');
  if (mark == std::string::npos) return {};
  return std::string_view(target).substr(mark + 1);
}

HttpResult<std::optional<DecodedHead<RequestHead>>> decode_request_head(std::string_view input,
                                                                        const HeadLimits& limits) {
  return decode_head<RequestHead>(input, limits,
                                  [&](std::string_view line) { return parse_request_line(line, limits); });
}

HttpResult<std::optional<DecodedHead<ResponseHead>>> decode_response_head(std::string_view input,
                                                                          const HeadLimits& limits) {
  auto decoded = decode_head<ResponseHead>(input, limits, parse_status_line);
  if (!decoded) return problem(502, "the app's answer is invalid: " + decoded.error().message());
  return decoded;
}

void encode(const RequestHead& head, std::string& out) {
  out += head.method;
  out.push_back(' ');
  out += head.target;
  out += head.minor_version == 0 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n";
  append_fields(head.fields, out);
}

void encode(const ResponseHead& head, std::string& out) {
  out += "HTTP/1.1 ";
  out += std::to_string(head.status);
  out.push_back(' ');
  out += head.reason;
  out += "\r\n";
  append_fields(head.fields, out);
}

std::string_view reason_of(int status) {
  for (const auto& [code, text] : kReasons)
    if (code == status) return text;
  return "Unknown";
}

bool is_authority(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdefABCDEF";
  constexpr std::string_view kAddress = "0123456789abcdefABCDEF:.";
  const bool literal = text.starts_with('[');
  const auto host_end = literal ? text.find(']') + 1 : text.find(':');
  if (literal && host_end == 0) return false;
  const auto host = text.substr(0, host_end);
  const auto rest = text.substr(host.size());
  if (!rest.empty() && (rest.front() != ':' || rest.size() > 6)) return false;
  const auto port = rest.substr(std::min<std::size_t>(1, rest.size()));
  if (!std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; })) return false;
  int number = 0;
  for (const char c : port) number = number * 10 + (c - '0');
  if (number > 65535) return false;
  if (literal) {
    const auto address = host.substr(1, host.size() - 2);
    return address.size() >= 2 && address.find_first_not_of(kAddress) == std::string_view::npos;
  }
  for (std::size_t i = 0; i < host.size(); ++i) {
    const char c = host[i];
    const bool escape = c == '%' && i + 2 < host.size() && kHex.find(host[i + 1]) != std::string_view::npos &&
                        kHex.find(host[i + 2]) != std::string_view::npos;
    // Of the sub-delims none is in a name that anybody uses, and the comma would make a list of it.
    if (!escape && (!is_token_char(c) || std::string_view("!#$%&'*+^`|").find(c) != std::string_view::npos))
      return false;
  }
  return !host.empty();
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_digit(text[i + 1]);
    const int low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return out;
}

std::optional<std::string> query_value(std::string_view query, std::string_view key) {
  while (!query.empty()) {
    const auto pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const auto equals = pair.find('=');
    if (percent_decode(pair.substr(0, equals)) != std::string(key)) continue;
    if (equals == std::string_view::npos) return std::string();
    std::string value(pair.substr(equals + 1));
    std::replace(value.begin(), value.end(), '+', ' ');
    return percent_decode(value);
  }
  return std::nullopt;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.push_back('%');
    out.push_back(kHex[byte >> 4U]);
    out.push_back(kHex[byte & 15U]);
  }
  return out;
}

}  // namespace wire
