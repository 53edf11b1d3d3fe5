#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"

namespace cli {
namespace {

CommandTask list(Context& context) {
  const auto api = connect_api(context);
  if (!api) co_return tl::unexpected(api.error());
  const auto answer = co_await (*api)->get("/sandboxes");
  if (!answer) co_return tl::unexpected(answer.error());
  if (context.output.json()) {
    context.output.print_json(*answer);
    co_return 0;
  }

  Table table({"SANDBOX", "STATE", "SESSIONS", "DISK FREE", "DOCKER", "VERSION", "SEEN"});
  for (const auto& sandbox : objects_at(*answer, "sandboxes")) {
    const auto state = text_at(sandbox, "state");
    const auto seen = text_at(sandbox, "last_seen_at");
    const auto& disk = object_at(sandbox, "disk");
    const auto sessions = std::to_string(integer_at(sandbox, "sessions")) + "/" +
                          std::to_string(integer_at(sandbox, "max_sessions"));
    table.add({{text_at(sandbox, "id")},
               {state, style_of_state(state)},
               {sessions},
               {bytes_text(integer_at(disk, "free_bytes"))},
               {text_at(sandbox, "docker_version")},
               {text_at(sandbox, "version")},
               {seen.empty() ? "never" : age_text(seen, context.clock.now()) + " ago"}});
  }
  if (table.empty())
    context.output.note("no sandboxes; one enrols itself when it starts with HELIX_API_URL and RUNNER_TOKEN");
  else
    context.output.print(table.render(context.output.colour()));
  co_return 0;
}

}  // namespace

Command sandbox_list_command() {
  Command command("list", "List the sandboxes");
  command.examples = "  helix sandbox list\n";
  command.run = list;
  return command;
}

}  // namespace cli
