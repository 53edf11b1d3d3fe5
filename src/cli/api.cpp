#include "cli/api.hpp"

#include <utility>

#include <boost/json/serialize.hpp>
#include <boost/system/system_error.hpp>

#include "wire/error_table.hpp"
#include "wire/json_object.hpp"

namespace cli {
namespace {

/// Until the answer's head is there. Chosen: longer than the server waits for a sandbox that reconnects (30
/// s).
constexpr std::chrono::seconds kAnswerLimit{45};

/// Most bytes of a problem document. Chosen.
constexpr std::size_t kMaxProblemBytes = std::size_t{64} * 1024;

io::http::ClientLimits call_limits() {
  io::http::ClientLimits limits;
  limits.connect_and_head = kAnswerLimit;
  limits.idle = kAnswerLimit;
  return limits;
}

/// The seed's redirects and pages are for browsers: what is no 2xx is a failure here.
bool succeeded(int status) { return status >= 200 && status < 300; }

}  // namespace

base::Result<std::unique_ptr<Api>> Api::make(const Settings& settings, bool insecure_skip_verify) {
  auto endpoint = io::parse_endpoint(settings.url);
  if (!endpoint)
    return base::fail(base::ErrorCode::invalid_argument,
                      "the server's URL '" + settings.url + "': " + endpoint.error().message());
  if (settings.api_key.empty())
    return base::fail(base::ErrorCode::unauthenticated, "there is no key for " + settings.url);
  return std::make_unique<Api>(std::move(*endpoint), settings.api_key, insecure_skip_verify);
}

Api::Api(io::Endpoint endpoint, base::Secret key, bool insecure_skip_verify)
    : endpoint_(std::move(endpoint)),
      key_(std::move(key)),
      connector_(endpoint_.host, endpoint_.port, endpoint_.tls, insecure_skip_verify) {}

io::http::Request Api::make_request(std::string method, const std::string& path) const {
  io::http::Request request;
  request.method = std::move(method);
  request.target = endpoint_.base_path + "/api/v1" + path;
  if (!key_.empty()) request.fields.add("Authorization", "Bearer " + key_.expose());
  request.fields.add("User-Agent", "helix/" HELIX_VERSION);
  return request;
}

io::Task<base::Result<json::object>> Api::get(std::string path) { return call(make_request("GET", path)); }

io::Task<base::Result<json::object>> Api::remove(std::string path) {
  return call(make_request("DELETE", path));
}

io::Task<base::Result<json::object>> Api::post(std::string path, json::object body) {
  auto request = make_request("POST", path);
  request.fields.add("Content-Type", "application/json");
  request.body = json::serialize(body);
  return call(std::move(request));
}

io::Task<base::Result<json::object>> Api::call(io::http::Request request) {
  const auto limits = call_limits();
  const auto response = co_await io::http::fetch(connector_, endpoint_.authority, std::move(request), limits);
  if (!response) co_return tl::unexpected(response.error());
  if (!succeeded(response->status))
    co_return tl::unexpected(wire::decode_problem(response->status, response->body));
  if (response->body.empty()) co_return json::object();

  auto body = wire::parse_json_object(response->body);
  if (!body)
    co_return base::fail(base::ErrorCode::malformed, endpoint_.authority + " does not answer like helix-api");
  co_return std::move(*body);
}

io::Task<base::Result<std::unique_ptr<io::http::ResponseStream>>> Api::open(std::string path) {
  io::http::ClientLimits limits;
  limits.connect_and_head = kAnswerLimit;
  auto response = co_await io::http::open(connector_, endpoint_.authority, make_request("GET", path), limits);
  if (!response) co_return tl::unexpected(response.error());
  const int status = (*response)->head().status;
  if (succeeded(status)) co_return std::move(*response);

  const auto body = co_await (*response)->read_all(kMaxProblemBytes);
  co_return tl::unexpected(wire::decode_problem(status, body.value_or("")));
}

io::Task<base::Result<io::websocket::ChannelPtr>> Api::open_websocket(std::string path) {
  const auto request = make_request("GET", path);
  co_return co_await io::websocket::connect(connector_, endpoint_.authority, request.target, request.fields,
                                            kAnswerLimit);
}

}  // namespace cli
