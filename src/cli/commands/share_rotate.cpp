#include <memory>
#include <utility>

#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "cli/share_links.hpp"

namespace cli {
namespace {

struct Arguments {
  std::string first;   // SESSION, or PORT where it is left out
  std::string second;  // PORT, or LINK
  std::string third;   // LINK
};

CommandTask rotate(Context& context, Arguments arguments) {
  const auto wanted = parse_share_link_place(arguments.first, arguments.second, arguments.third);
  if (!wanted) co_return tl::unexpected(wanted.error());
  const auto api = connect_api(context);
  if (!api) co_return tl::unexpected(api.error());
  const auto id = co_await find_session_or_own(context, **api, wanted->place.session);
  if (!id) co_return tl::unexpected(id.error());
  const auto path = share_links_path(*id, wanted->place.port);
  const auto link = co_await find_share_link(**api, path, wanted->link);
  if (!link) co_return tl::unexpected(link.error());
  json::object nothing;
  const auto rotated = co_await (*api)->post(path + "/" + link->text() + "/rotate", std::move(nothing));
  if (!rotated) co_return tl::unexpected(rotated.error());
  if (context.output.json())
    context.output.print_json(*rotated);
  else
    print_share_link(context.output, *rotated);
  co_return 0;
}

}  // namespace

Command share_rotate_command() {
  auto arguments = std::make_shared<Arguments>();
  Command command("rotate", "Give a share link a new secret");
  command.positional("SESSION", "id, beginning of the id, or name; may be left out in a session",
                     &arguments->first);
  command.positional("PORT", "the exposed port", &arguments->second, Command::Need::optional);
  command.positional("LINK", "id or label, not the link itself", &arguments->third, Command::Need::optional);
  command.details = "Who came by the old one is out at once, with the connections that they had open.\n";
  command.examples = "  helix share rotate hello 8000 review\n";
  command.run = [arguments](Context& context) { return rotate(context, *arguments); };
  return command;
}

}  // namespace cli
