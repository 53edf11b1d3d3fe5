#include "agent/registry/registry.hpp"

#include <chrono>
#include <system_error>

#include "agent/files.hpp"
#include "agent/network/ruleset.hpp"
#include "io/http/client.hpp"
#include "io/net.hpp"

namespace agent {
namespace {

using io::Task;

constexpr std::chrono::seconds kProbeLimit{5};

Task<base::Result<void>> probe(std::string host, std::uint16_t port) {
  io::TcpConnector connector(host, port, false);
  io::http::Request request;
  request.target = "/v2/";
  io::http::ClientLimits limits;
  limits.connect_and_head = kProbeLimit;
  limits.idle = kProbeLimit;
  const auto answer = co_await io::http::fetch(connector, host, std::move(request), limits);
  if (!answer) co_return tl::unexpected(answer.error());
  if (answer->status == 200) co_return base::Result<void>{};
  co_return base::fail(base::ErrorCode::unavailable,
                       "the registry answers " + std::to_string(answer->status));
}

Task<base::Result<void>> write_config(std::filesystem::path path, std::filesystem::path storage,
                                      std::string text) {
  std::error_code error;
  std::filesystem::create_directories(storage, error);
  if (error)
    co_return base::fail(base::ErrorCode::internal,
                         "cannot make " + storage.string() + ": " + error.message());
  std::filesystem::create_directories(path.parent_path(), error);
  co_return replace_file(path, text, 0600);
}

nest::DaemonSpec make_spec(const RegistryOptions& options, std::string name, std::string host, int port,
                           bool read_only) {
  const auto config = options.state / (name + ".yml");
  nest::DaemonSpec spec;
  spec.name = name;
  spec.argv = {"docker-registry", "serve", config.string()};
  spec.mark = config.string();
  spec.record = options.state / (name + ".daemon");
  spec.log_file = options.state / (name + ".log");
  spec.probe = [host, port] { return probe(host, static_cast<std::uint16_t>(port)); };
  spec.before_start = [config, storage = options.storage, text = registry_config(options, read_only)] {
    return write_config(config, storage, text);
  };
  return spec;
}

}  // namespace

std::string registry_config(const RegistryOptions& options, bool read_only) {
  std::string text =
      "version: 0.1\nlog:\n  level: warn\n  accesslog:\n    disabled: true\nstorage:\n  filesystem:\n";
  text += "    rootdirectory: " + options.storage.string() + "\n";
  if (read_only) {
    text += "  maintenance:\n    readonly:\n      enabled: true\n    uploadpurging:\n      enabled: false\n";
  } else {
    text += "  delete:\n    enabled: true\n";
  }
  const std::string address = read_only
                                  ? options.level.bridge_ip() + ":" + std::to_string(kReadOnlyRegistryPort)
                                  : "0.0.0.0:" + std::to_string(kRegistryPort);
  text += "http:\n  addr: " + address + "\n  secret: " + options.secret + "\n";
  return text;
}

nest::DaemonSpec registry_spec(const RegistryOptions& options) {
  return make_spec(options, "registry", "127.0.0.1", kRegistryPort, false);
}

nest::DaemonSpec read_only_registry_spec(const RegistryOptions& options) {
  return make_spec(options, "registry-read-only", options.level.bridge_ip(), kReadOnlyRegistryPort, true);
}

}  // namespace agent
