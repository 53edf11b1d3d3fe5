#include "server/http/pages.hpp"

#include <string>

namespace server {
namespace {

constexpr std::string_view kPlainPage = R"(<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Helix</title></head>
<body>
<h1>Helix</h1>
<p>This is a Helix server. Its web page needs a browser that accepts gzip, or is not part of this build.
From a terminal:</p>
<pre>helix login URL          # asks for your key
helix session create --wait --name hello
helix exec hello -- docker version
helix expose hello 8000</pre>
<p>The API is under <code>/api/v1</code>; <code>/health</code> and <code>/ready</code> tell how it is.</p>
</body>
</html>
)";

void add_safety(io::http::Response& response) {
  response.fields.add("Content-Security-Policy", std::string(web::kContentSecurityPolicy));
  response.fields.add("X-Content-Type-Options", "nosniff");
  response.fields.add("Referrer-Policy", "no-referrer");
}

/// The UI routes its own paths: a person's navigation to any of them gets the page.
bool is_navigation(const wire::RequestHead& request) {
  const auto accept = request.fields.find("Accept").value_or("");
  return accept.find("text/html") != std::string_view::npos;
}

io::http::Response asset_response(const wire::RequestHead& request, const web::Asset& asset) {
  io::http::Response response;
  response.fields.add("ETag", std::string(asset.etag));
  response.fields.add("Cache-Control", std::string(asset.cache_control));
  response.fields.add("Vary", "Accept-Encoding");
  add_safety(response);
  if (request.fields.find("If-None-Match") == asset.etag) {
    response.status = 304;
    return response;
  }
  response.fields.add("Content-Type", std::string(asset.content_type));
  response.fields.add("Content-Encoding", "gzip");
  // The embedded bytes are unsigned, a body is chars.
  response.body.assign(reinterpret_cast<const char*>(asset.gzip.data()), asset.gzip.size());
  return response;
}

io::http::Response plain_page() {
  auto response = io::http::make_response(200, "text/html; charset=utf-8", std::string(kPlainPage));
  response.fields.add("Cache-Control", "no-cache");
  add_safety(response);
  return response;
}

}  // namespace

std::optional<io::http::Response> find_page(const wire::RequestHead& request, const FindAsset& find) {
  const auto path = request.path();
  const bool is_root = path == "/" || path == "/index.html";
  const bool wants_page = is_root || is_navigation(request);
  const bool takes_gzip =
      request.fields.has_token("Accept-Encoding", "gzip") ||
      request.fields.find("Accept-Encoding").value_or("").find("gzip") != std::string_view::npos;
  if (!find || !takes_gzip) {
    if (wants_page) return plain_page();
    return std::nullopt;
  }
  if (const auto* asset = find(path)) return asset_response(request, *asset);
  if (!wants_page) return std::nullopt;
  return asset_response(request, *find("/index.html"));
}

}  // namespace server
