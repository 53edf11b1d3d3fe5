#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "cli/table.hpp"

namespace cli {
namespace {

CommandTask whoami(Context& context) {
  const auto settings = load_settings(context);
  if (!settings) co_return tl::unexpected(settings.error());
  const auto api = connect_api(context);
  if (!api) co_return tl::unexpected(api.error());
  const auto me = co_await (*api)->get("/users/me");
  if (!me) co_return tl::unexpected(me.error());
  if (context.output.json()) {
    context.output.print_json(*me);
    co_return 0;
  }
  Details details;
  details.add("User", text_at(*me, "name"));
  details.add("Id", text_at(*me, "id"));
  details.add("Role", text_at(*me, "role"));
  if (!text_at(*me, "session_id").empty()) details.add("Session", text_at(*me, "session_id"));
  details.add("Server", settings->url);
  context.output.print(details.render(context.output.colour()));
  co_return 0;
}

}  // namespace

Command whoami_command() {
  Command command("whoami", "Show whose key is used, and with which server");
  command.examples = "  helix whoami -o json | jq -r .role\n";
  command.run = whoami;
  return command;
}

}  // namespace cli
