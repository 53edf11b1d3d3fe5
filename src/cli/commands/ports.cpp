#include <memory>
#include <optional>
#include <utility>

#include "cli/commands.hpp"
#include "cli/exec_client.hpp"
#include "cli/listening.hpp"
#include "cli/session_name.hpp"
#include "cli/table.hpp"

namespace cli {
namespace {

/// Of /proc/net/tcp: 150 bytes a socket, so some ten thousand sockets. Chosen.
constexpr std::size_t kMaxSocketBytes = std::size_t{2} * 1024 * 1024;

std::string joined(const std::set<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += text.empty() ? word : ", " + word;
  return text;
}

/// nullopt: it cannot be known, because the session does not run.
io::Task<std::optional<ListeningPorts>> find_listening(Api& api, wire::SessionId id) {
  std::vector<std::string> argv;
  argv.emplace_back("cat");
  argv.emplace_back("/proc/net/tcp");
  argv.emplace_back("/proc/net/tcp6");
  const auto text = co_await capture_output(api, std::move(id), std::move(argv), kMaxSocketBytes);
  if (!text) co_return std::nullopt;
  co_return parse_listening(*text);
}

std::string listens_text(const std::optional<ListeningPorts>& listening, std::uint16_t port) {
  if (!listening) return "?";
  const auto found = listening->find(port);
  return found == listening->end() ? "no" : joined(found->second);
}

Table make_table(const std::vector<json::object>& exposures, const std::optional<ListeningPorts>& listening) {
  Table table({"PORT", "LISTENS ON", "NAME", "EXPOSED", "URL"});
  std::set<std::uint16_t> exposed;
  for (const auto& exposure : exposures) {
    const auto port = static_cast<std::uint16_t>(integer_at(exposure, "port"));
    exposed.insert(port);
    const auto status = text_at(exposure, "status");
    table.add({{std::to_string(port)},
               {listens_text(listening, port)},
               {text_at(exposure, "name")},
               {status, style_of_state(status)},
               {text_at(exposure, "url")}});
  }
  if (!listening) return table;
  for (const auto& [port, addresses] : *listening) {
    if (exposed.contains(port)) continue;
    table.add({{std::to_string(port)}, {joined(addresses)}, {}, {"no", Style::faint}, {}});
  }
  return table;
}

json::value to_json(const std::optional<ListeningPorts>& listening) {
  if (!listening) return nullptr;
  json::array ports;
  for (const auto& [port, addresses] : *listening) {
    json::object item{{"port", port}};
    item["addresses"] = json::array(addresses.begin(), addresses.end());
    ports.push_back(std::move(item));
  }
  return ports;
}

CommandTask ports(Context& context, std::string session) {
  const auto api = connect_api(context);
  if (!api) co_return tl::unexpected(api.error());
  const auto id = co_await find_session_or_own(context, **api, std::move(session));
  if (!id) co_return tl::unexpected(id.error());
  auto answer = co_await (*api)->get("/sessions/" + id->text() + "/expose");
  if (!answer) co_return tl::unexpected(answer.error());
  const auto listening = co_await find_listening(**api, *id);

  if (context.output.json()) {
    (*answer)["listening_ports"] = to_json(listening);
    context.output.print_json(*answer);
    co_return 0;
  }
  const auto table = make_table(objects_at(*answer, "exposed_ports"), listening);
  if (table.empty() && !listening)
    context.output.note("nothing is exposed; what listens is not known while the session does not run");
  else if (table.empty())
    context.output.note("nothing is exposed and nothing listens; expose a port: helix expose SESSION PORT");
  else
    context.output.print(table.render(context.output.colour()));
  co_return 0;
}

}  // namespace

Command ports_command() {
  auto session = std::make_shared<std::string>();
  Command command("ports", "List a session's exposed and listening ports");
  command.positional("SESSION", "id, beginning of the id, or name; in a session: that one", session.get(),
                     Command::Need::optional);
  command.details =
      "LISTENS ON tells on which addresses of the session something listens, containers with -p included; ? "
      "where the\n"
      "session does not run. In JSON, listening_ports is null then.\n";
  command.examples =
      "  helix ports hello\n"
      "  helix ports hello -o json | jq -r '.exposed_ports[].url'\n";
  command.run = [session](Context& context) { return ports(context, *session); };
  return command;
}

}  // namespace cli
