#include "server/control_plane.hpp"

#include <algorithm>

#include "io/tls_server.hpp"

namespace server {
namespace {

constexpr std::string_view kHydra = "hydra-";

}  // namespace

ControlPlane::ControlPlane(const boost::asio::any_io_executor& executor, StoreSet stores,
                           const base::Clock& clock, base::Random& random, ControlPlaneOptions options,
                           ServerHandlers::Checks checks, FindAsset find_asset, base::Log log)
    : log_(log),
      gateway_options_(options.gateway),
      background_(executor, log),
      hub_(executor, options.hub, random, log),
      runners_(hub_),
      hydra_(runners_),
      bridge_(runners_),
      authenticator_(stores.users, stores.sandboxes, options.runner_token, clock, background_),
      people_(stores.users, clock, random, log),
      sandboxes_(stores.sandboxes, stores.sessions, runners_, clock, random, options.sandboxes, log),
      streams_(runners_),
      launcher_(executor,
                {stores.sessions, stores.users, stores.removals, runners_, hydra_, bridge_, streams_, clock,
                 random},
                options.launch, log),
      housekeeper_(
          executor,
          {stores.sessions, stores.removals, stores.sandboxes, runners_, hydra_, launcher_, streams_, clock},
          options.housekeeping, log),
      sessions_({stores.sessions, sandboxes_, launcher_, housekeeper_, streams_, metrics_, clock, random},
                options.sessions, log),
      attempts_(clock),
      admission_({stores.sessions, stores.exposures, stores.gateway}),
      visitors_(authenticator_, stores.gateway, admission_, clock, gateway_options_.dev_subdomain),
      app_login_({admission_, stores.gateway, attempts_, clock, random}, gateway_options_, log),
      proxy_(executor, hub_, log),
      gateway_({admission_, visitors_, app_login_, proxy_, streams_, metrics_, clock, random},
               gateway_options_, log),
      tcp_relay_({admission_, hub_, streams_, metrics_}, options.tcp, log),
      ports_(
          executor, tcp_relay_,
          [this](io::http::Exchange& exchange) { return gateway_.serve_port(exchange); }, gateway_options_,
          options.ports, log),
      exposures_(stores.exposures, ports_, streams_, clock, options.exposures),
      sharing_({stores.gateway, stores.exposures, stores.users, streams_, clock, random}),
      session_handlers_(sessions_, exposures_),
      exposure_handlers_(exposures_),
      proxy_handlers_({admission_, app_login_, proxy_, exposures_, streams_, gateway_options_}),
      stream_handlers_(sessions_, sandboxes_, runners_, streams_),
      sandbox_handlers_(sandboxes_, hub_),
      people_handlers_(people_, streams_, attempts_, options.gateway.public_url),
      server_handlers_(options.facts, sessions_, exposures_, sandboxes_, std::move(checks)),
      sharing_handlers_(sharing_, exposures_, bridge_),
      api_({authenticator_, stores.sessions, stores.users, metrics_, random, gateway_options_},
           make_routes({session_handlers_, exposure_handlers_, stream_handlers_, sandbox_handlers_,
                        people_handlers_, server_handlers_, sharing_handlers_, proxy_handlers_}),
           std::move(find_asset), options.api, log) {
  watch_tunnel();
  launcher_.on_end([this] { housekeeper_.kick(); });
  launcher_.on_step([this](const std::string& step, std::chrono::milliseconds took, bool succeeded) {
    metrics_.observe_seconds("helix_session_start_step_seconds", "Time of each step of a session's start.",
                             {{"step", step}, {"outcome", succeeded ? "ok" : "failed"}},
                             std::chrono::duration<double>(took).count());
  });
}

void ControlPlane::watch_tunnel() {
  const auto sandbox_of = [](const std::string& runner) -> base::Result<wire::SandboxId> {
    if (!runner.starts_with(kHydra)) return base::fail(base::ErrorCode::not_found, "no sandbox");
    return wire::SandboxId::parse(runner.substr(kHydra.size()));
  };
  hub_.on_connected([this, sandbox_of](const std::string& runner) {
    const auto sandbox = sandbox_of(runner);
    if (!sandbox) return;
    sandboxes_.on_connected(*sandbox);
    housekeeper_.on_connected(*sandbox);
  });
  hub_.on_disconnected([this, sandbox_of](const std::string& runner) {
    const auto sandbox = sandbox_of(runner);
    if (sandbox) sandboxes_.on_disconnected(*sandbox);
  });
}

void ControlPlane::begin() {
  sessions_.resume();
  exposures_.restore_ports();
  background_.spawn("ports", ports_.run());
  background_.spawn("housekeeping", housekeeper_.run());
}

io::Task<void> ControlPlane::serve(io::http::Exchange& exchange) {
  const bool taken = co_await gateway_.serve(exchange);
  if (!taken) co_await api_.serve(exchange);
}

io::Task<void> ControlPlane::close() {
  co_await launcher_.close();
  co_await ports_.close();
  co_await proxy_.close();
  background_.cancel();
  co_await background_.join();
  co_await housekeeper_.close();
}

std::string ControlPlane::render_metrics() {
  constexpr std::string_view kActive = "helix_sandbox_sessions_active";
  constexpr std::string_view kGpu = "helix_sandbox_gpu_utilization";
  constexpr std::string_view kDisk = "helix_sandbox_disk_usage_bytes";
  constexpr std::string_view kOnline = "helix_sandbox_online";
  for (const auto name : {kActive, kGpu, kDisk, kOnline}) metrics_.clear(name);
  for (const auto& sandbox : sandboxes_.list()) {
    const base::Labels labels{{"sandbox", sandbox.id.text()}};
    const auto& disk = sandbox.report.disk;
    metrics_.set_gauge(kActive, "Sessions that hold a place on the sandbox.", labels,
                       static_cast<double>(sandbox.sessions));
    metrics_.set_gauge(kDisk, "Bytes in use on the sandbox's disk.", labels,
                       static_cast<double>(disk.total_bytes - std::min(disk.free_bytes, disk.total_bytes)));
    metrics_.set_gauge(kOnline, "1 while the sandbox is online.", labels,
                       sandbox.state == wire::SandboxState::offline ? 0 : 1);
    // No sandbox of this version hands a GPU to its sessions, so none is in use.
    metrics_.set_gauge(kGpu, "Part of the sandbox's GPU time that its sessions use, 0 to 1.", labels, 0);
    metrics_.count("helix_sandbox_sessions_total",
                   "Sessions placed on the sandbox since the start of helix-api.", labels, 0);
  }
  metrics_.set_counter("helix_tunnel_reconnects_total",
                       "Control connections of runners that were here before.", {},
                       static_cast<double>(hub_.reconnects()));
  constexpr std::string_view kStreams = "helix_gateway_open_streams";
  constexpr std::string_view kStreamsHelp =
      "Requests and connections to apps that are being passed on, by way in.";
  using enum AppRequest::Way;
  const auto open = [&](const char* way, std::int64_t count) {
    metrics_.set_gauge(kStreams, kStreamsHelp, {{"way", way}}, static_cast<double>(count));
  };
  open("path", proxy_handlers_.open_streams());
  open("host", gateway_.open_streams(host));
  open("port", gateway_.open_streams(port));
  open("tcp", tcp_relay_.open());
  metrics_.set_gauge("helix_tunnel_runners", "Runners that are connected.", {},
                     static_cast<double>(hub_.runners()));
  if (gateway_options_.tls != nullptr) {
    const auto tls = gateway_options_.tls->counts();
    constexpr std::string_view kHandshakes = "helix_tls_handshakes_total";
    constexpr std::string_view kHandshakesHelp = "TLS handshakes with clients, by outcome.";
    metrics_.set_counter(kHandshakes, kHandshakesHelp, {{"outcome", "ok"}},
                         static_cast<double>(tls.handshakes));
    metrics_.set_counter(kHandshakes, kHandshakesHelp, {{"outcome", "failed"}},
                         static_cast<double>(tls.failures));
    metrics_.set_gauge("helix_tls_certificate_expiry_timestamp_seconds",
                       "When the certificate in use expires, in seconds since 1970.", {},
                       static_cast<double>(gateway_options_.tls->not_after()));
  }
  return metrics_.render();
}

}  // namespace server
