/// What a browser gets outside /api: the web UI's files, or a plain page where the program was built without
/// them.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "io/http/message.hpp"
#include "server/http/assets.hpp"
#include "wire/http_head.hpp"

namespace server {

/// Finds an asset by its path, nullptr when there is none; empty where no UI is built in.
using FindAsset = std::function<const web::Asset*(std::string_view)>;

/// Answer to a GET or HEAD outside /api; nullopt when there is nothing of that name.
[[nodiscard]] std::optional<io::http::Response> find_page(const wire::RequestHead& request,
                                                          const FindAsset& find);

}  // namespace server
