#include <memory>

#include "cli/commands.hpp"
#include "cli/session_name.hpp"

namespace cli {
namespace {

struct Arguments {
  std::string first;   // SESSION, or PORT when it stands alone
  std::string second;  // PORT
};

CommandTask unexpose(Context& context, Arguments arguments) {
  const auto place = parse_session_and_port(arguments.first, arguments.second);
  if (!place) co_return tl::unexpected(place.error());
  const auto api = connect_api(context);
  if (!api) co_return tl::unexpected(api.error());
  const auto id = co_await find_session_or_own(context, **api, place->session);
  if (!id) co_return tl::unexpected(id.error());
  const auto port = std::to_string(place->port);
  const auto removed = co_await (*api)->remove("/sessions/" + id->text() + "/expose/" + port);
  if (!removed) co_return tl::unexpected(removed.error());
  context.output.note("port " + port + " is no longer exposed");
  co_return 0;
}

}  // namespace

Command unexpose_command() {
  auto arguments = std::make_shared<Arguments>();
  Command command("unexpose", "Take a port's URL back");
  command.positional("SESSION", "id, beginning of the id, or name; may be left out in a session",
                     &arguments->first);
  command.positional("PORT", "the exposed port", &arguments->second, Command::Need::optional);
  command.examples = "  helix unexpose hello 8000\n";
  command.run = [arguments](Context& context) { return unexpose(context, *arguments); };
  return command;
}

}  // namespace cli
