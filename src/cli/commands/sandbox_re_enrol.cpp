#include <memory>
#include <utility>

#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "wire/ids.hpp"

namespace cli {
namespace {

CommandTask re_enrol(Context& context, std::string name) {
  const auto id = wire::SandboxId::parse(name);
  if (!id) co_return base::fail_field("SANDBOX", id.error().message());
  const auto api = connect_api(context);
  if (!api) co_return tl::unexpected(api.error());
  json::object nothing;
  const auto freed = co_await (*api)->post("/sandboxes/" + id->text() + "/re-enrol", std::move(nothing));
  if (!freed) co_return tl::unexpected(freed.error());
  context.output.note(id->text() + " can enrol again with the shared runner token; its old token has ended");
  co_return 0;
}

}  // namespace

Command sandbox_re_enrol_command() {
  auto name = std::make_shared<std::string>();
  Command command("re-enrol", "Free the name of a sandbox whose token is lost (admins only)");
  command.positional("SANDBOX", "its name", name.get());
  command.examples = "  helix sandbox re-enrol local\n";
  command.run = [name](Context& context) { return re_enrol(context, *name); };
  return command;
}

}  // namespace cli
