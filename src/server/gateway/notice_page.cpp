#include "server/gateway/notice_page.hpp"

#include <string_view>

#include "server/gateway/field_rules.hpp"
#include "server/gateway/html.hpp"
#include "wire/error_table.hpp"

namespace server {
namespace {

using base::ErrorCode;

constexpr std::string_view kStyle =
    "body{font:16px/1.5 system-ui,sans-serif;max-width:36rem;margin:18vh auto;padding:0 1.5rem;"
    "color-scheme:light dark;background:Canvas;color:CanvasText}p{opacity:.85}a{color:LinkText}";

std::string page(const Notice& notice) {
  std::string out =
      "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width\"><title>" +
      escape_html(notice.title) + "</title><style>" + std::string(kStyle) + "</style></head><body><h1>" +
      escape_html(notice.title) + "</h1><p>" + escape_html(notice.text) + "</p>";
  if (!notice.link_text.empty())
    out += "<p><a href=\"" + escape_html(notice.link_target) + "\">" + escape_html(notice.link_text) +
           "</a></p>";
  return out + "</body></html>\n";
}

}  // namespace

io::http::Response notice_response(const wire::RequestHead& request, const Notice& notice) {
  io::http::Response response;
  response.status = wire::http_status(notice.code);
  response.fields.add("Cache-Control", "no-store");
  response.fields.add("Referrer-Policy", "no-referrer");
  response.fields.add("X-Content-Type-Options", "nosniff");
  if (notice.code == ErrorCode::unauthenticated) response.fields.add("WWW-Authenticate", "Bearer");
  if (!is_navigation(request)) {
    response.fields.add("Content-Type", std::string(wire::kProblemType));
    response.body = wire::encode(wire::make_problem(base::Error(notice.code, notice.text))) + "\n";
    return response;
  }
  response.fields.add("Content-Type", "text/html; charset=utf-8");
  response.fields.add(
      "Content-Security-Policy",
      "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'");
  response.body = page(notice);
  return response;
}

io::http::Response redirect_response(std::string location) {
  io::http::Response response;
  response.status = 302;
  response.fields.add("Location", std::move(location));
  response.fields.add("Cache-Control", "no-store");
  response.fields.add("Referrer-Policy", "no-referrer");
  return response;
}

Notice not_found_notice() {
  return {ErrorCode::not_found, "Nothing to see here",
          "there is no such app, or it is not shared with you; a share link may have ended"};
}

Notice wrong_address_notice() {
  return {ErrorCode::forbidden, "Not from this address", "this app cannot be opened from your address"};
}

Notice too_many_notice() {
  return {ErrorCode::too_many, "Too many tries", "too many links or logins were wrong; wait a little"};
}

}  // namespace server
