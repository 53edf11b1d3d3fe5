/// Handlers of what leads to apps from the API's own origin: the path proxy, and a browser's login at an app.
#pragma once

#include "server/expose/exposures.hpp"
#include "server/gateway/admission.hpp"
#include "server/gateway/app_login.hpp"
#include "server/gateway/app_proxy.hpp"
#include "server/http/route.hpp"
#include "server/sessions/live_streams.hpp"

namespace server {

struct ProxyHandlerParts {
  Admission& admission;
  AppLogin& login;
  AppProxy& proxy;
  Exposures& exposures;
  LiveStreams& streams;
  const GatewayOptions& options;
};

class ProxyHandlers {
 public:
  using Answer = io::Task<base::Result<io::http::Response>>;

  explicit ProxyHandlers(ProxyHandlerParts parts) : parts_(parts) {}
  /// …/proxy/{port}/*
  io::Task<void> proxy(io::http::Exchange& exchange, Call& call);
  /// …/proxy/{port} without the slash behind it.
  Answer add_slash(Call& call);
  /// /api/v1/gateway/authorize
  Answer authorize(Call& call);
  /// Requests that are being passed on.
  [[nodiscard]] std::int64_t open_streams() const { return open_; }

 private:
  /// What the path names; a port that is none is asked for as 0.
  [[nodiscard]] Door door_of(const Call& call) const;
  /// Where a browser's navigation belongs instead: the app's own origin, or the login; nothing where it is
  /// served by path.
  [[nodiscard]] std::optional<std::string> find_better_url(const Call& call, const Door& door,
                                                           Verdict verdict) const;
  [[nodiscard]] std::optional<io::http::Response> refuse(const Call& call, const Door& door, Verdict verdict);
  io::Task<void> pass_on(io::http::Exchange& exchange, Call& call, const Door& door);

  ProxyHandlerParts parts_;
  std::int64_t open_ = 0;
};

}  // namespace server
