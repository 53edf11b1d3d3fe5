#include "bridge/session_docker.hpp"

#include <filesystem>

#include <boost/json.hpp>

#include "io/http/client.hpp"
#include "io/timeout.hpp"
#include "nest/dns_forwarder.hpp"
#include "nest/docker_daemon.hpp"
#include "nest/text_file.hpp"

namespace bridge {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kPrepareAgain = 5s;
constexpr std::chrono::milliseconds kInfoLimit = 10s;
constexpr std::chrono::milliseconds kContainersLimit = 2s;  // chosen: only names are lost
constexpr std::chrono::milliseconds kForwarderGrace = 1s;
constexpr const char* kSocket = "/var/run/docker.sock";
constexpr const char* kIptablesLinks = "/run/helix/iptables";
constexpr const char* kClientConfig = "/root/.docker/config.json";
constexpr std::size_t kMaxErrorBytes = 2000;

std::string describe(const nest::DaemonHealth& health) {
  std::string text = health.last_error;
  if (!health.last_lines.empty()) text += "; its last line: " + health.last_lines.back();
  return text.substr(0, kMaxErrorBytes);
}

}  // namespace

SessionDocker::SessionDocker(const io::asio::any_io_executor& executor, const SessionConfig& config,
                             base::Log log)
    : executor_(executor), config_(config), log_(std::move(log)), tasks_(executor, log_) {}

SessionDocker::~SessionDocker() = default;

io::Task<void> SessionDocker::run() {
  std::exception_ptr cancelled;
  try {
    for (;;) {
      const auto prepared = co_await prepare();
      if (prepared) break;
      error_ = prepared.error().message();
      log_.error("session.prepare_failed", {{"error", error_}});
      co_await io::sleep_for(kPrepareAgain);
    }
    error_.clear();
    step_ = "starting docker";
    tasks_.spawn("dnsmasq", dns_->run());
    co_await docker_->run();
  } catch (...) {
    cancelled = std::current_exception();
  }
  tasks_.cancel();
  co_await tasks_.join();
  if (cancelled) std::rethrow_exception(cancelled);
}

io::Task<base::Result<void>> SessionDocker::prepare() {
  nest::PrepareOptions options;
  options.depth = config_.depth;
  const auto prepared = nest::prepare_level(options, log_);
  if (!prepared) co_return tl::unexpected(prepared.error());

  const auto certificates = nest::read_extra_certificates(config_.ca_certificates);
  if (!certificates) co_return tl::unexpected(certificates.error());
  const auto installed = nest::install_certificates(*certificates);
  if (!installed) co_return installed;

  const std::string client_config = docker_client_config(config_.variables);
  std::error_code ignored;
  if (!client_config.empty() && !std::filesystem::exists(kClientConfig, ignored)) {
    std::filesystem::create_directories(std::filesystem::path(kClientConfig).parent_path(), ignored);
    const auto written = nest::replace_text_file(kClientConfig, client_config, 0600);
    if (!written) co_return written;
  }

  const auto iptables = co_await nest::probe_iptables(kIptablesLinks);
  if (!iptables) co_return tl::unexpected(iptables.error());
  make_daemons(*prepared, *iptables);
  co_return base::Result<void>();
}

void SessionDocker::make_daemons(const nest::PreparedLevel& prepared, const std::string& iptables_path) {
  nest::DnsForwarderOptions forwarder;
  forwarder.level = prepared.level;
  dns_ = std::make_unique<nest::DaemonSupervisor>(executor_, nest::dns_forwarder_spec(forwarder), log_);

  nest::DockerDaemonOptions options;
  options.level = prepared.level;
  options.mtu = prepared.mtu;
  options.iptables_path = iptables_path;
  const Registries registries = find_registries(config_.registry_mirror, prepared.level);
  if (!registries.mirror.empty()) options.registry_mirrors.push_back(registries.mirror);
  if (!registries.insecure.empty()) options.insecure_registries.push_back(registries.insecure);
  nest::DaemonSpec spec = nest::docker_daemon_spec(options, log_);
  for (auto& [name, value] : nest::proxy_environment(config_.variables)) spec.env[name] = value;
  spec.on_ready = [this] { return on_ready(); };
  docker_ = std::make_unique<nest::DaemonSupervisor>(executor_, std::move(spec), log_);
}

io::Task<void> SessionDocker::on_ready() {
  const auto info = co_await nest::docker_info(kSocket, kInfoLimit);
  if (info) docker_version_ = info->version;
  if (!info) log_.warn("docker.info_failed", {{"error", info.error().message()}});
}

io::Task<void> SessionDocker::stop(std::chrono::milliseconds grace) {
  stopping_ = true;
  if (docker_) co_await docker_->stop(grace);
  if (dns_) co_await dns_->stop(kForwarderGrace);
}

wire::BridgeHealth SessionDocker::health() const {
  wire::BridgeHealth health;
  health.docker_version = docker_version_;
  if (stopping_) {
    health.status = wire::BridgeStatus::stopping;
    health.step = "stopping docker";
    return health;
  }
  if (!docker_) {
    health.status = error_.empty() ? wire::BridgeStatus::starting : wire::BridgeStatus::failing;
    health.step = step_;
    health.error = error_;
    return health;
  }
  const nest::DaemonHealth docker = docker_->health();
  health.docker_ready = docker.state == nest::DaemonState::ready;
  if (!health.docker_ready) {
    health.status = docker.state == nest::DaemonState::failing ? wire::BridgeStatus::failing
                                                               : wire::BridgeStatus::starting;
    health.step = step_;
    // A start that did not succeed at once has a reason worth telling, while it is tried again.
    if (docker.state == nest::DaemonState::failing || docker.starts > 1) health.error = describe(docker);
    return health;
  }
  const nest::DaemonHealth dns = dns_->health();
  health.status = wire::BridgeStatus::ok;
  if (dns.state != nest::DaemonState::ready) {
    health.step = "starting the DNS forwarder";
    if (dns.state == nest::DaemonState::failing) {
      health.status = wire::BridgeStatus::failing;
      health.error = "DNS forwarder: " + describe(dns);
    }
  }
  return health;
}

io::Task<base::Result<std::string>> SessionDocker::info() {
  auto info = co_await nest::docker_info(kSocket, kInfoLimit);
  if (!info) co_return tl::unexpected(info.error());
  co_return std::move(info->json);
}

io::Task<PublishedPorts> SessionDocker::published_ports() {
  io::UnixConnector connector(kSocket);
  io::http::Request request;
  request.target = "/containers/json";
  io::http::ClientLimits limits;
  limits.connect_and_head = kContainersLimit;
  limits.idle = kContainersLimit;
  const auto answer = co_await io::http::fetch(connector, "docker", std::move(request), limits);
  if (!answer || answer->status != 200) co_return PublishedPorts();
  co_return read_published_ports(answer->body);
}

Registries find_registries(const std::string& configured, const nest::Level& level) {
  Registries registries;
  registries.mirror = configured;
  if (configured.empty() && level.depth >= 2)
    registries.mirror = "http://" + nest::Level{level.depth - 1}.bridge_ip() + ":5000";
  constexpr std::string_view kPlain = "http://";
  if (registries.mirror.starts_with(kPlain)) {
    registries.insecure = registries.mirror.substr(kPlain.size());
    registries.insecure = registries.insecure.substr(0, registries.insecure.find('/'));
  }
  return registries;
}

std::string docker_client_config(const nest::Environment& variables) {
  boost::json::object proxies;
  const nest::Environment passed = nest::proxy_environment(variables);
  for (const auto& [variable, field] :
       {std::pair{"HTTP_PROXY", "httpProxy"}, std::pair{"HTTPS_PROXY", "httpsProxy"},
        std::pair{"NO_PROXY", "noProxy"}}) {
    const auto found = passed.find(variable);
    if (found != passed.end()) proxies[field] = found->second;
  }
  if (proxies.empty()) return {};
  const boost::json::object config{{"proxies", boost::json::object{{"default", std::move(proxies)}}}};
  return boost::json::serialize(config) + "\n";
}

}  // namespace bridge
