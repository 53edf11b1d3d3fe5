#include <memory>
#include <utility>

#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"

namespace cli {
namespace {

struct Arguments {
  bool all = false;
  bool ids_only = false;
};

std::string exposed_text(const json::object& session) {
  std::string text;
  for (const auto& exposure : objects_at(session, "exposed_ports")) {
    if (!text.empty()) text += ",";
    text += std::to_string(integer_at(exposure, "port"));
  }
  return text;
}

/// What goes on is worth a column only while something does.
std::string doing_text(const json::object& session) {
  const auto state = text_at(session, "state");
  if (state == "running" || state == "stopped") return state;
  const auto message = text_at(session, "status_message");
  if (message.empty()) return state;
  return state + ": " + shortened(message, 48);
}

std::string ids_text(const std::vector<json::object>& sessions) {
  std::string text;
  for (const auto& session : sessions) text += text_at(session, "id") + "\n";
  return text;
}

Table make_table(const std::vector<json::object>& sessions, bool all, base::Time now) {
  std::vector<std::string> headings{"NAME", "STATE", "AGE", "EXPOSED", "SANDBOX", "ID"};
  if (all) headings.emplace_back("OWNER");
  Table table(std::move(headings));
  for (const auto& session : sessions) {
    std::vector<Cell> cells{{text_at(session, "name")},
                            {doing_text(session), style_of_state(text_at(session, "state"))},
                            {age_text(text_at(session, "created_at"), now)},
                            {exposed_text(session)},
                            {text_at(session, "sandbox_id")},
                            {text_at(session, "id"), Style::faint}};
    if (all) cells.push_back({text_at(session, "owner"), Style::faint});
    table.add(std::move(cells));
  }
  return table;
}

CommandTask list(Context& context, Arguments arguments) {
  const auto api = connect_api(context);
  if (!api) co_return tl::unexpected(api.error());
  std::string path = "/sessions";
  if (arguments.all) path += "?all=true";
  const auto answer = co_await (*api)->get(std::move(path));
  if (!answer) co_return tl::unexpected(answer.error());
  if (context.output.json()) {
    context.output.print_json(*answer);
    co_return 0;
  }

  const auto sessions = objects_at(*answer, "sessions");
  if (arguments.ids_only) {
    context.output.print(ids_text(sessions));
    co_return 0;
  }
  if (sessions.empty()) {
    context.output.note("no sessions; make one: helix session create --wait --name hello");
    co_return 0;
  }
  const auto table = make_table(sessions, arguments.all, context.clock.now());
  context.output.print(table.render(context.output.colour()));
  co_return 0;
}

}  // namespace

Command session_list_command() {
  auto arguments = std::make_shared<Arguments>();
  Command command("list", "List your sessions, oldest first");
  command.flag("-a,--all", "everybody's sessions (admins only)", arguments->all);
  command.flag("-q,--quiet", "print ids only", arguments->ids_only);
  command.examples =
      "  helix session list\n"
      "  helix session list -q | xargs -n 1 helix session delete --yes\n"
      "  helix session list -o json | jq -r '.sessions[].name'\n";
  command.run = [arguments](Context& context) { return list(context, *arguments); };
  return command;
}

}  // namespace cli
