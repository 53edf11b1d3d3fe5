/// What a level passes on to the next one: company certificates and proxies.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace nest {

using Environment = std::map<std::string, std::string>;

/// Where our extra certificates are put, so that update-ca-certificates keeps them and builds can copy them.
inline constexpr const char* kExtraCertificates = "/usr/local/share/ca-certificates/helix-extra.crt";
inline constexpr const char* kTrustStore = "/etc/ssl/certs/ca-certificates.crt";

/// PEM text of the extra certificates. `value` (HELIX_CA_CERTS) is a file's path or PEM text itself; empty
/// gives empty. Fails with not_found, or invalid_argument when it holds no certificate or is above 1 MiB.
[[nodiscard]] base::Result<std::string> read_extra_certificates(std::string_view value);

/// Writes `pem` to `extra` and appends what is not there yet to `store`. Safe to call again. Fails with
/// internal.
[[nodiscard]] base::Result<void> install_certificates(std::string_view pem,
                                                      const std::filesystem::path& extra = kExtraCertificates,
                                                      const std::filesystem::path& store = kTrustStore);

/// SSL_CERT_FILE, NODE_EXTRA_CA_CERTS, REQUESTS_CA_BUNDLE (and HELIX_CA_CERTS as path) for programs of this
/// level.
[[nodiscard]] Environment certificate_environment();

/// HTTP_PROXY, HTTPS_PROXY, NO_PROXY in both spellings, of those set in `own`; NO_PROXY gets localhost and
/// the levels' addresses (10.212.0.0/14 … by CIDR) added.
[[nodiscard]] Environment proxy_environment(const Environment& own);

/// KEY=VALUE lines; empty lines and lines starting with # are left out. A value is taken as it is, without
/// quotes. Fails with malformed naming the line; at most 1 MiB.
[[nodiscard]] base::Result<Environment> parse_env_file(std::string_view text);
/// The reverse. A value with a newline or NUL fails with invalid_argument.
[[nodiscard]] base::Result<std::string> format_env_file(const Environment& environment);

}  // namespace nest
