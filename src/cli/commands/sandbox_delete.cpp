#include <memory>
#include <utility>

#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "wire/ids.hpp"

namespace cli {
namespace {

CommandTask remove(Context& context, std::string name) {
  const auto id = wire::SandboxId::parse(name);
  if (!id) co_return base::fail_field("SANDBOX", id.error().message());
  const auto api = connect_api(context);
  if (!api) co_return tl::unexpected(api.error());
  const auto removed = co_await (*api)->remove("/sandboxes/" + id->text());
  if (!removed) co_return tl::unexpected(removed.error());
  context.output.note(id->text() + " is forgotten; its token has ended and the name is free");
  co_return 0;
}

}  // namespace

Command sandbox_delete_command() {
  auto name = std::make_shared<std::string>();
  Command command("delete", "Forget a sandbox that holds no sessions (admins only)");
  command.positional("SANDBOX", "its name", name.get());
  command.examples = "  helix sandbox delete old-machine\n";
  command.run = [name](Context& context) { return remove(context, *name); };
  return command;
}

}  // namespace cli
