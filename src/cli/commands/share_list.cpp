#include <memory>
#include <utility>

#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "cli/exposures.hpp"
#include "cli/share_links.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"

namespace cli {
namespace {

struct Arguments {
  std::string first;   // SESSION, or PORT when it stands alone
  std::string second;  // PORT
};

std::string expires_text(const json::object& link, base::Time now) {
  const auto at = text_at(link, "expires_at");
  if (at.empty()) return "never";
  const auto time = parse_rfc3339(at);
  if (!time) return at;
  if (*time <= now) return "expired";
  return "in " + duration_text(std::chrono::duration_cast<std::chrono::seconds>(*time - now));
}

CommandTask list(Context& context, Arguments arguments) {
  const auto place = parse_session_and_port(arguments.first, arguments.second);
  if (!place) co_return tl::unexpected(place.error());
  const auto api = connect_api(context);
  if (!api) co_return tl::unexpected(api.error());
  const auto id = co_await find_session_or_own(context, **api, place->session);
  if (!id) co_return tl::unexpected(id.error());
  const auto answer = co_await (*api)->get(share_links_path(*id, place->port));
  if (!answer) co_return tl::unexpected(answer.error());
  if (context.output.json()) {
    context.output.print_json(*answer);
    co_return 0;
  }
  const auto now = context.clock.now();
  Table table({"LABEL", "AGE", "EXPIRES", "ID"});
  for (const auto& link : objects_at(*answer, "share_links"))
    table.add({{text_at(link, "label")},
               {age_text(text_at(link, "created_at"), now)},
               {expires_text(link, now)},
               {text_at(link, "id"), Style::faint}});
  if (table.empty())
    context.output.note("no share links; make one: " +
                        command_line("share create", place->session, std::to_string(place->port)));
  else
    context.output.print(table.render(context.output.colour()));
  co_return 0;
}

}  // namespace

Command share_list_command() {
  auto arguments = std::make_shared<Arguments>();
  Command command("list", "List an exposed port's share links, without their secrets");
  command.positional("SESSION", "id, beginning of the id, or name; may be left out in a session",
                     &arguments->first);
  command.positional("PORT", "the exposed port", &arguments->second, Command::Need::optional);
  command.examples = "  helix share list hello 8000\n";
  command.run = [arguments](Context& context) { return list(context, *arguments); };
  return command;
}

}  // namespace cli
