#include <memory>
#include <utility>

#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "cli/text.hpp"

namespace cli {
namespace {

CommandTask create(Context& context, std::string name) {
  const auto api = connect_api(context);
  if (!api) co_return tl::unexpected(api.error());
  json::object body{{"name", name}};
  const auto key = co_await (*api)->post("/api-keys", std::move(body));
  if (!key) co_return tl::unexpected(key.error());
  if (context.output.json()) {
    context.output.print_json(*key);
    co_return 0;
  }
  context.output.print(printable(text_at(*key, "key")) + "\n");
  context.output.note("shown this once; end it with: helix key revoke " + printable(text_at(*key, "id")));
  co_return 0;
}

}  // namespace

Command key_create_command() {
  auto name = std::make_shared<std::string>();
  Command command("create", "Make a key and print it");
  command.positional("NAME", "what it is for", name.get());
  command.examples = "  helix key create ci > ci.key\n";
  command.run = [name](Context& context) { return create(context, *name); };
  return command;
}

}  // namespace cli
