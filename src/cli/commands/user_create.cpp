#include <memory>
#include <utility>

#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "cli/text.hpp"

namespace cli {
namespace {

struct Arguments {
  std::string name;
  bool admin = false;
};

CommandTask create(Context& context, Arguments arguments) {
  const auto api = connect_api(context);
  if (!api) co_return tl::unexpected(api.error());
  json::object body{{"name", arguments.name}};
  if (arguments.admin) body["role"] = "admin";
  const auto user = co_await (*api)->post("/users", std::move(body));
  if (!user) co_return tl::unexpected(user.error());
  if (context.output.json()) {
    context.output.print_json(*user);
    co_return 0;
  }
  context.output.print(printable(text_at(*user, "api_key")) + "\n");
  context.output.note("this is the key of " + printable(text_at(*user, "name")) + ", shown this once");
  co_return 0;
}

}  // namespace

Command user_create_command() {
  auto arguments = std::make_shared<Arguments>();
  Command command("create", "Make a user and print the user's first key");
  command.positional("NAME", "a-z, 0-9, '.', '_' and -", &arguments->name);
  command.flag("--admin", "one who may manage users and sandboxes", arguments->admin);
  command.examples = "  helix user create anna > anna.key\n";
  command.run = [arguments](Context& context) { return create(context, *arguments); };
  return command;
}

}  // namespace cli
