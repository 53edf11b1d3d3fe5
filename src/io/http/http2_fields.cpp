#include "io/http/http2_fields.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include <openssl/evp.h>

#include "base/random.hpp"
#include "io/http/request_checks.hpp"

namespace io::http {
namespace {

/// RFC 9113 §6.5.2: what a field counts beside its name and value.
constexpr std::size_t kFieldOverhead = 32;

/// RFC 9113 §8.2.2: these speak of one connection.
constexpr std::array<std::string_view, 7> kConnectionFields{
    "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "http2-settings", "te"};

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

bool is_target(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte != 0x7f;
  });
}

/// nghttp2 sends what it is given.
bool is_sendable(const wire::Field& field) {
  const auto name_char = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte < 0x7f && c != ':';
  };
  const auto value_char = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
  };
  return !field.name.empty() && std::all_of(field.name.begin(), field.name.end(), name_char) &&
         std::all_of(field.value.begin(), field.value.end(), value_char);
}

/// Appends all but the fields of the connection, those that Connection names among them.
void append_end_to_end(const wire::Fields& from, wire::Fields& to) {
  for (const auto& field : from.all()) {
    if (!is_sendable(field)) continue;
    std::string name = lower_case(field.name);
    if (std::find(kConnectionFields.begin(), kConnectionFields.end(), name) != kConnectionFields.end())
      continue;
    // Never what a message needs: a list that names Host or a length is an attack, not a wish.
    const bool needed = name == "host" || name == "content-length" || name == "cookie";
    if (!needed && from.has_token("Connection", name)) continue;
    to.add(std::move(name), field.value);
  }
}

std::string websocket_key() {
  std::array<std::byte, 16> raw{};
  base::SystemRandom().fill(raw);
  std::array<unsigned char, 32> text{};
  const int size = EVP_EncodeBlock(text.data(), reinterpret_cast<const unsigned char*>(raw.data()), 16);
  return {reinterpret_cast<const char*>(text.data()), static_cast<std::size_t>(size)};
}

tl::unexpected<wire::HttpProblem> problem(int status, std::string message) {
  return tl::unexpected<wire::HttpProblem>(wire::HttpProblem(status, std::move(message)));
}

/// RFC 8441 §4 and §5: the other way round.
void use_upgrade_form(wire::RequestHead& head) {
  head.method = "GET";
  head.fields.remove("content-length");  // what follows is the WebSocket's, and no body
  head.fields.set("Upgrade", "websocket");
  head.fields.set("Connection", "Upgrade");
  if (head.fields.count("Sec-WebSocket-Key") != 1) head.fields.set("Sec-WebSocket-Key", websocket_key());
}

}  // namespace

void Http2Head::add(std::string name, std::string value, const wire::HeadLimits& limits) {
  if (name == ":path" && value.size() > limits.target_bytes) path_too_long = true;
  bytes_ += name.size() + value.size() + kFieldOverhead;
  if (bytes_ > limits.head_bytes) too_large = true;
  if (too_large || path_too_long) return;
  if (name == ":method")
    method = std::move(value);
  else if (name == ":scheme")
    scheme = std::move(value);
  else if (name == ":authority")
    authority = std::move(value);
  else if (name == ":path")
    path = std::move(value);
  else if (name == ":protocol")
    protocol = std::move(value);
  else if (name == ":status")
    status = std::atoi(value.c_str());  // three digits: nghttp2 has looked
  else if (name == "cookie" && fields.count(name) > 0) {
    for (auto& field : fields.all())
      if (field.name == name) field.value += "; " + value;
  } else if (fields.all().size() == limits.fields) {
    too_large = true;
  } else {
    fields.add(std::move(name), std::move(value));
  }
}

wire::HttpResult<Http2Request> to_request(Http2Head head, const wire::HeadLimits& limits) {
  if (head.path_too_long)
    return problem(414,
                   "the request target is longer than " + std::to_string(limits.target_bytes) + " bytes");
  if (head.too_large)
    return problem(431, "the head is larger than " + std::to_string(limits.head_bytes) + " bytes or " +
                            std::to_string(limits.fields) + " fields");
  Http2Request request;
  request.head.method = std::move(head.method);
  request.head.target = std::move(head.path);
  request.head.fields = std::move(head.fields);
  auto& fields = request.head.fields;
  if (!head.authority.empty()) {
    // RFC 9113 §8.3.1: they are the same thing; two answers to "whose?" are none.
    const auto host = fields.find("host");
    if (host && !wire::same_name(*host, head.authority))
      return problem(400, "Host and :authority are not the same");
    fields.remove("host");
    wire::Fields all;
    all.add("host", std::move(head.authority));
    for (auto& field : fields.all()) all.all().push_back(std::move(field));
    fields = std::move(all);
  }
  if (auto refusal = check_host(request.head)) return tl::unexpected<wire::HttpProblem>(*refusal);
  if (request.head.method == "CONNECT") {
    if (head.protocol.empty()) return problem(405, "CONNECT is not served here: this is no forward proxy");
    if (head.protocol != "websocket") return problem(501, "only WebSockets are served over CONNECT");
    use_upgrade_form(request.head);
    request.websocket = true;
  }
  if (head.scheme != "http" && head.scheme != "https")
    return problem(400, "the scheme is neither http nor https");
  const auto& target = request.head.target;
  const bool is_asterisk = target == "*" && request.head.method == "OPTIONS";
  if (!is_target(target) || (target.front() != '/' && !is_asterisk))
    return problem(400, "the request target is not a path");
  const auto framing = wire::request_framing(request.head);
  if (!framing) return tl::unexpected<wire::HttpProblem>(framing.error());
  if (!request.websocket) request.framing = *framing;
  if (!request.websocket && !head.ended && framing->kind == wire::Framing::Kind::none)
    request.framing.kind = wire::Framing::Kind::chunked;
  return request;
}

wire::HttpResult<wire::ResponseHead> to_response(Http2Head head) {
  if (head.too_large) return problem(502, "the answer's head is too large");
  wire::ResponseHead answer;
  answer.status = head.status;
  answer.reason = wire::reason_of(head.status);
  answer.fields = std::move(head.fields);
  return answer;
}

wire::Fields from_response(const wire::ResponseHead& head, bool websocket) {
  wire::Fields out;
  out.add(":status", websocket ? "200" : std::to_string(head.status));
  append_end_to_end(head.fields, out);
  if (websocket) {
    out.remove("sec-websocket-accept");
    out.remove("content-length");
  }
  return out;
}

wire::Fields from_request(const wire::RequestHead& head, bool websocket) {
  wire::Fields out;
  out.add(":method", websocket ? "CONNECT" : head.method);
  if (websocket) out.add(":protocol", "websocket");
  out.add(":scheme", "http");
  out.add(":authority", std::string(head.fields.find("Host").value_or("")));
  out.add(":path", head.target);
  append_end_to_end(head.fields, out);
  out.remove("host");
  if (websocket) {
    out.remove("sec-websocket-key");
    out.remove("content-length");
  }
  if (head.fields.has_token("TE", "trailers")) out.add("te", "trailers");
  return out;
}

wire::Fields from_trailers(const wire::Fields& trailers) {
  wire::Fields out;
  append_end_to_end(trailers, out);
  return out;
}

}  // namespace io::http
