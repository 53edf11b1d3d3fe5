#include <memory>
#include <utility>

#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "cli/share_links.hpp"

namespace cli {
namespace {

struct Arguments {
  std::string first;   // SESSION, or PORT when it stands alone
  std::string second;  // PORT
  std::string expires;
  std::string label;
};

CommandTask create(Context& context, Arguments arguments) {
  const auto place = parse_session_and_port(arguments.first, arguments.second);
  if (!place) co_return tl::unexpected(place.error());
  auto body = share_link_body(arguments.label, arguments.expires);
  if (!body) co_return tl::unexpected(body.error());
  const auto api = connect_api(context);
  if (!api) co_return tl::unexpected(api.error());
  const auto id = co_await find_session_or_own(context, **api, place->session);
  if (!id) co_return tl::unexpected(id.error());
  const auto link = co_await (*api)->post(share_links_path(*id, place->port), std::move(*body));
  if (!link) co_return tl::unexpected(link.error());
  if (context.output.json())
    context.output.print_json(*link);
  else
    print_share_link(context.output, *link);
  co_return 0;
}

}  // namespace

Command share_create_command() {
  auto arguments = std::make_shared<Arguments>();
  Command command("create", "Make a link to an exposed port that lets in whoever has it");
  command.positional("SESSION", "id, beginning of the id, or name; may be left out in a session",
                     &arguments->first);
  command.positional("PORT", "the exposed port", &arguments->second, Command::Need::optional);
  command.text("--expires", "TIME", "its end: 30m, 24h, 7d (never)", arguments->expires);
  command.text("--label", "TEXT", "what it is for; rotate and revoke take it as a name", arguments->label);
  command.details = "The link is printed this once: only what is needed to recognise it is kept.\n";
  command.examples = "  helix share create hello 8000 --expires 24h --label review\n";
  command.run = [arguments](Context& context) { return create(context, *arguments); };
  return command;
}

}  // namespace cli
