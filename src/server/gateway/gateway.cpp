#include "server/gateway/gateway.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "io/descriptor_guard.hpp"
#include "server/edge/https_redirect.hpp"
#include "server/gateway/client_side.hpp"
#include "server/gateway/field_rules.hpp"
#include "server/gateway/holding_page.hpp"
#include "server/sessions/until_ended.hpp"
#include "store/failure.hpp"
#include "wire/error_table.hpp"

namespace server {
namespace {

using base::ErrorCode;
using Way = AppRequest::Way;
using Kind = wire::ExposureHost::Kind;

std::string name_of(Way way) { return way == Way::port ? "port" : "host"; }

/// Counts a stream for as long as it is served.
class Counted {
 public:
  explicit Counted(std::int64_t& count) : count_(count) { ++count_; }
  ~Counted() { --count_; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

 private:
  std::int64_t& count_;
};

std::uint16_t port_behind(std::string_view host_field) {
  const auto url = parse_app_url("http://" + std::string(host_field));
  return url ? url->port : std::uint16_t{0};
}

/// Targets that no app is asked for; nothing where it begins with a slash.
std::optional<io::http::Response> refuse_target(const wire::RequestHead& head) {
  if (head.target.starts_with('/')) return std::nullopt;
  const bool connect = head.method == "CONNECT";
  auto response = notice_response(
      head, {ErrorCode::malformed, "Malformed request",
             connect ? "CONNECT is not served" : "the request target must begin with a slash"});
  if (connect) response.status = 405;
  return response;
}

}  // namespace

io::Task<bool> Gateway::serve(io::http::Exchange& exchange) {
  const auto host = exchange.request().fields.find("Host");
  if (!host) co_return false;
  auto named = wire::parse_exposure_host(*host, options_.dev_subdomain);
  if (named.kind == Kind::api) co_return false;
  auto entry = entry_of(exchange, named, false);
  co_await serve_entry(exchange, std::move(entry), std::move(named));
  co_return true;
}

io::Task<void> Gateway::serve_port(io::http::Exchange& exchange) {
  const auto host = exchange.request().fields.find("Host").value_or("");
  auto named = wire::parse_exposure_host(host, options_.dev_subdomain);
  auto entry = entry_of(exchange, named, true);
  co_await serve_entry(exchange, std::move(entry), std::move(named));
}

io::Task<void> Gateway::serve_entry(io::http::Exchange& exchange, Entry entry, wire::ExposureHost named) {
  constexpr std::size_t kIdBytes = 8;
  Trace trace;
  trace.request_id = "req_" + base::random_hex(kIdBytes, parts_.random);
  std::exception_ptr failure;
  std::string store_failure;
  try {
    co_await serve_traced(exchange, entry, named, trace);
  } catch (const store::ReadFailure& unreadable) {
    store_failure = unreadable.what();
  } catch (...) {
    failure = std::current_exception();
  }
  if (!store_failure.empty()) {
    log_.error("store.unreadable", {{"request", trace.request_id}, {"error", store_failure}});
    const Notice notice{ErrorCode::unavailable, "Not now", "the store cannot be read"};
    auto response = notice_response(exchange.request(), notice);
    if (!exchange.answered()) co_await answer(exchange, std::move(response), trace);
  }
  note(exchange, entry, trace);
  if (failure) std::rethrow_exception(failure);  // a broken connection: its owner ends it
}

Entry Gateway::entry_of(const io::http::Exchange& exchange, const wire::ExposureHost& named,
                        bool by_port) const {
  const auto& connection = exchange.connection();
  Entry entry;
  entry.way = by_port ? Way::port : Way::host;
  entry.host = named.host;
  entry.host_port = port_behind(exchange.request().fields.find("Host").value_or(""));
  entry.allocated_port = by_port ? connection.local_port : std::uint16_t{0};
  const auto& fields = exchange.request().fields;
  entry.scheme = client_scheme(connection, fields, options_);
  entry.client = client_address(connection, fields, options_);
  entry.peer_is_proxy = peer_is_proxy(connection, options_);
  // Somebody in front ends the TLS of host names where we do not, and need not say so.
  const bool in_front = options_.tls == nullptr && options_.public_url.starts_with("https://");
  entry.secure = entry.scheme == "https" || (!by_port && in_front);
  return entry;
}

io::Task<void> Gateway::serve_traced(io::http::Exchange& exchange, const Entry& entry,
                                     const wire::ExposureHost& named, Trace& trace) {
  const auto& head = exchange.request();
  if (io::descriptors_nearly_used()) {
    const Notice notice{ErrorCode::unavailable, "Too busy",
                        "the server has no file descriptors left for more connections"};
    auto response = notice_response(head, notice);
    exchange.close_after();
    co_await answer(exchange, std::move(response), trace);
    co_return;
  }
  auto refused = refuse_target(head);
  if (!refused && named.kind == Kind::invalid && head.fields.find("Host"))
    refused = notice_response(head, {ErrorCode::malformed, "Malformed request", "Host is not a host name"});
  if (!refused && entry.way == Way::host && named.kind == Kind::not_found)
    refused = notice_response(head, not_found_notice());
  // Plain on a port that takes TLS: the first byte told. A trusted proxy may have ended the TLS before us.
  if (!refused && entry.way == Way::port && options_.tls != nullptr && entry.scheme == "http")
    refused = redirect_to_same_port(head);
  if (refused) {
    co_await answer(exchange, *std::move(refused), trace);
    co_return;
  }

  Door door;
  if (entry.way == Way::port)
    door = parts_.admission.find_allocated(entry.allocated_port);
  else if (named.name.empty())
    door = parts_.admission.find(named.session, named.port);
  else
    door = parts_.admission.find(named.session, named.name);
  if (door.session) {
    trace.session = door.session->id.text();
    trace.port = door.exposure.port;
  }
  const auto found = co_await parts_.visitors.identify(head, entry, door);
  if (AppLogin::owns(head.path())) {
    auto response = co_await parts_.login.serve_own(head, entry, door, found.visitor);
    co_await answer(exchange, std::move(response), trace);
    co_return;
  }
  const auto verdict = parts_.admission.check(door, found.visitor);
  if (verdict == Verdict::let_in) {
    co_await serve_app(exchange, entry, door, found, trace);
    co_return;
  }
  const bool to_login = verdict == Verdict::log_in && is_navigation(head) && !entry.host.empty();
  auto response = to_login ? parts_.login.begin(head, entry) : refusal(head, verdict);
  co_await answer(exchange, std::move(response), trace);
}

io::Task<void> Gateway::serve_app(io::http::Exchange& exchange, const Entry& entry, const Door& door,
                                  const Visitors::Found& found, const Trace& trace) {
  const auto& head = exchange.request();
  const auto& session = *door.session;
  if (session.state != wire::SessionState::running || !session.sandbox) {
    const std::string state(wire::to_string(session.state));
    auto response = holding_response(head, door.exposure.port, "the session is " + state);
    co_await answer(exchange, std::move(response), trace);
    co_return;
  }
  AppRequest request;
  request.session = session.id;
  request.sandbox = *session.sandbox;
  request.port = door.exposure.port;
  if (door.exposure.protocol == "h2c") request.protocol = door.exposure.protocol;
  request.host_header = door.exposure.host_header;
  request.way = entry.way;
  request.target = head.target;
  request.client = entry.client;
  request.scheme = entry.scheme;
  request.peer_is_proxy = entry.peer_is_proxy;

  StreamTies ties(session.id, found.visitor.caller);
  ties.port = door.exposure.port;
  ties.share = found.visitor.share;
  if (found.until) {
    const auto left = std::chrono::duration_cast<std::chrono::seconds>(*found.until - parts_.clock.now());
    ties.at_most = std::max(left, std::chrono::seconds(1));
  }
  const Counted counted(open_[entry.way]);
  auto serving = parts_.proxy.serve(exchange, std::move(request));
  co_await until_ended(std::move(serving), parts_.streams, std::move(ties));
  if (exchange.finished() || exchange.taken()) co_return;
  if (exchange.answered()) {
    exchange.abandon();
    co_return;
  }
  const Notice notice{ErrorCode::forbidden, "Access ended", "what let you in ended meanwhile"};
  auto response = notice_response(head, notice);
  exchange.close_after();
  co_await answer(exchange, std::move(response), trace);
}

io::Task<void> Gateway::answer(io::http::Exchange& exchange, io::http::Response response,
                               const Trace& trace) {
  response.fields.add("X-Request-Id", trace.request_id);
  co_await exchange.respond(std::move(response));
}

void Gateway::note(const io::http::Exchange& exchange, const Entry& entry, const Trace& trace) {
  const auto took = std::chrono::steady_clock::now() - trace.began;
  const auto status = exchange.taken() ? 101 : exchange.status();
  // No path and no query: they are the app's, and ours hold secrets.
  log_.info("http.request", {{"method", exchange.request().method},
                             {"route", "gateway " + name_of(entry.way)},
                             {"status", status},
                             {"took_ms", std::chrono::duration_cast<std::chrono::milliseconds>(took).count()},
                             {"request", trace.request_id},
                             {"session", trace.session},
                             {"port", static_cast<int>(trace.port)},
                             {"peer", entry.client}});
  const std::string kind = status == 0 ? "none" : std::to_string(status / 100) + "xx";
  parts_.metrics.count("helix_gateway_requests_total", "Requests to apps by way in and kind of answer.",
                       {{"way", name_of(entry.way)}, {"status", kind}});
}

std::int64_t Gateway::open_streams(AppRequest::Way way) const {
  const auto found = open_.find(way);
  return found == open_.end() ? 0 : found->second;
}

}  // namespace server
