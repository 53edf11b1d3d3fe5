#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"

namespace cli {
namespace {

CommandTask list(Context& context) {
  const auto api = connect_api(context);
  if (!api) co_return tl::unexpected(api.error());
  const auto answer = co_await (*api)->get("/api-keys");
  if (!answer) co_return tl::unexpected(answer.error());
  if (context.output.json()) {
    context.output.print_json(*answer);
    co_return 0;
  }
  const auto now = context.clock.now();
  Table table({"NAME", "AGE", "LAST USED", "ID"});
  for (const auto& key : objects_at(*answer, "api_keys")) {
    const auto used = text_at(key, "last_used_at");
    table.add({{text_at(key, "name")},
               {age_text(text_at(key, "created_at"), now)},
               {used.empty() ? "never" : age_text(used, now) + " ago"},
               {text_at(key, "id")}});
  }
  context.output.print(table.render(context.output.colour()));
  co_return 0;
}

}  // namespace

Command key_list_command() {
  Command command("list", "List your keys, without their secrets");
  command.run = list;
  return command;
}

}  // namespace cli
