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

CommandTask revoke(Context& context, Arguments arguments) {
  const auto wanted = parse_share_link_place(arguments.first, arguments.second, arguments.third);
  if (!wanted) co_return tl::unexpected(wanted.error());
  const auto api = connect_api(context);
  if (!api) co_return tl::unexpected(api.error());
  const auto id = co_await find_session_or_own(context, **api, wanted->place.session);
  if (!id) co_return tl::unexpected(id.error());
  const auto path = share_links_path(*id, wanted->place.port);
  const auto link = co_await find_share_link(**api, path, wanted->link);
  if (!link) co_return tl::unexpected(link.error());
  const auto removed = co_await (*api)->remove(path + "/" + link->text());
  if (!removed) co_return tl::unexpected(removed.error());
  context.output.note("share link " + link->text() + " is revoked");
  co_return 0;
}

}  // namespace

Command share_revoke_command() {
  auto arguments = std::make_shared<Arguments>();
  Command command("revoke", "End a share link");
  command.positional("SESSION", "id, beginning of the id, or name; may be left out in a session",
                     &arguments->first);
  command.positional("PORT", "the exposed port", &arguments->second, Command::Need::optional);
  command.positional("LINK", "id or label, not the link itself", &arguments->third, Command::Need::optional);
  command.details = "Who came by it is out at once, with the connections that they had open.\n";
  command.examples = "  helix share revoke hello 8000 review\n";
  command.run = [arguments](Context& context) { return revoke(context, *arguments); };
  return command;
}

}  // namespace cli
