#include "cli/exposures.hpp"

#include <utility>

#include "cli/text.hpp"
#include "wire/exposure.hpp"

namespace cli {
namespace {

bool opens_in_browser(const json::object& exposure) { return text_at(exposure, "protocol") != "tcp"; }

std::string line_of(const json::object& exposure) {
  const auto name = text_at(exposure, "name");
  return "\n  " + std::to_string(integer_at(exposure, "port")) +
         (name.empty() ? std::string() : "  " + printable(name));
}

bool is_meant(const json::object& exposure, const std::string& wanted) {
  return std::to_string(integer_at(exposure, "port")) == wanted || text_at(exposure, "name") == wanted;
}

base::Result<json::object> match_only(const std::vector<json::object>& exposures,
                                      const std::string& session) {
  const json::object* only = nullptr;
  std::string choices;
  for (const auto& exposure : exposures) {
    if (!opens_in_browser(exposure)) continue;
    choices += line_of(exposure);
    only = &exposure;
  }
  if (only == nullptr)
    return base::fail(base::ErrorCode::not_found,
                      "nothing is exposed; see what listens: " + command_line("ports", session, ""));
  if (choices.find('\n', 1) != std::string::npos)
    return base::fail(base::ErrorCode::conflict,
                      "more than one port is exposed, give PORT or NAME:" + choices);
  return *only;
}

}  // namespace

std::string exposures_path(const wire::SessionId& id) { return "/sessions/" + id.text() + "/expose"; }

base::Result<json::object> match_exposure(const std::vector<json::object>& exposures,
                                          const std::string& wanted, const std::string& session) {
  if (wanted.empty()) return match_only(exposures, session);
  for (const auto& exposure : exposures) {
    if (is_meant(exposure, wanted)) return exposure;
  }
  if (wire::parse_port(wanted))
    return base::fail(base::ErrorCode::not_found, "port " + wanted + " is not exposed; expose it: " +
                                                      command_line("expose", session, wanted));
  return base::fail(base::ErrorCode::not_found, "no exposure is called '" + printable(wanted) +
                                                    "'; see: " + command_line("ports", session, ""));
}

io::Task<base::Result<json::object>> find_exposure(Api& api, wire::SessionId id, std::string wanted,
                                                   std::string session) {
  const auto answer = co_await api.get(exposures_path(id));
  if (!answer) co_return tl::unexpected(answer.error());
  co_return match_exposure(objects_at(*answer, "exposed_ports"), wanted, session);
}

void print_urls(Output& output, const json::object& exposure) {
  for (const auto& url : array_at(exposure, "urls")) {
    if (url.is_string()) output.print(printable(url.get_string()) + "\n");
  }
}

std::string exposed_text(const json::object& exposure) {
  if (exposure.empty()) return {};
  auto text = text_at(exposure, "visibility");
  if (text.empty()) text = "private";  // told only where it is another
  const auto protocol = text_at(exposure, "protocol");
  if (protocol != "http" && !protocol.empty()) text += " " + protocol;
  const auto status = text_at(exposure, "status");
  if (status != "active" && !status.empty()) text += ", " + shortened(status, 48);
  return text;
}

std::string command_line(const std::string& command, const std::string& session, const std::string& rest) {
  std::string line = "helix " + command;
  if (!session.empty()) line += " " + printable(session);
  if (!rest.empty()) line += " " + printable(rest);
  return line;
}

}  // namespace cli
