#include <memory>
#include <utility>

#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"
#include "wire/ids.hpp"

namespace cli {
namespace {

std::string describe(const json::object& sandbox, base::Time now, bool colour) {
  const auto state = text_at(sandbox, "state");
  const auto seen = text_at(sandbox, "last_seen_at");
  const auto& disk = object_at(sandbox, "disk");
  Details details;
  details.add("Sandbox", text_at(sandbox, "id"));
  details.add("State", state, style_of_state(state));
  details.add("Sessions", std::to_string(integer_at(sandbox, "sessions")) + " of " +
                              std::to_string(integer_at(sandbox, "max_sessions")));
  details.add("Disk", bytes_text(integer_at(disk, "free_bytes")) + " free of " +
                          bytes_text(integer_at(disk, "total_bytes")));
  details.add("Docker", text_at(sandbox, "docker_version"));
  details.add("Docker depth", std::to_string(integer_at(sandbox, "depth")));
  details.add("Version", text_at(sandbox, "version"));
  details.add("Seen", seen.empty() ? "never" : seen + " (" + age_text(seen, now) + " ago)");
  for (const auto& image : array_at(sandbox, "images")) {
    if (image.is_string()) details.add("Image", std::string(image.get_string()));
  }
  return details.render(colour);
}

CommandTask show(Context& context, std::string name) {
  const auto id = wire::SandboxId::parse(name);
  if (!id) co_return base::fail_field("SANDBOX", id.error().message());
  const auto api = connect_api(context);
  if (!api) co_return tl::unexpected(api.error());
  const auto sandbox = co_await (*api)->get("/sandboxes/" + id->text());
  if (!sandbox) co_return tl::unexpected(sandbox.error());
  if (context.output.json())
    context.output.print_json(*sandbox);
  else
    context.output.print(describe(*sandbox, context.clock.now(), context.output.colour()));
  co_return 0;
}

}  // namespace

Command sandbox_show_command() {
  auto name = std::make_shared<std::string>();
  Command command("show", "Show one sandbox");
  command.positional("SANDBOX", "its name", name.get());
  command.examples = "  helix sandbox show local\n";
  command.run = [name](Context& context) { return show(context, *name); };
  return command;
}

}  // namespace cli
