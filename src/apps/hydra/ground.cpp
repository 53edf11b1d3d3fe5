// What hydra finds out and prepares before it starts anything.
#include <system_error>

#include "agent/files.hpp"
#include "apps/hydra/agent.hpp"
#include "io/process.hpp"
#include "nest/docker_daemon.hpp"
#include "nest/environment.hpp"

namespace agent {
namespace {

constexpr std::size_t kMaxProfileBytes = 1024 * 1024;
constexpr std::size_t kSecretBytes = 32;
constexpr std::chrono::seconds kCommandLimit{10};

base::Result<std::string> registry_secret(const Config& config) {
  const auto path = config.data / "hydra" / "registry.secret";
  auto kept = read_file(path, 1024);
  if (kept && !kept->empty()) return kept;
  base::SystemRandom random;
  auto secret = base::random_hex(kSecretBytes, random);
  const auto written = replace_file(path, secret, 0600);
  if (!written) return tl::unexpected(written.error());
  return secret;
}

base::Result<void> make_directories(const Config& config) {
  for (const auto& path : {config.state, config.data / "hydra"}) {
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (error) {
      return base::fail(base::ErrorCode::internal, "cannot make " + path.string() + ": " + error.message() +
                                                       "; mount a writable volume on " +
                                                       config.data.string());
    }
  }
  return {};
}

}  // namespace

io::Task<base::Result<Ground>> prepare_ground(const Config& config, base::Log log) {
  Ground ground;
  const auto directories = make_directories(config);
  if (!directories) co_return tl::unexpected(directories.error());

  auto certificates = nest::read_extra_certificates(config.ca_certificates);
  if (!certificates) {
    co_return base::fail(certificates.error().code(), "HELIX_CA_CERTS: " + certificates.error().message());
  }
  ground.certificates = std::move(*certificates);
  const auto installed = nest::install_certificates(ground.certificates);
  if (!installed) co_return tl::unexpected(installed.error());

  auto profile = read_file(config.seccomp_profile, kMaxProfileBytes);
  if (!profile) co_return tl::unexpected(profile.error());
  ground.seccomp_profile = std::move(*profile);
  auto secret = registry_secret(config);
  if (!secret) co_return tl::unexpected(secret.error());
  ground.registry_secret = std::move(*secret);

  nest::PrepareOptions options;
  options.depth = config.depth;
  options.bridge = "sandbox0";
  options.data_root = config.docker_data;
  auto prepared = nest::prepare_level(options, log);
  if (!prepared) co_return tl::unexpected(prepared.error());
  ground.prepared = std::move(*prepared);

  auto iptables = co_await nest::probe_iptables(config.state / "iptables");
  if (!iptables) co_return tl::unexpected(iptables.error());
  ground.iptables_path = std::move(*iptables);

  // dockerd does this only where it turned forwarding on itself; in a container it is on before.
  const std::string program = ground.iptables_path.empty() ? "iptables" : ground.iptables_path + "/iptables";
  std::vector<std::string> argv{program, "-P", "FORWARD", "DROP"};
  const auto dropped = co_await io::run_command(std::move(argv), kCommandLimit);
  if (!dropped) co_return tl::unexpected(dropped.error());
  if (dropped->status != 0) {
    co_return base::fail(base::ErrorCode::internal,
                         "iptables -P FORWARD DROP: " + dropped->err.substr(0, 300));
  }
  co_return ground;
}

}  // namespace agent
