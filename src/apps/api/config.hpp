/// Settings of helix-api: flags over environment over defaults.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/secret.hpp"
#include "io/tls_server.hpp"
#include "server/gateway/options.hpp"
#include "wire/cidr.hpp"

namespace api {

struct Address {
  std::string host;
  std::uint16_t port = 0;
};

struct Config {
  Address listen;
  Address tls_listen;                // host "": none
  io::CertificateFiles certificate;  // of it
  Address redirect_listen;           // host "": none
  wire::CidrSet trusted_proxies;
  Address metrics_listen;
  std::filesystem::path data_dir;
  std::filesystem::path admin_key_file;
  std::string public_url;     // without a slash at its end
  std::string dev_subdomain;  // lower case; "": no host URLs
  std::optional<server::PortRange> ports;
  std::string default_image;
  base::Secret runner_token;
  bool legacy_runner_token = true;
  std::int64_t sessions_per_owner = 20;
  std::int64_t exposures_per_session = 32;
  base::LogLevel log_level = base::LogLevel::info;
  base::LogFormat log_format = base::LogFormat::json;
};

/// "host:port", "[::]:port" or ":port". Fails with invalid_argument.
[[nodiscard]] base::Result<Address> parse_address(const std::string& text);

/// A domain of one label or more, in lower case and without a dot at its end; "" as it is. Fails with
/// invalid_argument.
[[nodiscard]] base::Result<std::string> parse_domain(const std::string& text);

/// What a command line asks for: a configuration, or only to print something and end.
struct Invocation {
  std::optional<Config> config;
  int exit_status = 0;  // where there is no configuration
};

/// Prints help, version or what is wrong itself.
[[nodiscard]] Invocation read_invocation(int argc, char** argv);

}  // namespace api
