#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"

namespace cli {
namespace {

CommandTask list(Context& context) {
  const auto api = connect_api(context);
  if (!api) co_return tl::unexpected(api.error());
  const auto answer = co_await (*api)->get("/users");
  if (!answer) co_return tl::unexpected(answer.error());
  if (context.output.json()) {
    context.output.print_json(*answer);
    co_return 0;
  }
  Table table({"NAME", "ROLE", "AGE", "ID"});
  for (const auto& user : objects_at(*answer, "users"))
    table.add({{text_at(user, "name")},
               {text_at(user, "role")},
               {age_text(text_at(user, "created_at"), context.clock.now())},
               {text_at(user, "id"), Style::faint}});
  context.output.print(table.render(context.output.colour()));
  co_return 0;
}

}  // namespace

Command user_list_command() {
  Command command("list", "List the users");
  command.run = list;
  return command;
}

}  // namespace cli
