#include <memory>
#include <utility>

#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "wire/ids.hpp"

namespace cli {
namespace {

struct Arguments {
  std::string name;
  bool undo = false;
};

CommandTask drain(Context& context, Arguments arguments) {
  const auto id = wire::SandboxId::parse(arguments.name);
  if (!id) co_return base::fail_field("SANDBOX", id.error().message());
  const auto api = connect_api(context);
  if (!api) co_return tl::unexpected(api.error());
  json::object body{{"draining", !arguments.undo}};
  const auto sandbox = co_await (*api)->post("/sandboxes/" + id->text() + "/drain", std::move(body));
  if (!sandbox) co_return tl::unexpected(sandbox.error());
  if (context.output.json())
    context.output.print_json(*sandbox);
  else if (arguments.undo)
    context.output.note(id->text() + " takes sessions again");
  else
    context.output.note(id->text() + " takes no new sessions; its " +
                        std::to_string(integer_at(*sandbox, "sessions")) + " sessions go on");
  co_return 0;
}

}  // namespace

Command sandbox_drain_command() {
  auto arguments = std::make_shared<Arguments>();
  Command command("drain", "Place no new sessions on a sandbox (admins only)");
  command.positional("SANDBOX", "its name", &arguments->name);
  command.flag("--undo", "place sessions there again", arguments->undo);
  command.examples =
      "  helix sandbox drain local\n"
      "  helix sandbox drain --undo local\n";
  command.run = [arguments](Context& context) { return drain(context, *arguments); };
  return command;
}

}  // namespace cli
