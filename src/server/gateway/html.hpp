/// Text in the gateway's own pages.
#pragma once

#include <string>
#include <string_view>

namespace server {

/// For the content of an element or an attribute in double quotes.
[[nodiscard]] std::string escape_html(std::string_view text);

}  // namespace server
