/// What a client sees while the target of an exposed port is not up.
#pragma once

#include <string>

#include "io/http/message.hpp"
#include "wire/http_head.hpp"

namespace server {

/// 503: a page that reloads itself for a browser's navigation, a problem document for everything else.
[[nodiscard]] io::http::Response holding_response(const wire::RequestHead& request, int port,
                                                  const std::string& detail);

}  // namespace server
