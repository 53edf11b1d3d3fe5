#include "nest/environment.hpp"

#include <sstream>

#include "nest/text_file.hpp"

namespace nest {
namespace {

using base::ErrorCode;
using base::fail;

constexpr std::size_t kMaxPemBytes = 1024 * 1024;
constexpr std::size_t kMaxEnvFileBytes = 1024 * 1024;
constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";
constexpr std::string_view kEnd = "-----END CERTIFICATE-----";

// 10.212.0.0 to 10.243.255.255: the levels' addresses, see level.hpp.
constexpr const char* kNeverByProxy =
    "localhost,127.0.0.1,::1,10.212.0.0/14,10.216.0.0/13,10.224.0.0/12,10.240.0.0/14";

std::vector<std::string> certificates_in(std::string_view pem) {
  std::vector<std::string> found;
  for (std::size_t at = pem.find(kBegin); at != std::string_view::npos; at = pem.find(kBegin, at)) {
    const std::size_t end = pem.find(kEnd, at);
    if (end == std::string_view::npos) break;
    found.emplace_back(pem.substr(at, end + kEnd.size() - at));
    at = end;
  }
  return found;
}

}  // namespace

base::Result<std::string> read_extra_certificates(std::string_view value) {
  if (value.empty()) return std::string();
  std::string text(value);
  if (value.find(kBegin) == std::string_view::npos) {
    auto read = read_text_file(value, kMaxPemBytes + 1);
    if (!read) return fail(ErrorCode::not_found, "HELIX_CA_CERTS: cannot read " + text);
    text = std::move(*read);
  }
  if (text.size() > kMaxPemBytes)
    return fail(ErrorCode::invalid_argument, "HELIX_CA_CERTS holds more than 1 MiB");
  std::string pem;
  for (const std::string& certificate : certificates_in(text)) pem += certificate + "\n";
  if (pem.empty())
    return fail(ErrorCode::invalid_argument, "HELIX_CA_CERTS holds no certificate in PEM form");
  return pem;
}

base::Result<void> install_certificates(std::string_view pem, const std::filesystem::path& extra,
                                        const std::filesystem::path& store) {
  if (pem.empty()) return {};
  std::error_code ignored;
  std::filesystem::create_directories(extra.parent_path(), ignored);
  if (auto written = replace_text_file(extra, pem); !written) return written;

  const std::string before = read_text_file(store).value_or("");
  std::string after = before;
  if (!after.empty() && !after.ends_with('\n')) after += '\n';
  for (const std::string& certificate : certificates_in(pem)) {
    if (after.find(certificate) == std::string::npos) after += certificate + "\n";
  }
  if (after == before) return {};
  std::filesystem::create_directories(store.parent_path(), ignored);
  return replace_text_file(store, after);
}

Environment certificate_environment() {
  return {{"SSL_CERT_FILE", kTrustStore},
          {"REQUESTS_CA_BUNDLE", kTrustStore},
          {"NODE_EXTRA_CA_CERTS", kExtraCertificates},
          {"HELIX_CA_CERTS", kExtraCertificates}};
}

Environment proxy_environment(const Environment& own) {
  Environment result;
  for (const auto& [upper, lower] :
       {std::pair{"HTTP_PROXY", "http_proxy"}, std::pair{"HTTPS_PROXY", "https_proxy"}}) {
    auto found = own.find(upper);
    if (found == own.end()) found = own.find(lower);
    if (found == own.end() || found->second.empty()) continue;
    result[upper] = found->second;
    result[lower] = found->second;
  }
  if (result.empty()) return result;

  auto found = own.find("NO_PROXY");
  if (found == own.end()) found = own.find("no_proxy");
  std::string excepted = kNeverByProxy;
  if (found != own.end() && !found->second.empty()) {
    // What a parent level added already is not added again.
    if (found->second.find(kNeverByProxy) != std::string::npos)
      excepted = found->second;
    else
      excepted = found->second + "," + excepted;
  }
  result["NO_PROXY"] = excepted;
  result["no_proxy"] = excepted;
  return result;
}

base::Result<Environment> parse_env_file(std::string_view text) {
  if (text.size() > kMaxEnvFileBytes) return fail(ErrorCode::malformed, "env file is longer than 1 MiB");
  Environment environment;
  std::istringstream lines{std::string(text)};
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    if (line.empty() || line.front() == '#') continue;
    const std::size_t equals = line.find('=');
    if (equals == std::string::npos || equals == 0 || line.find('\0') != std::string::npos)
      return fail(ErrorCode::malformed, "env file: line " + std::to_string(number) + " is not KEY=VALUE");
    environment[line.substr(0, equals)] = line.substr(equals + 1);
  }
  return environment;
}

base::Result<std::string> format_env_file(const Environment& environment) {
  std::string text;
  for (const auto& [name, value] : environment) {
    const bool bad_name = name.empty() || name.front() == '#' ||
                          name.find_first_of(std::string_view("=\n\0", 3)) != std::string::npos;
    if (bad_name || value.find_first_of(std::string_view("\n\0", 2)) != std::string::npos)
      return fail(ErrorCode::invalid_argument, "variable '" + name + "' cannot stand in an env file");
    text += name + "=" + value + "\n";
  }
  return text;
}

}  // namespace nest
