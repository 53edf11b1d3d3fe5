#include "server/gateway/holding_page.hpp"

#include <string_view>

#include "base/error.hpp"
#include "server/gateway/field_rules.hpp"
#include "server/gateway/html.hpp"
#include "wire/error_table.hpp"

namespace server {
namespace {

/// Seconds between two tries of the page; also Retry-After. Chosen.
constexpr std::string_view kRetrySeconds = "2";

std::string page(int port, const std::string& detail) {
  const std::string number = std::to_string(port);
  return "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta http-equiv=\"refresh\" "
         "content=\"" +
         std::string(kRetrySeconds) +
         "\"><meta name=\"viewport\" content=\"width=device-width\"><title>Waiting for port " + number +
         "</title><style>body{font:16px/1.5 system-ui,sans-serif;max-width:36rem;margin:18vh auto;padding:0 "
         "1.5rem;"
         "color-scheme:light dark}code{font-size:.9em}p{opacity:.85}</style></head><body><h1>Nothing answers "
         "on port " +
         number + " yet</h1><p>This page tries again every " + std::string(kRetrySeconds) +
         " seconds. Start the server in the session, and it will appear here.</p><p><code>" +
         escape_html(detail) + "</code></p></body></html>\n";
}

}  // namespace

io::http::Response holding_response(const wire::RequestHead& request, int port, const std::string& detail) {
  io::http::Response response;
  response.status = 503;
  response.fields.add("Retry-After", std::string(kRetrySeconds));
  response.fields.add("Cache-Control", "no-store");
  if (is_navigation(request)) {
    response.fields.add("Content-Type", "text/html; charset=utf-8");
    response.fields.add("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox");
    response.body = page(port, detail);
    return response;
  }
  response.fields.add("Content-Type", std::string(wire::kProblemType));
  response.body = wire::encode(wire::make_problem(base::Error(base::ErrorCode::unavailable, detail)));
  return response;
}

}  // namespace server
