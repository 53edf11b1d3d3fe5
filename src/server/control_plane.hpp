/// The whole control plane over the stores and the tunnel that it is given: what helix-api serves, and what
/// tests drive.
#pragma once

#include <memory>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/random.hpp"
#include "base/secret.hpp"
#include "io/task_group.hpp"
#include "server/auth/authenticator.hpp"
#include "server/auth/people.hpp"
#include "server/expose/exposures.hpp"
#include "server/expose/sharing.hpp"
#include "server/gateway/app_proxy.hpp"
#include "server/gateway/gateway.hpp"
#include "server/gateway/options.hpp"
#include "server/gateway/port_listeners.hpp"
#include "server/http/api_server.hpp"
#include "server/http/handlers.hpp"
#include "server/http/proxy_handlers.hpp"
#include "server/remote/bridge_api.hpp"
#include "server/remote/hub_runners.hpp"
#include "server/remote/hydra_api.hpp"
#include "server/sandboxes/sandboxes.hpp"
#include "server/sessions/housekeeper.hpp"
#include "server/sessions/launcher.hpp"
#include "server/sessions/session_service.hpp"
#include "store/exposure_store.hpp"
#include "store/gateway_store.hpp"
#include "store/removal_store.hpp"
#include "store/sandbox_store.hpp"
#include "store/session_store.hpp"
#include "store/user_store.hpp"
#include "tunnel/hub.hpp"

namespace server {

struct StoreSet {
  store::UserStore& users;
  store::SandboxStore& sandboxes;
  store::SessionStore& sessions;
  store::RemovalStore& removals;
  store::ExposureStore& exposures;
  store::GatewayStore& gateway;
};

struct ControlPlaneOptions {
  base::Secret runner_token;
  ApiOptions api;
  ServerFacts facts;
  SandboxOptions sandboxes;
  SessionOptions sessions;
  ExposureOptions exposures;
  GatewayOptions gateway;
  PortLimits ports;
  TcpRelayLimits tcp;
  LaunchLimits launch;
  HousekeepingLimits housekeeping;
  tunnel::HubLimits hub;
};

/// Members are in the order in which they start, so that they end in the opposite one.
class ControlPlane {
 public:
  ControlPlane(const boost::asio::any_io_executor& executor, StoreSet stores, const base::Clock& clock,
               base::Random& random, ControlPlaneOptions options, ServerHandlers::Checks checks,
               FindAsset find_asset, base::Log log);

  /// Takes up what was left in the middle and begins to watch.
  void begin();
  /// Ends everything that is under way. Sessions go on without us.
  io::Task<void> close();
  /// Text for /metrics, with the figures of now.
  [[nodiscard]] std::string render_metrics();

  /// Handler of every listener but those of allocated ports, which are our own.
  io::Task<void> serve(io::http::Exchange& exchange);

  [[nodiscard]] ApiServer& api() { return api_; }
  [[nodiscard]] People& people() { return people_; }
  [[nodiscard]] const Housekeeper& housekeeper() const { return housekeeper_; }
  [[nodiscard]] tunnel::Hub& hub() { return hub_; }

 private:
  void watch_tunnel();

  base::Log log_;
  GatewayOptions gateway_options_;
  base::Metrics metrics_;
  io::TaskGroup background_;
  tunnel::Hub hub_;
  HubRunners runners_;
  TunnelHydraApi hydra_;
  TunnelBridgeApi bridge_;
  Authenticator authenticator_;
  People people_;
  Sandboxes sandboxes_;
  LiveStreams streams_;
  Launcher launcher_;
  Housekeeper housekeeper_;
  SessionService sessions_;
  Attempts attempts_;
  Admission admission_;
  Visitors visitors_;
  AppLogin app_login_;
  AppProxy proxy_;
  Gateway gateway_;
  TcpRelay tcp_relay_;
  PortListeners ports_;
  Exposures exposures_;
  Sharing sharing_;
  SessionHandlers session_handlers_;
  ExposureHandlers exposure_handlers_;
  ProxyHandlers proxy_handlers_;
  StreamHandlers stream_handlers_;
  SandboxHandlers sandbox_handlers_;
  PeopleHandlers people_handlers_;
  ServerHandlers server_handlers_;
  SharingHandlers sharing_handlers_;
  ApiServer api_;
};

}  // namespace server
