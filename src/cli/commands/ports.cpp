#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "cli/commands.hpp"
#include "cli/exposures.hpp"
#include "cli/session_name.hpp"
#include "cli/table.hpp"

namespace cli {
namespace {

/// What is known about one port.
struct Port {
  std::optional<json::object> listens;
  json::object exposure;  // empty: none
};

using Ports = std::map<std::int64_t, Port>;

/// nullopt: it cannot be known, because the session does not run or its bridge is away.
io::Task<base::Result<std::optional<json::array>>> find_listening(Api& api, wire::SessionId id) {
  const auto answer = co_await api.get("/sessions/" + id.text() + "/ports");
  if (answer) co_return array_at(*answer, "ports");
  const auto code = answer.error().code();
  const bool refused = code == base::ErrorCode::unauthenticated || code == base::ErrorCode::forbidden;
  if (refused) co_return tl::unexpected(answer.error());
  co_return std::nullopt;
}

Ports join(const std::vector<json::object>& exposures, const std::optional<json::array>& listening) {
  Ports ports;
  for (const auto& exposure : exposures) ports[integer_at(exposure, "port")].exposure = exposure;
  if (!listening) return ports;
  for (const auto& item : *listening) {
    if (item.is_object()) ports[integer_at(item.get_object(), "port")].listens = item.get_object();
  }
  return ports;
}

Table make_table(const Ports& ports, bool known) {
  Table table({"PORT", "PROCESS", "NAME", "EXPOSED", "URL"});
  for (const auto& [number, port] : ports) {
    Cell process{known ? "nothing listens" : "?", Style::faint};
    if (port.listens) process = {text_at(*port.listens, "process")};
    Cell exposed{"no", Style::faint};
    if (!port.exposure.empty())
      exposed = {exposed_text(port.exposure), style_of_state(text_at(port.exposure, "status"))};
    table.add({{std::to_string(number)},
               process,
               {text_at(port.exposure, "name")},
               exposed,
               {text_at(port.exposure, "url")}});
  }
  return table;
}

/// The first port that listens and has no URL yet.
std::optional<std::int64_t> first_hidden(const Ports& ports) {
  for (const auto& [number, port] : ports) {
    if (port.exposure.empty()) return number;
  }
  return std::nullopt;
}

void tell(Output& output, const Ports& ports, bool known, const std::string& session) {
  if (!ports.empty()) output.print(make_table(ports, known).render(output.colour()));
  if (ports.empty() && !known)
    output.note("nothing is exposed; what listens is not known while the session does not run");
  else if (ports.empty())
    output.note("nothing listens; start a server, then: " + command_line("expose", session, "PORT"));
  else if (const auto hidden = first_hidden(ports))
    output.note("give a port a URL: " + command_line("expose", session, std::to_string(*hidden)));
}

CommandTask ports(Context& context, std::string session) {
  const auto api = connect_api(context);
  if (!api) co_return tl::unexpected(api.error());
  const auto id = co_await find_session_or_own(context, **api, session);
  if (!id) co_return tl::unexpected(id.error());
  auto answer = co_await (*api)->get(exposures_path(*id));
  if (!answer) co_return tl::unexpected(answer.error());
  const auto listening = co_await find_listening(**api, *id);
  if (!listening) co_return tl::unexpected(listening.error());

  if (context.output.json()) {
    json::value known;  // null
    if (*listening) known = **listening;
    (*answer)["listening_ports"] = std::move(known);
    context.output.print_json(*answer);
    co_return 0;
  }
  tell(context.output, join(objects_at(*answer, "exposed_ports"), *listening), listening->has_value(),
       session);
  co_return 0;
}

}  // namespace

Command ports_command() {
  auto session = std::make_shared<std::string>();
  Command command("ports", "List a session's listening and exposed ports");
  command.positional("SESSION", "id, beginning of the id, or name; in a session: that one", session.get(),
                     Command::Need::optional);
  command.details =
      "PROCESS is what listens, \"container NAME\" for a container's published port; ? where the session "
      "does not "
      "run.\n"
      "EXPOSED tells who may come: private is you and whom you invite. URL is the one for a browser; all of "
      "them: "
      "-o json.\n"
      "In JSON, listening_ports is null where it cannot be known.\n";
  command.examples =
      "  helix ports hello\n"
      "  helix ports hello -o json | jq -r '.exposed_ports[].url'\n"
      "  helix ports hello -o json | jq '.listening_ports[] | select(.exposed | not)'\n";
  command.run = [session](Context& context) { return ports(context, *session); };
  return command;
}

}  // namespace cli
