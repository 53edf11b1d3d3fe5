/// Whole HTTP messages for callers that need no streaming.
#pragma once

#include <chrono>
#include <string>

#include "wire/http_head.hpp"

namespace io::http {

/// An answer whose body is at hand. Content-Length is added when it is sent.
struct Response {
  int status = 200;
  wire::Fields fields;
  std::string body;
};

/// A request to send; Host, Content-Length and Connection are added.
struct Request {
  std::string method = "GET";
  std::string target = "/";
  wire::Fields fields;
  std::string body;
};

/// A Response with a content type.
[[nodiscard]] Response make_response(int status, std::string content_type, std::string body);

}  // namespace io::http
