/// Takes each request through the same gates: route, credential, authorisation, origin, body, handler,
/// answer, log.
#pragma once

#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/random.hpp"
#include "io/http/router.hpp"
#include "io/http/server.hpp"
#include "server/auth/authenticator.hpp"
#include "server/gateway/options.hpp"
#include "server/http/pages.hpp"
#include "server/http/route.hpp"
#include "store/session_store.hpp"
#include "store/user_store.hpp"

namespace server {

struct ApiOptions {
  std::size_t body_bytes = 1024 * 1024;  // of JSON; contracts.md
};

struct ApiParts {
  Authenticator& authenticator;
  store::SessionStore& sessions;
  store::UserStore& users;
  base::Metrics& metrics;
  base::Random& random;
  const GatewayOptions& gateway;
};

class ApiServer {
 public:
  /// The router is built from `routes` alone: what is not in that table is not reachable.
  ApiServer(ApiParts parts, std::vector<Route> routes, FindAsset find_asset, ApiOptions options,
            base::Log log);

  /// Handler of the listener.
  io::Task<void> serve(io::http::Exchange& exchange);

  /// Waits until the requests that a handler answers are answered, at most `limit`. Streams go on: they have
  /// no end.
  io::Task<void> drain(std::chrono::milliseconds limit);

  [[nodiscard]] const std::vector<Route>& routes() const { return routes_; }

 private:
  /// One request under way, for its log line.
  struct Trace {
    std::string request_id;
    std::string pattern = "none";
    std::string session;
    std::string client;
    std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
  };

  io::Task<void> serve_traced(io::http::Exchange& exchange, Trace& trace);
  io::Task<void> serve_route(io::http::Exchange& exchange, const Route& route, io::http::PathParams params,
                             Trace& trace);
  /// Says who calls; the caller's kind is checked, its Origin too.
  io::Task<base::Result<void>> identify(const Route& route, Call& call);
  /// By the browser's login. Two different valid ones are nobody's, and so is what another site's page reads.
  [[nodiscard]] std::optional<Principal> identify_by_cookie(const Route& route, const Call& call) const;
  [[nodiscard]] static bool asks_for_upgrade(const Route& route, const Call& call);
  [[nodiscard]] base::Result<void> check_browser(const Route& route, const Call& call);
  /// Fills what the route's scope names and checks whose it is.
  [[nodiscard]] base::Result<void> resolve(const Route& route, Call& call);
  io::Task<base::Result<void>> read_body(io::http::Exchange& exchange, const Route& route, Call& call);
  io::Task<void> answer(io::http::Exchange& exchange, io::http::Response response, const Trace& trace);
  void note(const io::http::Exchange& exchange, const Trace& trace);
  [[nodiscard]] io::http::Router::Match match(const wire::RequestHead& head) const;
  [[nodiscard]] std::string base_url(const wire::RequestHead& head, const std::string& scheme) const;

  ApiParts parts_;
  std::vector<Route> routes_;
  io::http::Router router_;
  FindAsset find_asset_;
  ApiOptions options_;
  base::Log log_;
  int being_answered_ = 0;
};

}  // namespace server
