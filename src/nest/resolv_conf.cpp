#include "nest/resolv_conf.hpp"

#include <sstream>

#include "nest/text_file.hpp"

namespace nest {

std::string without_ndots_zero(std::string_view resolv_conf) {
  std::string result;
  std::istringstream lines{std::string(resolv_conf)};
  std::string line;
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    std::string word;
    words >> word;
    if (word != "options" || line.find("ndots:0") == std::string::npos) {
      result += line + "\n";
      continue;
    }
    std::string kept;
    while (words >> word) {
      if (word != "ndots:0") kept += " " + word;
    }
    if (!kept.empty()) result += "options" + kept + "\n";
  }
  return result;
}

std::vector<std::string> nameservers(std::string_view resolv_conf) {
  std::vector<std::string> servers;
  std::istringstream lines{std::string(resolv_conf)};
  std::string line;
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    std::string keyword;
    std::string address;
    if (words >> keyword >> address && keyword == "nameserver") servers.push_back(address);
  }
  return servers;
}

base::Result<void> rewrite_resolv_conf(const std::filesystem::path& path) {
  const auto text = read_text_file(path);
  if (!text) return base::fail(base::ErrorCode::internal, "cannot read " + path.string());
  const std::string wanted = without_ndots_zero(*text);
  if (wanted == *text) return {};
  return write_text_file(path, wanted);
}

}  // namespace nest
