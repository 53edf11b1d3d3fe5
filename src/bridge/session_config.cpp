#include "bridge/session_config.hpp"

#include <unistd.h>

namespace bridge {
namespace {

using base::ErrorCode;
using base::fail;

constexpr const char* kPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

std::string value_of(const nest::Environment& variables, const std::string& name,
                     std::string otherwise = {}) {
  const auto found = variables.find(name);
  return found == variables.end() || found->second.empty() ? std::move(otherwise) : found->second;
}

base::Error about(const char* variable, const base::Error& error) {
  return base::Error(ErrorCode::invalid_argument, std::string(variable) + ": " + error.message());
}

}  // namespace

base::Result<SessionConfig> read_session_config(const nest::Environment& container,
                                                std::string_view env_file) {
  auto file = nest::parse_env_file(env_file);
  if (!file) return tl::unexpected(file.error());
  SessionConfig config;
  config.variables = std::move(*file);
  config.variables.insert(container.begin(), container.end());

  auto session = wire::SessionId::parse(value_of(config.variables, "HELIX_SESSION_ID"));
  if (!session) return tl::unexpected(about("HELIX_SESSION_ID", session.error()));
  config.session = std::move(*session);

  config.api_url = value_of(config.variables, "HELIX_API_URL");
  auto api = io::parse_endpoint(config.api_url);
  if (!api) return tl::unexpected(about("HELIX_API_URL", api.error()));
  config.api = std::move(*api);

  config.token = base::Secret(value_of(config.variables, "USER_API_TOKEN"));
  if (config.token.empty()) return fail(ErrorCode::invalid_argument, "USER_API_TOKEN is not set");

  const std::string insecure = value_of(config.variables, "HELIX_TLS_INSECURE_SKIP_VERIFY", "false");
  if (insecure != "true" && insecure != "false")
    return fail(ErrorCode::invalid_argument, "HELIX_TLS_INSECURE_SKIP_VERIFY must be true or false");
  config.insecure_skip_verify = insecure == "true";

  const auto level = base::parse_log_level(value_of(config.variables, "HELIX_LOG_LEVEL", "info"));
  if (!level) return tl::unexpected(about("HELIX_LOG_LEVEL", level.error()));
  config.log_level = *level;
  const auto format = base::parse_log_format(value_of(config.variables, "HELIX_LOG_FORMAT", "json"));
  if (!format) return tl::unexpected(about("HELIX_LOG_FORMAT", format.error()));
  config.log_format = *format;

  config.depth = value_of(config.variables, "HELIX_DOCKER_DEPTH");
  config.registry_mirror = value_of(config.variables, "HELIX_REGISTRY_MIRROR");
  config.ca_certificates = value_of(config.variables, "HELIX_CA_CERTS");
  return config;
}

nest::Environment command_environment(const SessionConfig& config) {
  nest::Environment environment = config.variables;
  // Our own supervisor's, not the session's.
  for (const char* name : {"PWD", "OLDPWD", "SHLVL", "_"}) environment.erase(name);
  environment["HOME"] = "/root";
  environment["USER"] = "root";
  environment.emplace("PATH", kPath);
  environment.emplace("LANG", "C.UTF-8");
  environment.emplace("TERM", "xterm-256color");
  environment.emplace("HELIX_URL", config.api_url);
  environment.emplace("HELIX_API_KEY", config.token.expose());
  if (!config.ca_certificates.empty()) {
    for (auto& [name, value] : nest::certificate_environment()) environment[name] = value;
  }
  for (auto& [name, value] : nest::proxy_environment(config.variables)) environment[name] = value;
  return environment;
}

nest::Environment own_environment() {
  nest::Environment environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos && equals > 0)
      environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

}  // namespace bridge
