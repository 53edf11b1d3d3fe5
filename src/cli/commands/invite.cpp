#include <memory>
#include <utility>

#include "cli/commands.hpp"
#include "cli/exposures.hpp"
#include "cli/session_name.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"

namespace cli {
namespace {

struct Arguments {
  std::string first;   // USER, or SESSION with --list
  std::string second;  // SESSION
  bool list = false;
};

CommandTask list(Context& context, std::string session) {
  const auto api = connect_api(context);
  if (!api) co_return tl::unexpected(api.error());
  const auto id = co_await find_session_or_own(context, **api, session);
  if (!id) co_return tl::unexpected(id.error());
  const auto answer = co_await (*api)->get("/sessions/" + id->text() + "/invitations");
  if (!answer) co_return tl::unexpected(answer.error());
  if (context.output.json()) {
    context.output.print_json(*answer);
    co_return 0;
  }
  Table table({"USER", "ID"});
  for (const auto& user : objects_at(*answer, "invitations"))
    table.add({{text_at(user, "name")}, {text_at(user, "user_id"), Style::faint}});
  if (table.empty())
    context.output.note("nobody is invited; invite somebody: " + command_line("invite USER", session, ""));
  else
    context.output.print(table.render(context.output.colour()));
  co_return 0;
}

CommandTask invite(Context& context, Arguments arguments) {
  if (arguments.first.empty())
    co_return base::fail(base::ErrorCode::invalid_argument,
                         "USER is missing; who is invited already: helix invite --list SESSION");
  const auto api = connect_api(context);
  if (!api) co_return tl::unexpected(api.error());
  const auto id = co_await find_session_or_own(context, **api, arguments.second);
  if (!id) co_return tl::unexpected(id.error());
  json::object body{{"user", arguments.first}};
  const auto invited = co_await (*api)->post("/sessions/" + id->text() + "/invitations", std::move(body));
  if (!invited) co_return tl::unexpected(invited.error());
  if (context.output.json()) context.output.print_json(*invited);
  context.output.note(printable(arguments.first) + " may open what the session exposes; undo it with: " +
                      command_line("uninvite " + printable(arguments.first), arguments.second, ""));
  co_return 0;
}

}  // namespace

Command invite_command() {
  auto arguments = std::make_shared<Arguments>();
  Command command("invite", "Let another user open what a session exposes");
  command.positional("USER", "the user's name", &arguments->first, Command::Need::optional);
  command.positional("SESSION", "id, beginning of the id, or name; may be left out in a session",
                     &arguments->second, Command::Need::optional);
  command.flag("-l,--list", "list who is invited; SESSION is the only argument then", arguments->list);
  command.details =
      "Who is invited opens the session's private exposures, logged in as they are. The session itself stays "
      "yours.\n"
      "Not with a session's own key: what runs in a session invites nobody.\n";
  command.examples =
      "  helix invite bob hello\n"
      "  helix invite --list hello\n";
  command.run = [arguments](Context& context) {
    return arguments->list ? list(context, arguments->first) : invite(context, *arguments);
  };
  return command;
}

}  // namespace cli
