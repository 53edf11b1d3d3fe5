/// Short answers of the gateway itself: a page for a browser's navigation, a problem document for all else.
#pragma once

#include <string>

#include "base/error.hpp"
#include "io/http/message.hpp"
#include "wire/http_head.hpp"

namespace server {

struct Notice {
  base::ErrorCode code = base::ErrorCode::not_found;
  std::string title;             // of the page
  std::string text;              // of both
  std::string link_text = {};    // of a link below it; "" without
  std::string link_target = {};  // a location on this host
};

/// Never cached. With WWW-Authenticate where it is a 401.
[[nodiscard]] io::http::Response notice_response(const wire::RequestHead& request, const Notice& notice);

/// 302, never cached, and no Referer goes with it.
[[nodiscard]] io::http::Response redirect_response(std::string location);

/// The one answer for what is not there and for what the visitor may not see.
[[nodiscard]] Notice not_found_notice();
[[nodiscard]] Notice wrong_address_notice();
[[nodiscard]] Notice too_many_notice();

}  // namespace server
