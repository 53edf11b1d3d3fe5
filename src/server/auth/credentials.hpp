/// Credentials in a request, the browser's cookie, and where a request may come from.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/secret.hpp"
#include "wire/http_head.hpp"

namespace server {

/// The token of a Bearer value; nullopt for another scheme.
[[nodiscard]] std::optional<std::string> bearer_token(std::string_view field_value);
/// Values of the cookies of that name, in their order; at most `most`.
[[nodiscard]] std::vector<std::string> find_cookies(const wire::Fields& fields, std::string_view name,
                                                    std::size_t most);
/// Value of the first cookie of that name.
[[nodiscard]] std::optional<std::string> find_cookie(const wire::Fields& fields, std::string_view name);

/// "__Host-helix_session" under https, where browsers then insist on Secure, Path=/ and no Domain.
[[nodiscard]] std::string login_cookie_name(bool https);
[[nodiscard]] std::string set_login_cookie(const base::Secret& value, bool https,
                                           std::chrono::seconds lifetime);
[[nodiscard]] std::string clear_login_cookie(bool https);

/// Whether a request that authenticates by cookie was made by a page of ours: its Origin is `public_url`'s,
/// or this request's own `scheme` and Host. `required`: a missing Origin is refused too. Fails with
/// forbidden.
[[nodiscard]] base::Result<void> check_origin(const wire::RequestHead& head, const std::string& scheme,
                                              const std::string& public_url, bool required);

/// Whether a browser says that a page of another origin, such as an app's on a port of this host, made it
/// send this (Fetch Metadata: Sec-Fetch-Site).
[[nodiscard]] bool is_from_foreign_page(const wire::RequestHead& head);

/// Methods that may change something: all but GET, HEAD, OPTIONS and TRACE (RFC 9110 §9.2.1).
[[nodiscard]] bool is_unsafe(std::string_view method);

/// media type is application/json, whatever its parameters.
[[nodiscard]] bool is_json_type(const wire::Fields& fields);

}  // namespace server
