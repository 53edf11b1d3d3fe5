#include "agent/config.hpp"

#include <charconv>
#include <fstream>
#include <iterator>

namespace agent {
namespace {

using base::ErrorCode;
using base::fail;

constexpr std::int64_t kMostSessions = 10'000;  // what the control plane accepts
constexpr std::size_t kMaxTokenBytes = 4096;    // chosen

class Variables {
 public:
  explicit Variables(const Environment& environment) : environment_(environment) {}

  [[nodiscard]] std::string text(const std::string& name, std::string otherwise = {}) const {
    const auto found = environment_.find(name);
    if (found == environment_.end() || found->second.empty()) return otherwise;
    return found->second;
  }

  [[nodiscard]] base::Result<bool> flag(const std::string& name, bool otherwise) const {
    const auto value = text(name);
    if (value.empty()) return otherwise;
    if (value == "true" || value == "1" || value == "yes" || value == "on") return true;
    if (value == "false" || value == "0" || value == "no" || value == "off") return false;
    return fail(ErrorCode::invalid_argument, name + " is \"" + value + "\": set it to true or false");
  }

 private:
  const Environment& environment_;
};

base::Result<void> refuse_superseded(const Variables& variables) {
  const auto privileged = variables.flag("HYDRA_PRIVILEGED_MODE_ENABLED", false);
  if (!privileged) return tl::unexpected(privileged.error());
  if (*privileged) {
    return fail(
        ErrorCode::invalid_argument,
        "HYDRA_PRIVILEGED_MODE_ENABLED=true is superseded by the document 2026-02-10-docker-nesting: every "
        "session runs its own dockerd and nothing gets the host's socket; unset the variable");
  }
  const auto in_desktop = variables.flag("DOCKER_IN_DESKTOP", true);
  if (!in_desktop) return tl::unexpected(in_desktop.error());
  if (!*in_desktop) {
    return fail(ErrorCode::invalid_argument,
                "DOCKER_IN_DESKTOP=false is superseded by the document 2026-02-10-docker-nesting: a "
                "session's dockerd "
                "always runs inside the session; unset the variable");
  }
  return {};
}

base::Result<base::Secret> read_token(const Variables& variables) {
  const auto direct = variables.text("RUNNER_TOKEN");
  if (!direct.empty()) return base::Secret(direct);
  const auto path = variables.text("RUNNER_TOKEN_FILE");
  if (path.empty()) return base::Secret();

  std::ifstream file(path);
  if (!file) {
    return fail(ErrorCode::invalid_argument,
                "RUNNER_TOKEN_FILE names " + path + ", which cannot be read: mount the file there");
  }
  std::string token(std::istreambuf_iterator<char>(file), {});
  while (!token.empty() && (token.back() == '\n' || token.back() == '\r' || token.back() == ' '))
    token.pop_back();
  if (token.empty() || token.size() > kMaxTokenBytes)
    return fail(ErrorCode::invalid_argument, "RUNNER_TOKEN_FILE names " + path + ", which holds no token");
  return base::Secret(std::move(token));
}

base::Result<std::int64_t> read_max_sessions(const Variables& variables) {
  const auto text = variables.text("MAX_SANDBOXES", "20");
  std::int64_t number = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stop != end || number < 0 || number > kMostSessions) {
    return fail(ErrorCode::invalid_argument,
                "MAX_SANDBOXES is \"" + text + "\": set it to a number of sessions from 0 to 10000");
  }
  return number;
}

}  // namespace

base::Result<Config> read_config(const Environment& environment) {
  const Variables variables(environment);
  Config config;
  config.environment = environment;

  const auto level = base::parse_log_level(variables.text("HELIX_LOG_LEVEL", "info"));
  if (!level) return fail(ErrorCode::invalid_argument, "HELIX_LOG_LEVEL: " + level.error().message());
  config.log_level = *level;
  const auto format = base::parse_log_format(variables.text("HELIX_LOG_FORMAT", "json"));
  if (!format) return fail(ErrorCode::invalid_argument, "HELIX_LOG_FORMAT: " + format.error().message());
  config.log_format = *format;

  const auto superseded = refuse_superseded(variables);
  if (!superseded) return tl::unexpected(superseded.error());
  const auto enabled = variables.flag("HYDRA_ENABLED", true);
  if (!enabled) return tl::unexpected(enabled.error());
  config.enabled = *enabled;
  if (!config.enabled) return config;

  config.api_url = variables.text("HELIX_API_URL");
  if (config.api_url.empty()) {
    return fail(
        ErrorCode::invalid_argument,
        "HELIX_API_URL is not set: set it to the control plane's URL, e.g. http://helix.example:8080");
  }
  auto api = io::parse_endpoint(config.api_url);
  if (!api) return fail(ErrorCode::invalid_argument, "HELIX_API_URL: " + api.error().message());
  config.api = std::move(*api);

  auto token = read_token(variables);
  if (!token) return tl::unexpected(token.error());
  config.runner_token = std::move(*token);

  auto sandbox = wire::SandboxId::parse(variables.text("SANDBOX_INSTANCE_ID", "local"));
  if (!sandbox) return fail(ErrorCode::invalid_argument, "SANDBOX_INSTANCE_ID " + sandbox.error().message());
  config.sandbox = std::move(*sandbox);

  const auto most = read_max_sessions(variables);
  if (!most) return tl::unexpected(most.error());
  config.max_sessions = *most;

  const auto insecure = variables.flag("HELIX_TLS_INSECURE_SKIP_VERIFY", false);
  if (!insecure) return tl::unexpected(insecure.error());
  config.tls_insecure_skip_verify = *insecure;
  config.depth = variables.text("HELIX_DOCKER_DEPTH");
  config.ca_certificates = variables.text("HELIX_CA_CERTS");
  return config;
}

std::string config_help() {
  return R"(Environment:
  HELIX_API_URL          the control plane's URL; needed
  RUNNER_TOKEN           the shared token that enrols this sandbox; needed until it is enrolled
  RUNNER_TOKEN_FILE      a file that holds it, instead
  SANDBOX_INSTANCE_ID    this sandbox's name (default local)
  MAX_SANDBOXES          how many sessions it may run (default 20)
  HYDRA_ENABLED          false: do nothing until told to stop (default true)
  HELIX_LOG_LEVEL        debug, info, warn or error (default info)
  HELIX_LOG_FORMAT       json or text (default json)
  HELIX_DOCKER_DEPTH     how many Docker levels are above and here (default: found by the gateway's address)
  HELIX_CA_CERTS         extra certificates to trust: a file's path or PEM text
  HELIX_TLS_INSECURE_SKIP_VERIFY
                         true: do not check the control plane's certificate (default false)
  HTTP_PROXY, HTTPS_PROXY, NO_PROXY
                         passed on to dockerd and to the sessions
)";
}

}  // namespace agent
