/// The web UI's files, compiled into the program (tools/embed_web.py writes the definition of assets()).
#pragma once

#include <span>
#include <string_view>

namespace web {

/// One file of web/dist. Everything lives as long as the program.
struct Asset {
  std::string_view path;  // request path, e.g. "/assets/index-3f9a1c.js"; the page itself is "/index.html"
  std::string_view content_type;        // e.g. "text/html; charset=utf-8"
  std::string_view etag;                // strong, with its quotes, of the file before compression
  std::string_view cache_control;       // a year for names that carry a hash, "no-cache" for the others
  std::span<const unsigned char> gzip;  // the body, already gzip encoded
};

/// All assets, sorted by path. "/index.html" is always among them: it is the answer to "/" and to each path
/// outside /api that no asset has and that a person's browser asks for, because the UI routes such paths
/// itself.
[[nodiscard]] std::span<const Asset> assets();

/// The asset with exactly this path, nullptr when there is none.
[[nodiscard]] const Asset* find_asset(std::string_view path);

/// For each answer that carries an asset. The UI needs nothing inline and nothing from elsewhere.
inline constexpr std::string_view kContentSecurityPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src "
    "'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

}  // namespace web
