#include "server/http/api_server.hpp"

#include <exception>

#include "io/descriptor_guard.hpp"
#include "io/timeout.hpp"
#include "io/websocket/channel.hpp"
#include "server/auth/credentials.hpp"
#include "server/auth/tokens.hpp"
#include "server/gateway/client_side.hpp"
#include "server/gateway/field_rules.hpp"
#include "server/http/responses.hpp"
#include "store/failure.hpp"

namespace server {

using base::ErrorCode;
using Match = io::http::Router::Match;

ApiServer::ApiServer(ApiParts parts, std::vector<Route> routes, FindAsset find_asset, ApiOptions options,
                     base::Log log)
    : parts_(parts),
      routes_(std::move(routes)),
      find_asset_(std::move(find_asset)),
      options_(std::move(options)),
      log_(std::move(log)) {
  for (const auto& route : routes_) router_.add(route.method, route.pattern);
}

io::Task<void> ApiServer::serve(io::http::Exchange& exchange) {
  constexpr std::size_t kIdBytes = 8;
  Trace trace;
  trace.request_id = "req_" + base::random_hex(kIdBytes, parts_.random);
  trace.client = client_address(exchange.connection(), exchange.request().fields, parts_.gateway);
  std::exception_ptr failure;
  std::string store_failure;
  try {
    co_await serve_traced(exchange, trace);
  } catch (const store::ReadFailure& unreadable) {
    store_failure = unreadable.what();
  } catch (...) {
    failure = std::current_exception();
  }
  if (!store_failure.empty()) {
    log_.error("store.unreadable", {{"request", trace.request_id}, {"error", store_failure}});
    const base::Error error(ErrorCode::unavailable, "the store cannot be read");
    auto response = problem_response(error, trace.request_id);
    if (!exchange.answered()) co_await answer(exchange, std::move(response), trace);
  }
  note(exchange, trace);
  if (failure) std::rethrow_exception(failure);  // a broken connection: its owner ends it
}

void ApiServer::note(const io::http::Exchange& exchange, const Trace& trace) {
  const auto took = std::chrono::steady_clock::now() - trace.began;
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(took).count();
  const auto& method = exchange.request().method;
  // The pattern, not the path: a path can carry what people put there, a query string may hold secrets.
  const auto status = exchange.taken() ? 101 : exchange.status();
  log_.info("http.request", {{"method", method},
                             {"route", trace.pattern},
                             {"status", status},
                             {"took_ms", millis},
                             {"request", trace.request_id},
                             {"session", trace.session},
                             {"peer", trace.client}});
  const std::string kind = status == 0 ? "none" : std::to_string(status / 100) + "xx";
  parts_.metrics.count("helix_http_requests_total", "Requests by route and kind of answer.",
                       {{"route", trace.pattern}, {"status", kind}});
  if (exchange.taken() || trace.pattern.ends_with("/*"))
    return;  // how long those last is the client's choice
  parts_.metrics.observe_seconds("helix_http_request_seconds", "Time to answer, by route.",
                                 {{"route", trace.pattern}}, std::chrono::duration<double>(took).count());
}

io::Task<void> ApiServer::drain(std::chrono::milliseconds limit) {
  constexpr std::chrono::milliseconds kLook{10};
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (being_answered_ > 0 && std::chrono::steady_clock::now() < deadline) co_await io::sleep_for(kLook);
}

Match ApiServer::match(const wire::RequestHead& head) const {
  auto found = router_.match(head.method, head.path());
  // What GET answers, HEAD answers too, without the body.
  if (found.kind != Match::Kind::found && head.method == "HEAD") {
    auto as_get = router_.match("GET", head.path());
    if (as_get.kind == Match::Kind::found) return as_get;
  }
  return found;
}

io::Task<void> ApiServer::serve_traced(io::http::Exchange& exchange, Trace& trace) {
  const auto& head = exchange.request();
  if (io::descriptors_nearly_used()) {
    const base::Error error(ErrorCode::unavailable,
                            "the server has no file descriptors left for more connections");
    auto response = problem_response(error, trace.request_id);
    exchange.close_after();
    co_await answer(exchange, std::move(response), trace);
    co_return;
  }
  if (!head.target.starts_with('/')) {
    auto problem = head.method == "CONNECT"
                       ? other_problem(405, "CONNECT is not served")
                       : other_problem(400, "the request target must begin with a slash");
    auto response = problem_response(std::move(problem), trace.request_id);
    co_await answer(exchange, std::move(response), trace);
    co_return;
  }
  auto found = match(head);
  if (found.kind == Match::Kind::found) {
    const auto& route = routes_[found.index];
    trace.pattern = route.pattern;
    co_await serve_route(exchange, route, std::move(found.params), trace);
    co_return;
  }
  if (found.kind == Match::Kind::no_such_method) {
    auto response = problem_response(other_problem(405, "this path takes " + found.allow), trace.request_id);
    response.fields.add("Allow", found.allow);
    co_await answer(exchange, std::move(response), trace);
    co_return;
  }
  const bool is_read = head.method == "GET" || head.method == "HEAD";
  const bool is_api = head.path() == "/api" || head.path().starts_with("/api/");
  auto page = is_read && !is_api ? find_page(head, find_asset_) : std::nullopt;
  if (page) {
    trace.pattern = "page";
    co_await answer(exchange, *std::move(page), trace);
    co_return;
  }
  const base::Error error(ErrorCode::not_found, "there is nothing at this path");
  auto response = problem_response(error, trace.request_id);
  co_await answer(exchange, std::move(response), trace);
}

io::Task<void> ApiServer::serve_route(io::http::Exchange& exchange, const Route& route,
                                      io::http::PathParams params, Trace& trace) {
  const auto& head = exchange.request();
  auto scheme = client_scheme(exchange.connection(), head.fields, parts_.gateway);
  Call call{.head = head,
            .peer = trace.client,
            .params = std::move(params),
            .caller = {},
            .session = {},
            .sandbox = {},
            .key = {},
            .body = {},
            .scheme = scheme,
            .base_url = base_url(head, scheme),
            .request_id = trace.request_id,
            .log = log_.with({{"request", trace.request_id}})};

  auto allowed = co_await identify(route, call);
  if (allowed) allowed = resolve(route, call);
  if (call.session) trace.session = call.session->id.text();
  if (allowed && route.websocket && !io::websocket::is_upgrade(head)) {
    auto response = upgrade_required(trace.request_id);
    co_await answer(exchange, std::move(response), trace);
    co_return;
  }
  if (allowed) allowed = co_await read_body(exchange, route, call);
  if (!allowed) {
    auto response = problem_response(allowed.error(), trace.request_id);
    co_await answer(exchange, std::move(response), trace);
    co_return;
  }
  if (route.stream) {
    co_await route.stream(exchange, call);
    co_return;
  }
  struct Answering {
    int& count;
    explicit Answering(int& counted) : count(counted) { ++count; }
    ~Answering() { --count; }
  } answering(being_answered_);
  auto response = co_await route.handler(call);
  if (!response) response = problem_response(response.error(), trace.request_id);
  if (response->status >= 500)
    log_.warn("http.failed", {{"request", trace.request_id}, {"answer", response->body}});
  co_await answer(exchange, *std::move(response), trace);
}

io::Task<base::Result<void>> ApiServer::identify(const Route& route, Call& call) {
  const auto& fields = call.head.fields;
  const auto platform = fields.find("X-Helix-Authorization");
  const auto given = platform ? platform : fields.find("Authorization");
  const auto token = given ? bearer_token(*given) : std::nullopt;
  std::optional<Principal> caller;
  if (token) {
    caller = co_await parts_.authenticator.by_bearer(*token);
    call.key_in_authorization = caller && !platform;
  }
  if (!caller) caller = identify_by_cookie(route, call);
  if (caller) call.caller = *std::move(caller);

  auto allowed = check_kind(route.access, call.caller);
  if (allowed) allowed = check_browser(route, call);
  co_return allowed;
}

std::optional<Principal> ApiServer::identify_by_cookie(const Route& route, const Call& call) const {
  // Apps on ports of this host share its cookies, and may plant more of that name; a browser sends one of
  // ours.
  constexpr std::size_t kMostCookies = 8;
  std::optional<Principal> found;
  for (const auto& value : find_cookies(call.head.fields, login_cookie_name(call.https()), kMostCookies)) {
    auto caller = parts_.authenticator.by_cookie(value);
    if (!caller || (found && same_hash(*found->login, *caller->login))) continue;
    if (found) return std::nullopt;  // which of the two is the browser's own?
    found = std::move(caller);
  }
  // What may change something is refused by its Origin. What is only read would run as a script of that page.
  const bool reads = !is_unsafe(call.head.method) && !asks_for_upgrade(route, call);
  if (!found || !reads) return found;
  // Without https browsers say nothing of the site, but scripts that read across origins still tell theirs.
  const bool other_origin = !check_origin(call.head, call.scheme, parts_.gateway.public_url, false);
  if (other_origin || (is_from_foreign_page(call.head) && !is_navigation(call.head))) return std::nullopt;
  return found;
}

bool ApiServer::asks_for_upgrade(const Route& route, const Call& call) {
  return route.websocket || call.head.fields.find("Upgrade").has_value();
}

base::Result<void> ApiServer::check_browser(const Route& route, const Call& call) {
  if (!call.caller.by_cookie) return {};
  if (!is_unsafe(call.head.method) && !asks_for_upgrade(route, call)) return {};
  return check_origin(call.head, call.scheme, parts_.gateway.public_url, true);
}

base::Result<void> ApiServer::resolve(const Route& route, Call& call) {
  const auto named = call.params.find("id");
  const std::string text = named == call.params.end() ? "" : named->second;
  switch (route.scope) {
    case Scope::none: return {};
    case Scope::exposure: {
      const auto id = wire::SessionId::parse(text);
      if (id) call.session = parts_.sessions.find(*id);
      return {};
    }
    case Scope::sandbox: {
      const auto id = wire::SandboxId::parse(text);
      if (!id) return base::fail(ErrorCode::not_found, "no such sandbox");
      call.sandbox = *id;
      return {};
    }
    case Scope::session: {
      const auto id = wire::SessionId::parse(text);
      auto session = id ? parts_.sessions.find(*id) : std::nullopt;
      if (!session) return base::fail(ErrorCode::not_found, "no such session");
      const auto own = check_owner(route.access, call.caller, session->owner, session->id, "session");
      if (!own) return own;
      call.session = std::move(session);
      return {};
    }
    case Scope::api_key: {
      const auto id = wire::KeyId::parse(text);
      const auto key = id ? parts_.users.find_key(*id) : std::nullopt;
      if (!key || key->session) return base::fail(ErrorCode::not_found, "no such key");
      const auto own = check_owner(route.access, call.caller, key->owner, std::nullopt, "key");
      if (own) call.key = key->id;
      return own;
    }
  }
  return base::fail(ErrorCode::internal, "unknown scope");
}

io::Task<base::Result<void>> ApiServer::read_body(io::http::Exchange& exchange, const Route& route,
                                                  Call& call) {
  if (route.stream || route.body == BodyKind::none) co_return base::Result<void>();
  auto body = co_await exchange.read_body(options_.body_bytes);
  if (!body) co_return tl::unexpected(body.error());
  call.body = *std::move(body);
  // A form of another site can send text/plain with our cookie, but not this.
  const bool must_say = call.caller.by_cookie || route.access.has(Access::anonymous);
  if (must_say && !call.body.empty() && !is_json_type(call.head.fields))
    co_return base::fail(ErrorCode::malformed, "the content type must be application/json");
  co_return base::Result<void>();
}

io::Task<void> ApiServer::answer(io::http::Exchange& exchange, io::http::Response response,
                                 const Trace& trace) {
  response.fields.add("X-Request-Id", trace.request_id);
  response.fields.set("X-Content-Type-Options", "nosniff");
  // Pages have a policy of their own; nothing else is for showing, in a frame least of all.
  if (!response.fields.find("Content-Security-Policy"))
    response.fields.add("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
  co_await exchange.respond(std::move(response));
}

std::string ApiServer::base_url(const wire::RequestHead& head, const std::string& scheme) const {
  if (!parts_.gateway.public_url.empty()) return parts_.gateway.public_url;
  return scheme + "://" + std::string(head.fields.find("Host").value_or("localhost"));
}

}  // namespace server
