#include "apps/hydra/agent.hpp"

#include <chrono>
#include <csignal>
#include <utility>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "agent/files.hpp"
#include "agent/runit.hpp"
#include "io/timeout.hpp"
#include "nest/dns_forwarder.hpp"
#include "nest/docker_daemon.hpp"
#include "nest/environment.hpp"

namespace agent {
namespace {

using io::Task;
namespace asio = boost::asio;

constexpr const char* kBridge = "sandbox0";
constexpr const char* kSocket = "hydra.sock";

// Stopping, in order; together below the 90 s that a sandbox gets. Chosen.
constexpr std::chrono::seconds kSessionGrace{20};
constexpr std::chrono::seconds kDockerdGrace{15};
constexpr std::chrono::seconds kDaemonGrace{3};
/// How long the tunnel waits for the sandbox's engine.
constexpr std::chrono::seconds kEngineLimit{20};
/// How long a replacement waits for operations that are under way.
constexpr std::chrono::seconds kBusyLimit{5};
constexpr std::chrono::milliseconds kLookEvery{50};

nest::DaemonSpec dockerd_spec(const Config& config, const Ground& ground, base::Log log) {
  const auto& level = ground.prepared.level;
  const auto registry = level.bridge_ip() + ":" + std::to_string(kRegistryPort);
  nest::DockerDaemonOptions options;
  options.level = level;
  options.bridge = kBridge;
  options.mtu = ground.prepared.mtu;
  options.live_restore = true;
  options.registry_mirrors = {"http://" + registry};
  options.insecure_registries = {registry};
  options.more_arguments = {"--icc=false"};
  options.iptables_path = ground.iptables_path;
  options.runtime = config.binaries / "helix-runtime";
  options.data_root = config.docker_data;
  options.socket = config.docker_socket;
  options.state_dir = config.state;
  return nest::docker_daemon_spec(std::move(options), std::move(log));
}

nest::DaemonSpec dns_spec(const Config& config, const Ground& ground) {
  nest::DnsForwarderOptions options;
  options.level = ground.prepared.level;
  options.state_dir = config.state;
  return nest::dns_forwarder_spec(options);
}

RegistryOptions registry_options(const Config& config, const Ground& ground) {
  RegistryOptions options;
  options.level = ground.prepared.level;
  options.storage = config.data / "registry";
  options.state = config.state;
  options.secret = ground.registry_secret;
  return options;
}

SessionExtras session_extras(const Config& config, const Ground& ground) {
  SessionExtras extras;
  extras.certificates = ground.certificates;
  // The control plane does not know by which URL it is reached from here; its own values win where it gives
  // some.
  for (const auto* name : {"HELIX_API_URL", "HELIX_API_BASE_URL", "HELIX_URL"})
    extras.env.push_back(std::string(name) + "=" + config.api_url);
  for (const auto& [key, value] : nest::proxy_environment(config.environment))
    extras.env.push_back(key + "=" + value);
  return extras;
}

SandboxSetup sandbox_setup(const Config& config, const Ground& ground) {
  SandboxSetup setup;
  setup.sandbox_id = config.sandbox.text();
  setup.level = ground.prepared.level;
  setup.rights = read_host_rights();
  setup.seccomp_profile = ground.seccomp_profile;
  setup.binaries = config.binaries;
  return setup;
}

SessionLimits session_limits(const Config& config) {
  SessionLimits limits;
  limits.sessions = config.max_sessions;
  limits.docker_data = config.docker_data;
  limits.data = config.data;
  return limits;
}

tunnel::RunnerOptions runner_options(const Config& config, SessionDialer& dialer,
                                     const ControlPlane& control) {
  tunnel::RunnerOptions options;
  options.api = config.api;
  options.runner_id = wire::hydra_runner(config.sandbox);
  options.token = [&control] { return control.token(); };
  options.insecure_skip_verify = config.tls_insecure_skip_verify;
  options.targets = &dialer;
  return options;
}

}  // namespace

Agent::Agent(const asio::any_io_executor& executor, const Config& config, Ground ground, LogRing& lines,
             base::Log log)
    : executor_(executor),
      config_(config),
      ground_(std::move(ground)),
      log_(std::move(log)),
      docker_connector_(config.docker_socket),
      engine_(docker_connector_),
      files_(config.data, session_extras(config, ground_)),
      sessions_(executor, engine_, files_, sandbox_setup(config, ground_), session_limits(config), log_),
      dialer_(sessions_),
      guard_(
          executor, kBridge, ground_.prepared.level, ground_.prepared.mtu, [this] { return attachments(); },
          log_),
      dns_(executor, dns_spec(config, ground_), log_),
      dockerd_(
          executor,
          [this, &config] {
            auto spec = dockerd_spec(config, ground_, log_);
            spec.on_ready = [this] { return on_engine_ready(); };
            return spec;
          }(),
          log_),
      registry_(executor, registry_spec(registry_options(config, ground_)), log_),
      read_only_registry_(executor, read_only_registry_spec(registry_options(config, ground_)), log_),
      api_({sessions_, dialer_, files_, engine_, lines, [this] { return health(); },
            [this] { return stats(); }},
           log_),
      server_(
          executor, [this](io::http::Exchange& exchange) { return api_.handle(exchange); },
          io::http::ServerLimits{}, log_),
      own_connector_(config.state / kSocket),
      control_(config, log_),
      runner_(executor, runner_options(config, dialer_, control_), own_connector_, random_, log_),
      tasks_(executor, log_) {
  sessions_.on_attached([this] { return guard_.ensure(); });
}

Task<base::Result<Agent::End>> Agent::run() {
  auto listener = io::Listener::unix_socket(executor_, config_.state / kSocket);
  if (!listener) co_return tl::unexpected(listener.error());
  tasks_.spawn("http", server_.run(**listener));
  tasks_.spawn("daemons", start_daemons());
  tasks_.spawn("control plane", join_control_plane());
  log_.info("hydra.started", {{"sandbox", config_.sandbox.text()},
                              {"version", HELIX_VERSION},
                              {"depth", ground_.prepared.level.depth},
                              {"api", config_.api_url},
                              {"max_sessions", config_.max_sessions}});

  const auto end = co_await wait_for_signal();
  stopping_ = true;
  sessions_.refuse_new("the sandbox is stopping; try again when it is back");
  if (end == End::stopped) {
    co_await stop_everything();
  } else {
    const auto limit = std::chrono::steady_clock::now() + kBusyLimit;
    while (sessions_.busy() && std::chrono::steady_clock::now() < limit) co_await io::sleep_for(kLookEvery);
  }
  (*listener)->close();
  tasks_.cancel();
  co_await server_.close();
  co_await tasks_.join();
  co_return end;
}

Task<void> Agent::start_daemons() {
  // Before any container runs, so that none is ever without its rules.
  for (;;) {
    const auto ensured = co_await guard_.ensure();
    if (ensured) break;
    log_.error("bridge.not_ensured", {{"error", ensured.error().message()}});
    constexpr std::chrono::seconds kRetry{5};
    co_await io::sleep_for(kRetry);
  }
  tasks_.spawn("bridge guard", guard_.run());
  tasks_.spawn("dns", dns_.run());
  tasks_.spawn("dockerd", dockerd_.run());
  tasks_.spawn("registry", registry_.run());
  tasks_.spawn("read-only registry", read_only_registry_.run());
}

Task<void> Agent::on_engine_ready() {
  const auto info = co_await engine_.info();
  if (info) docker_version_ = info->version;
  if (stopping_) co_return;
  // Beside us: the engine counts as ready without it, and a slow copy delays no session's start.
  tasks_.spawn("renew programs", sessions_.renew_programs());
  co_await sessions_.start_wanted();
}

Task<void> Agent::join_control_plane() {
  co_await control_.enrol();
  tasks_.spawn("tunnel", open_tunnel());
  co_await control_.beat([this] { return heartbeat(); });
}

Task<void> Agent::open_tunnel() {
  // The control plane compares what it knows with what is here as soon as the tunnel is up: the engine should
  // answer by then. One that does not come up must not hide why.
  const auto ready = co_await dockerd_.wait_ready(kEngineLimit);
  if (!ready) log_.warn("dockerd.late", {{"error", ready.error().message()}});
  co_await runner_.run();
}

Task<Agent::End> Agent::wait_for_signal() {
  asio::signal_set signals(executor_, SIGTERM, SIGINT, SIGHUP);
  for (;;) {
    const int number = co_await signals.async_wait(asio::use_awaitable);
    if (number != SIGHUP) {
      // runsv tells a restart of ours (sessions go on) from the end of the container by what it wants next.
      const bool only_us = number == SIGTERM && co_await is_wanted_up("/etc/helix/service/hydra");
      log_.info("hydra.signal", {{"signal", number}, {"sessions_go_on", only_us}});
      if (only_us) co_return End::replaced;
      co_return End::stopped;
    }
    log_.info("hydra.replacing", {{"program", (config_.binaries / "hydra").string()}});
    co_return End::replaced;  // the next one gives sessions their new programs
  }
}

Task<void> Agent::stop_everything() {
  co_await sessions_.stop_all(kSessionGrace);
  co_await dockerd_.stop(kDockerdGrace);
  co_await registry_.stop(kDaemonGrace);
  co_await read_only_registry_.stop(kDaemonGrace);
  co_await dns_.stop(kDaemonGrace);
  log_.info("hydra.stopped");
}

Task<base::Result<std::vector<Attachment>>> Agent::attachments() {
  const auto all = co_await engine_.list_containers("");
  if (!all) co_return tl::unexpected(all.error());
  std::vector<Attachment> found;
  for (const auto& summary : *all) {
    if (summary.status != engine::ContainerStatus::running) continue;
    const auto container = co_await engine_.inspect_container(summary.id);
    if (!container || container->pid == 0 || container->address.empty()) continue;
    found.push_back({container->pid, container->mac_address, container->address});
  }
  co_return found;
}

Health Agent::health() const {
  Health health;
  health.docker_ready = dockerd_.ready();
  health.docker_version = docker_version_;
  health.status = "ok";
  if (!dockerd_.ready()) {
    const auto daemon = dockerd_.health();
    health.status = daemon.state == nest::DaemonState::failing ? "degraded" : "starting";
    health.step = "the sandbox's dockerd is " + std::string(nest::to_string(daemon.state));
    if (!daemon.last_error.empty()) health.step += ": " + daemon.last_error;
  }
  if (!guard_.problem().empty()) {
    health.status = "degraded";
    health.step = guard_.problem();
  }
  for (const auto* daemon : {&dns_, &registry_, &read_only_registry_}) {
    const auto state = daemon->health();
    if (state.state != nest::DaemonState::failing || !health.step.empty()) continue;
    health.status = "degraded";
    health.step = state.last_error;
  }
  if (stopping_) health.status = "stopping";
  return health;
}

Task<wire::SystemStats> Agent::stats() {
  if (docker_version_.empty() && dockerd_.ready()) {
    const auto info = co_await engine_.info();
    if (info) docker_version_ = info->version;
  }
  const auto now = health();
  wire::SystemStats stats;
  stats.version = HELIX_VERSION;
  stats.docker_version = docker_version_;
  stats.state = now.status;
  stats.step = now.step;
  stats.depth = ground_.prepared.level.depth;
  stats.max_sessions = config_.max_sessions;
  stats.cpus = read_host_rights().cpus;
  const auto memory = memory_usage();
  stats.memory_bytes = memory.total_bytes;
  stats.memory_free_bytes = memory.free_bytes;
  const auto containers = co_await sessions_.containers();
  if (containers) {
    for (const auto& container : *containers) {
      if (container.status == engine::ContainerStatus::running) ++stats.sessions;
    }
  }
  const auto images = co_await engine_.list_images();
  if (images) {
    for (const auto& image : *images)
      stats.images.insert(stats.images.end(), image.tags.begin(), image.tags.end());
  }
  for (const auto& path : {config_.docker_data, config_.data}) {
    const auto disk = disk_usage(path);
    if (disk) stats.disks.push_back(*disk);
  }
  co_return stats;
}

Task<wire::Heartbeat> Agent::heartbeat() {
  const auto now = co_await stats();
  wire::Heartbeat beat;
  beat.version = now.version;
  beat.docker_version = now.docker_version;
  beat.depth = now.depth;
  // Nothing can be placed here while the engine or the sessions' network is down.
  const bool takes_sessions = dockerd_.ready() && guard_.problem().empty() && !stopping_;
  beat.max_sessions = takes_sessions ? now.max_sessions : 0;
  constexpr std::size_t kMostImages = 1000;  // api/openapi.yaml
  beat.images.assign(now.images.begin(), now.images.begin() + static_cast<std::ptrdiff_t>(
                                                                  std::min(now.images.size(), kMostImages)));
  // The fuller disk is the one that counts.
  for (const auto& disk : now.disks) {
    const bool first = beat.disk.total_bytes == 0;
    if (first || disk.free_bytes < beat.disk.free_bytes) beat.disk = {disk.total_bytes, disk.free_bytes};
  }
  co_return beat;
}

}  // namespace agent
