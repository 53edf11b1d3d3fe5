/// What a server refuses by itself, whichever version of HTTP the request came in.
#pragma once

#include <optional>

#include "io/http/message.hpp"
#include "wire/http_head.hpp"

namespace io::http {

/// RFC 9112 §3.2: exactly one Host in HTTP/1.1, and one that could be a host.
[[nodiscard]] std::optional<wire::HttpProblem> check_host(const wire::RequestHead& head);

/// The problem document of a refusal.
[[nodiscard]] Response problem_response(const wire::HttpProblem& problem);

}  // namespace io::http
