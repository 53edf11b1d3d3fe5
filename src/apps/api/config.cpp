#include "apps/api/config.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <iostream>

#include <CLI/CLI.hpp>

#include "io/net.hpp"
#include "server/expose/port_range.hpp"

namespace api {
namespace {

using base::ErrorCode;

constexpr int kUsage = 2;

constexpr std::string_view kAbout =
    "helix-api is Helix's control plane: people's keys and sessions, the tunnel that sandboxes dial, the "
    "gateway to what\n"
    "sessions expose, and the web page.\n\n"
    "It keeps its state in DATA_DIR/helix.db. At the first start it makes the user admin and writes that "
    "user's key into\n"
    "DATA_DIR/admin.key; log in with it:  helix login http://this-machine:8080\n"
    "A sandbox joins with the shared token: RUNNER_TOKEN here and there, HELIX_API_URL there.";

/// As they come, before they are checked.
struct RawSettings {
  std::string listen = "0.0.0.0:8080";
  std::string metrics_listen = "127.0.0.1:9090";
  std::string data_dir = "/data";
  std::string admin_key_file;
  std::string tls_listen;
  std::string tls_cert;
  std::string tls_key;
  std::string redirect_listen;
  std::string trusted_proxies;
  std::string public_url;
  std::string dev_subdomain = "localhost";
  std::string port_range = "30000-40000";
  std::string default_image = "helix-headless:latest";
  std::string runner_token_file;
  std::string legacy_runner_token = "on";
  std::string log_level = "info";
  std::string log_format = "json";
  std::int64_t sessions_per_owner = 20;
  std::int64_t exposures_per_session = 32;
};

void declare(CLI::App& app, RawSettings& raw) {
  const auto option = [&app](const std::string& name, auto& into, const std::string& variable,
                             const std::string& about) {
    return app.add_option(name, into, about)->envname(variable)->capture_default_str();
  };
  option("--listen", raw.listen, "HELIX_LISTEN", "address of the API and the web page");
  option("--tls-listen", raw.tls_listen, "HELIX_TLS_LISTEN",
         "the same over TLS, e.g. 0.0.0.0:8443; plain requests there are sent to https");
  option("--tls-cert", raw.tls_cert, "HELIX_TLS_CERT",
         "PEM file: certificate, then its chain; a changed file is taken within seconds");
  option("--tls-key", raw.tls_key, "HELIX_TLS_KEY", "PEM file: the certificate's key, without a passphrase");
  option("--redirect-listen", raw.redirect_listen, "HELIX_REDIRECT_LISTEN",
         "address that answers everything with 308 to https, e.g. 0.0.0.0:80");
  option("--trusted-proxies", raw.trusted_proxies, "HELIX_TRUSTED_PROXIES",
         "networks of proxies whose X-Forwarded-* are believed, e.g. 10.0.0.0/8,192.0.2.7");
  option("--metrics-listen", raw.metrics_listen, "HELIX_METRICS_LISTEN",
         "address of /metrics; off to serve none");
  option("--data-dir", raw.data_dir, "HELIX_DATA_DIR", "directory of the database");
  option("--admin-key-file", raw.admin_key_file, "HELIX_ADMIN_KEY_FILE",
         "where the first start writes the admin's key; default DATA_DIR/admin.key");
  option(
      "--public-url", raw.public_url, "HELIX_PUBLIC_URL",
      "where people reach this server, e.g. https://helix.example; default: http and the request's own host");
  option("--dev-subdomain", raw.dev_subdomain, "DEV_SUBDOMAIN",
         "domain of exposed ports' host names; empty for none");
  option("--port-range", raw.port_range, "HELIX_PORT_RANGE",
         "ports of this machine that exposures are given; off for none");
  option("--default-image", raw.default_image, "HELIX_DEFAULT_IMAGE", "image of sessions that name none");
  option("--runner-token-file", raw.runner_token_file, "RUNNER_TOKEN_FILE",
         "file with the token that sandboxes enrol with; or set RUNNER_TOKEN");
  option("--legacy-runner-token", raw.legacy_runner_token, "HELIX_LEGACY_RUNNER_TOKEN",
         "on: sandboxes of old versions may go on with the shared token; off: it only enrols");
  option("--sessions-per-owner", raw.sessions_per_owner, "HELIX_SESSIONS_PER_OWNER", "limit")
      ->check(CLI::Range(1, 100000));
  option("--exposures-per-session", raw.exposures_per_session, "HELIX_EXPOSURES_PER_SESSION", "limit")
      ->check(CLI::Range(1, 10000));
  option("--log-level", raw.log_level, "HELIX_LOG_LEVEL", "debug, info, warn or error");
  option("--log-format", raw.log_format, "HELIX_LOG_FORMAT", "json or text");
}

bool is_set(const char* variable, std::string_view value) {
  const char* found = std::getenv(variable);
  return found != nullptr && found == value;
}

base::Result<void> refuse_superseded() {
  if (is_set("HYDRA_PRIVILEGED_MODE_ENABLED", "true"))
    return base::fail(
        ErrorCode::invalid_argument,
        "HYDRA_PRIVILEGED_MODE_ENABLED=true is superseded by the document 2026-02-10-docker-nesting: no "
        "session gets the host's Docker socket, each has a Docker of its own; unset the variable");
  if (is_set("DOCKER_IN_DESKTOP", "false"))
    return base::fail(
        ErrorCode::invalid_argument,
        "DOCKER_IN_DESKTOP=false is superseded by the document 2026-02-10-docker-nesting: a session's Docker "
        "always runs in the session; unset the variable");
  return {};
}

base::Result<base::Secret> read_runner_token(const RawSettings& raw) {
  // No flag for the token itself: a command line is seen by every process of the machine.
  const char* given = std::getenv("RUNNER_TOKEN");
  if (given != nullptr && *given != '\0') return base::Secret(given);
  if (raw.runner_token_file.empty()) return base::Secret();
  std::ifstream file(raw.runner_token_file);
  std::string token;
  std::getline(file, token);
  while (!token.empty() && (token.back() == '\r' || token.back() == ' ')) token.pop_back();
  if (token.empty())
    return base::fail(ErrorCode::invalid_argument,
                      "RUNNER_TOKEN_FILE: " + raw.runner_token_file + " cannot be read or is empty");
  return base::Secret(token);
}

base::Result<std::string> read_public_url(const std::string& text) {
  if (text.empty()) return std::string();
  const auto endpoint = io::parse_endpoint(text);
  if (!endpoint)
    return base::fail(ErrorCode::invalid_argument, "HELIX_PUBLIC_URL: " + endpoint.error().message());
  if (!endpoint->base_path.empty())
    return base::fail(ErrorCode::invalid_argument,
                      "HELIX_PUBLIC_URL must have no path: Helix needs a host of its own");
  return std::string(endpoint->tls ? "https://" : "http://") + endpoint->authority;
}

tl::unexpected<base::Error> wrong(const std::string& variable, const std::string& what) {
  return base::fail(ErrorCode::invalid_argument, variable + ": " + what);
}

/// The listeners beside the plain one, and whom they believe.
base::Result<void> check_edge(const RawSettings& raw, Config& config) {
  if (!raw.tls_listen.empty()) {
    const auto address = parse_address(raw.tls_listen);
    if (!address) return wrong("HELIX_TLS_LISTEN", address.error().message());
    config.tls_listen = *address;
  }
  const bool tls = !config.tls_listen.host.empty();
  if (tls && (raw.tls_cert.empty() || raw.tls_key.empty()))
    return wrong("HELIX_TLS_LISTEN", "needs HELIX_TLS_CERT and HELIX_TLS_KEY, the files to show to clients");
  if (!tls && (!raw.tls_cert.empty() || !raw.tls_key.empty()))
    return wrong("HELIX_TLS_CERT", "is not used without HELIX_TLS_LISTEN, e.g. 0.0.0.0:8443");
  config.certificate = {raw.tls_cert, raw.tls_key};
  if (!raw.redirect_listen.empty()) {
    const auto address = parse_address(raw.redirect_listen);
    if (!address) return wrong("HELIX_REDIRECT_LISTEN", address.error().message());
    if (!tls && !config.public_url.starts_with("https://"))
      return wrong("HELIX_REDIRECT_LISTEN",
                   "has nowhere to send to without HELIX_TLS_LISTEN or an https HELIX_PUBLIC_URL");
    config.redirect_listen = *address;
  }
  auto proxies = wire::CidrSet::parse(raw.trusted_proxies);
  if (!proxies) return wrong("HELIX_TRUSTED_PROXIES", proxies.error().message());
  config.trusted_proxies = *std::move(proxies);
  auto domain = parse_domain(raw.dev_subdomain);
  if (!domain) return wrong("DEV_SUBDOMAIN", domain.error().message());
  config.dev_subdomain = *std::move(domain);
  return {};
}

base::Result<Config> check(const RawSettings& raw) {
  const auto superseded = refuse_superseded();
  if (!superseded) return tl::unexpected(superseded.error());
  Config config;
  const auto listen = parse_address(raw.listen);
  if (!listen) return base::fail(ErrorCode::invalid_argument, "HELIX_LISTEN: " + listen.error().message());
  config.listen = *listen;
  if (raw.metrics_listen != "off") {
    const auto metrics = parse_address(raw.metrics_listen);
    if (!metrics)
      return base::fail(ErrorCode::invalid_argument, "HELIX_METRICS_LISTEN: " + metrics.error().message());
    config.metrics_listen = *metrics;
  }
  auto token = read_runner_token(raw);
  if (!token) return tl::unexpected(token.error());
  config.runner_token = *std::move(token);
  auto url = read_public_url(raw.public_url);
  if (!url) return tl::unexpected(url.error());
  config.public_url = *std::move(url);
  const auto edge = check_edge(raw, config);
  if (!edge) return tl::unexpected(edge.error());
  const auto level = base::parse_log_level(raw.log_level);
  if (!level) return tl::unexpected(level.error());
  config.log_level = *level;
  const auto format = base::parse_log_format(raw.log_format);
  if (!format) return tl::unexpected(format.error());
  config.log_format = *format;
  if (raw.legacy_runner_token != "on" && raw.legacy_runner_token != "off")
    return base::fail(ErrorCode::invalid_argument, "HELIX_LEGACY_RUNNER_TOKEN must be on or off");

  config.legacy_runner_token = raw.legacy_runner_token == "on";
  config.data_dir = raw.data_dir;
  config.admin_key_file = raw.admin_key_file;
  if (raw.admin_key_file.empty()) config.admin_key_file = config.data_dir / "admin.key";
  const auto ports = server::parse_port_range(raw.port_range);
  if (!ports) return base::fail(ErrorCode::invalid_argument, "HELIX_PORT_RANGE: " + ports.error().message());
  config.ports = *ports;
  config.default_image = raw.default_image;
  config.sessions_per_owner = raw.sessions_per_owner;
  config.exposures_per_session = raw.exposures_per_session;
  return config;
}

}  // namespace

base::Result<Address> parse_address(const std::string& text) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos)
    return base::fail(ErrorCode::invalid_argument, "must be host:port, e.g. 0.0.0.0:8080");
  Address address;
  address.host = text.substr(0, colon);
  if (address.host.empty()) address.host = "0.0.0.0";
  if (address.host.starts_with('[') && address.host.ends_with(']'))
    address.host = address.host.substr(1, address.host.size() - 2);
  const auto* begin = text.data() + colon + 1;
  const auto* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(begin, end, address.port);
  if (begin == end || error != std::errc{} || stopped != end)
    return base::fail(ErrorCode::invalid_argument, "the port must be between 0 and 65535");
  return address;
}

base::Result<std::string> parse_domain(const std::string& text) {
  // RFC 1035 §2.3.4, less what a session's own label and its dot take.
  constexpr std::size_t kMostBytes = 253 - 64;
  constexpr std::size_t kLabelBytes = 63;
  const auto bad = [&text] {
    return base::fail(ErrorCode::invalid_argument,
                      "'" + text + "' is not a domain name like localhost or dev.example.com");
  };
  std::string domain = text;
  std::transform(domain.begin(), domain.end(), domain.begin(), [](unsigned char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
  });
  if (domain.ends_with('.')) domain.pop_back();
  if (domain.empty()) {
    if (text.empty()) return domain;
    return bad();
  }
  if (domain.size() > kMostBytes) return bad();
  std::string_view label;
  for (std::string_view rest = domain;;) {
    label = rest.substr(0, rest.find('.'));
    if (label.empty() || label.size() > kLabelBytes || label.front() == '-' || label.back() == '-')
      return bad();
    if (label.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") != std::string_view::npos)
      return bad();
    if (label.size() == rest.size()) break;
    rest.remove_prefix(label.size() + 1);
  }
  // An IP address ends in a number, no domain does (RFC 1123 §2.1).
  if (label.find_first_not_of("0123456789") == std::string_view::npos) return bad();
  return domain;
}

Invocation read_invocation(int argc, char** argv) {
  CLI::App app{std::string(kAbout), "helix-api"};
  app.set_version_flag("--version", std::string("helix-api ") + HELIX_VERSION);
  RawSettings raw;
  declare(app, raw);
  try {
    app.parse(argc, argv);
    // An empty variable counts as none elsewhere; here it says something.
    if (app.count("--dev-subdomain") == 0 && is_set("DEV_SUBDOMAIN", "")) raw.dev_subdomain.clear();
  } catch (const CLI::ParseError& parsed) {
    const int status = app.exit(parsed);
    return {std::nullopt, status == 0 ? 0 : kUsage};
  }
  auto config = check(raw);
  if (!config) {
    std::cerr << "helix-api: " << config.error().message() << "\n";
    return {std::nullopt, kUsage};
  }
  return {*std::move(config), 0};
}

}  // namespace api
