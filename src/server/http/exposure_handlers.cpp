#include <boost/json/array.hpp>

#include "server/http/handlers.hpp"
#include "server/http/responses.hpp"
#include "server/sessions/until_ended.hpp"
#include "wire/exposure.hpp"

namespace server {
namespace {

/// The first `count` segments of a path, as the client wrote them.
std::string first_segments(std::string_view path, int count) {
  std::size_t end = 0;
  for (int i = 0; i < count && end != std::string_view::npos; ++i) end = path.find('/', end + 1);
  return std::string(path.substr(0, end));
}

constexpr int kPrefixSegments = 6;  // /api/v1/sessions/{id}/proxy/{port}

base::Result<void> check_running(const store::SessionRecord& session) {
  if (session.state == wire::SessionState::running && session.sandbox) return {};
  return base::fail(base::ErrorCode::conflict,
                    "the session is " + std::string(wire::to_string(session.state)) + ", not running");
}

}  // namespace

Answer ExposureHandlers::list(Call& call) {
  boost::json::array items;
  for (const auto& exposure : exposures_.list(*call.session, call.base_url))
    items.push_back(wire::to_list_item(exposure));
  co_return json_response(200,
                          {{"session_id", call.session->id.text()}, {"exposed_ports", std::move(items)}});
}

Answer ExposureHandlers::add(Call& call) {
  auto request = wire::decode_new_exposure(call.body);
  if (!request) co_return tl::unexpected(request.error());
  const auto added = co_await exposures_.add(*call.session, *std::move(request), call.base_url);
  if (!added) co_return tl::unexpected(added.error());
  const int status = added->created ? 201 : 200;
  co_return json_response(status, wire::to_json(added->exposure));
}

Answer ExposureHandlers::remove(Call& call) {
  const auto port = wire::parse_port(call.params.at("port"));
  if (!port) co_return tl::unexpected(port.error());
  const auto removed = co_await exposures_.remove(call.session->id, *port);
  if (!removed) co_return tl::unexpected(removed.error());
  co_return no_content();
}

Answer ExposureHandlers::add_slash(Call& call) {
  if (call.head.method != "GET" && call.head.method != "HEAD")
    co_return base::fail(base::ErrorCode::not_found,
                         "the path of a proxied request begins with a slash behind the port");
  io::http::Response response;
  response.status = 308;
  std::string location = first_segments(call.head.path(), kPrefixSegments) + "/";
  if (!call.head.query().empty()) location += "?" + std::string(call.head.query());
  response.fields.add("Location", std::move(location));
  co_return response;
}

io::Task<void> ExposureHandlers::proxy(io::http::Exchange& exchange, Call& call) {
  const auto port = wire::parse_port(call.params.at("port"));
  const auto running = check_running(*call.session);
  if (!port || !running) {
    auto response = problem_response(port ? running.error() : port.error(), call.request_id);
    co_await exchange.respond(std::move(response));
    co_return;
  }
  AppRequest request;
  request.session = call.session->id;
  request.sandbox = *call.session->sandbox;
  request.port = static_cast<std::uint16_t>(*port);
  request.way = AppRequest::Way::path;
  request.target = "/" + call.params.at("rest");
  if (const auto mark = call.head.target.find('?'); mark != std::string::npos)
    request.target += call.head.target.substr(mark);
  request.prefix = first_segments(call.head.path(), kPrefixSegments);
  request.client = exchange.peer();
  request.scheme = call.base_url.substr(0, call.base_url.find(':'));
  request.key_in_authorization = call.key_in_authorization;
  auto serving = proxy_.serve(exchange, std::move(request));
  StreamTies ties(call.session->id, call.caller);
  ties.port = *port;
  co_await until_ended(std::move(serving), streams_, std::move(ties));
  if (exchange.answered()) co_return;
  const base::Error ended(base::ErrorCode::conflict, "the session was ended meanwhile");
  auto response = problem_response(ended, call.request_id);
  exchange.close_after();
  co_await exchange.respond(std::move(response));
}

}  // namespace server
