#include <memory>
#include <utility>

#include "cli/commands.hpp"
#include "cli/session_name.hpp"
#include "cli/text.hpp"

namespace cli {
namespace {

struct Arguments {
  std::string first;   // SESSION, or PORT when it stands alone
  std::string second;  // PORT
  std::string name;
};

CommandTask expose(Context& context, Arguments arguments) {
  const auto place = parse_session_and_port(arguments.first, arguments.second);
  if (!place) co_return tl::unexpected(place.error());
  const auto api = connect_api(context);
  if (!api) co_return tl::unexpected(api.error());
  const auto id = co_await find_session_or_own(context, **api, place->session);
  if (!id) co_return tl::unexpected(id.error());

  json::object body{{"port", place->port}};
  if (!arguments.name.empty()) body["name"] = arguments.name;
  const auto exposure = co_await (*api)->post("/sessions/" + id->text() + "/expose", std::move(body));
  if (!exposure) co_return tl::unexpected(exposure.error());
  if (context.output.json()) {
    context.output.print_json(*exposure);
    co_return 0;
  }
  for (const auto& url : array_at(*exposure, "urls")) {
    if (url.is_string()) context.output.print(printable(url.get_string()) + "\n");
  }
  co_return 0;
}

}  // namespace

Command expose_command() {
  auto arguments = std::make_shared<Arguments>();
  Command command("expose", "Give a port of a session a URL");
  command.positional("SESSION", "id, beginning of the id, or name; may be left out in a session",
                     &arguments->first);
  command.positional("PORT", "TCP port on which a web server listens, also one of a container (-p)",
                     &arguments->second, Command::Need::optional);
  command.text("-n,--name", "NAME", "a name for it: a-z, 0-9 and -", arguments->name);
  command.details =
      "Prints the URLs. Doing it again prints them again. Servers that listen on 127.0.0.1 only are reached "
      "too.\n";
  command.examples =
      "  helix expose hello 8000\n"
      "  curl -H \"Authorization: Bearer $HELIX_API_KEY\" $(helix expose hello 8000)\n"
      "  helix expose 8000                 # in a session: its own port\n";
  command.run = [arguments](Context& context) { return expose(context, *arguments); };
  return command;
}

}  // namespace cli
