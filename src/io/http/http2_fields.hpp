/// Heads between the form that HTTP/2 sends them in and the form of HTTP/1.1 that handlers know (RFC 9113
/// §8).
#pragma once

#include <cstddef>
#include <string>

#include "wire/http_body.hpp"
#include "wire/http_head.hpp"

namespace io::http {

/// A head as it came: pseudo-header fields apart from the others. Cookie crumbs are one field (§8.2.3).
struct Http2Head {
  std::string method, scheme, authority, path, protocol;  // of requests
  int status = 0;                                         // of answers
  wire::Fields fields;
  bool ended = false;          // no body follows
  bool path_too_long = false;  // what is beyond a limit was dropped
  bool too_large = false;

  /// Takes one more field; `bytes` counts as SETTINGS_MAX_HEADER_LIST_SIZE does (§6.5.2).
  void add(std::string name, std::string value, const wire::HeadLimits& limits);

 private:
  std::size_t bytes_ = 0;
};

struct Http2Request {
  wire::RequestHead head;
  wire::Framing framing;  // chunked: no length known
  bool websocket = false;
};

/// A request in HTTP/1.1's form; an extended CONNECT for a WebSocket (RFC 8441) as the GET that it stands
/// for. Fails with 400, 405, 414, 431 or 501.
[[nodiscard]] wire::HttpResult<Http2Request> to_request(Http2Head head, const wire::HeadLimits& limits);

/// An answer in HTTP/1.1's form. Fails with 502 where it is larger than the limits.
[[nodiscard]] wire::HttpResult<wire::ResponseHead> to_response(Http2Head head);

/// What is sent for a head: pseudo-header fields first, names in lower case, nothing of the connection.
/// `websocket`: the 101 that takes an extended CONNECT, or the GET that becomes one.
[[nodiscard]] wire::Fields from_response(const wire::ResponseHead& head, bool websocket);
[[nodiscard]] wire::Fields from_request(const wire::RequestHead& head, bool websocket);
[[nodiscard]] wire::Fields from_trailers(const wire::Fields& trailers);

}  // namespace io::http
