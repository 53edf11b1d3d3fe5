#include "io/http/request_checks.hpp"

#include <string>
#include <utility>

namespace io::http {

std::optional<wire::HttpProblem> check_host(const wire::RequestHead& head) {
  const auto count = head.fields.count("Host");
  if (count > 1) return wire::HttpProblem(400, "Host is given more than once");
  if (count == 0 && head.minor_version == 1) return wire::HttpProblem(400, "Host is missing");
  if (count == 1 && !wire::is_authority(*head.fields.find("Host")))
    return wire::HttpProblem(400, "Host is not a host name with an optional port");
  return std::nullopt;
}

Response problem_response(const wire::HttpProblem& problem) {
  std::string body = R"({"type":"about:blank","title":")";
  body += wire::reason_of(problem.status());
  body +=
      R"(","status":)" + std::to_string(problem.status()) + R"(,"detail":")" + problem.message() + "\"}\n";
  return make_response(problem.status(), "application/problem+json", std::move(body));
}

}  // namespace io::http
