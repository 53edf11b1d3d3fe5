#include "server/http/proxy_handlers.hpp"

#include <utility>

#include "server/gateway/client_side.hpp"
#include "server/gateway/field_rules.hpp"
#include "server/http/responses.hpp"
#include "server/sessions/until_ended.hpp"
#include "wire/exposure.hpp"

namespace server {
namespace {

using base::ErrorCode;

/// The first `count` segments of a path, as the client wrote them.
std::string first_segments(std::string_view path, int count) {
  std::size_t end = 0;
  for (int i = 0; i < count && end != std::string_view::npos; ++i) end = path.find('/', end + 1);
  return std::string(path.substr(0, end));
}

constexpr int kPrefixSegments = 6;  // /api/v1/sessions/{id}/proxy/{port}

std::string with_query(std::string path, const wire::RequestHead& head) {
  const auto mark = head.target.find('?');
  if (mark != std::string::npos) path += head.target.substr(mark);
  return path;
}

/// What the app is asked for.
std::string app_target(const Call& call) { return with_query("/" + call.params.at("rest"), call.head); }

Visitor visitor_of(const Call& call) {
  Visitor visitor;
  visitor.caller = call.caller;
  visitor.login = call.caller.login;
  visitor.address = call.peer;
  return visitor;
}

base::Error error_of(Verdict verdict) {
  if (verdict == Verdict::log_in)
    return {ErrorCode::unauthenticated, "a valid key is needed: Authorization: Bearer …"};
  if (verdict == Verdict::wrong_address)
    return {ErrorCode::forbidden, "this port may not be asked from your address"};
  return {ErrorCode::not_found, "no such session"};
}

}  // namespace

ProxyHandlers::Answer ProxyHandlers::add_slash(Call& call) {
  const auto verdict = parts_.admission.check(door_of(call), visitor_of(call));
  // To a navigation it says nothing that the path does not.
  if (verdict != Verdict::let_in && !is_navigation(call.head)) co_return tl::unexpected(error_of(verdict));
  if (call.head.method != "GET" && call.head.method != "HEAD")
    co_return base::fail(ErrorCode::not_found,
                         "the path of a proxied request begins with a slash behind the port");
  io::http::Response response;
  response.status = 308;
  auto location = first_segments(call.head.path(), kPrefixSegments) + "/";
  response.fields.add("Location", with_query(std::move(location), call.head));
  co_return response;
}

Door ProxyHandlers::door_of(const Call& call) const {
  const auto port = wire::parse_port(call.params.at("port"));
  const auto id = wire::SessionId::parse(call.params.at("id"));
  if (!id) return {};
  return parts_.admission.find(*id, port.value_or(std::uint16_t{0}));
}

ProxyHandlers::Answer ProxyHandlers::authorize(Call& call) {
  const AppLogin::Asked asked{call.head, call.caller, call.base_url, call.peer};
  co_return parts_.login.authorise(asked);
}

io::Task<void> ProxyHandlers::proxy(io::http::Exchange& exchange, Call& call) {
  const auto port = wire::parse_port(call.params.at("port"));
  const auto door = door_of(call);
  const auto verdict = parts_.admission.check(door, visitor_of(call));
  auto refused = refuse(call, door, verdict);
  if (!refused && !port) refused = problem_response(port.error(), call.request_id);
  if (refused) {
    co_await exchange.respond(*std::move(refused));
    co_return;
  }
  co_await pass_on(exchange, call, door);
}

std::optional<io::http::Response> ProxyHandlers::refuse(const Call& call, const Door& door, Verdict verdict) {
  const auto elsewhere = find_better_url(call, door, verdict);
  if (elsewhere) return redirect_response(*elsewhere);
  if (verdict != Verdict::let_in) return problem_response(error_of(verdict), call.request_id);
  const auto& session = *door.session;
  if (session.state == wire::SessionState::running && session.sandbox) return std::nullopt;
  const base::Error error(ErrorCode::conflict,
                          "the session is " + std::string(wire::to_string(session.state)) + ", not running");
  return problem_response(error, call.request_id);
}

std::optional<std::string> ProxyHandlers::find_better_url(const Call& call, const Door& door,
                                                          Verdict verdict) const {
  const bool has_key = call.caller.kind != CallerKind::anonymous && !call.caller.by_cookie;
  if (has_key || !is_navigation(call.head)) return std::nullopt;
  const auto id = wire::SessionId::parse(call.params.at("id"));
  const auto port = wire::parse_port(call.params.at("port"));
  if (!id || !port) return std::nullopt;
  // Host names follow from session and port: whoever may not see them learns nothing by this.
  store::ExposureRecord shown;
  shown.session = *id;
  shown.port = *port;
  if (verdict == Verdict::let_in) shown = door.exposure;
  if (shown.protocol == "tcp") return std::nullopt;
  const auto urls = exposure_urls(shown, parts_.exposures.url_base(call.base_url));
  if (urls.size() > 1) return urls.front() + local_location(app_target(call)).substr(1);
  if (verdict != Verdict::log_in) return std::nullopt;
  return "/login?next=" + wire::percent_encode(local_location(call.head.target));
}

io::Task<void> ProxyHandlers::pass_on(io::http::Exchange& exchange, Call& call, const Door& door) {
  AppRequest request;
  request.session = door.session->id;
  request.sandbox = *door.session->sandbox;
  request.port = door.exposure.port;
  if (door.exposure.protocol == "h2c") request.protocol = door.exposure.protocol;
  request.host_header = door.exposure.host_header;
  request.way = AppRequest::Way::path;
  request.target = app_target(call);
  request.prefix = first_segments(call.head.path(), kPrefixSegments);
  request.client = call.peer;
  request.scheme = call.scheme;
  request.key_in_authorization = call.key_in_authorization;
  request.peer_is_proxy = peer_is_proxy(exchange.connection(), parts_.options);
  StreamTies ties(door.session->id, call.caller);
  ties.port = door.exposure.port;
  struct Counted {
    std::int64_t& open;
    explicit Counted(std::int64_t& count) : open(count) { ++open; }
    ~Counted() { --open; }
  } counted(open_);
  auto serving = parts_.proxy.serve(exchange, std::move(request));
  co_await until_ended(std::move(serving), parts_.streams, std::move(ties));
  if (exchange.finished() || exchange.taken()) co_return;
  if (exchange.answered()) {
    exchange.abandon();
    co_return;
  }
  const base::Error ended(ErrorCode::conflict, "the session was ended meanwhile, or what let you in");
  auto response = problem_response(ended, call.request_id);
  exchange.close_after();
  co_await exchange.respond(std::move(response));
}

}  // namespace server
