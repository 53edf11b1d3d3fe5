#include <memory>
#include <utility>

#include "cli/commands.hpp"
#include "cli/session_name.hpp"
#include "cli/text.hpp"

namespace cli {
namespace {

struct Arguments {
  std::string user;
  std::string session;
};

/// A name or id goes into a path, where nothing else may.
bool is_plain(const std::string& user) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  return !user.empty() && user.front() != '.' && user.find_first_not_of(kPlain) == std::string::npos;
}

CommandTask uninvite(Context& context, Arguments arguments) {
  if (!is_plain(arguments.user))
    co_return base::fail(base::ErrorCode::invalid_argument,
                         "'" + printable(arguments.user) + "' is no user's name; see: helix invite --list");
  const auto api = connect_api(context);
  if (!api) co_return tl::unexpected(api.error());
  const auto id = co_await find_session_or_own(context, **api, arguments.session);
  if (!id) co_return tl::unexpected(id.error());
  const auto removed = co_await (*api)->remove("/sessions/" + id->text() + "/invitations/" + arguments.user);
  if (!removed) co_return tl::unexpected(removed.error());
  context.output.note(arguments.user + " is no longer invited");
  co_return 0;
}

}  // namespace

Command uninvite_command() {
  auto arguments = std::make_shared<Arguments>();
  Command command("uninvite", "Take an invitation back");
  command.positional("USER", "the user's name", &arguments->user);
  command.positional("SESSION", "id, beginning of the id, or name; may be left out in a session",
                     &arguments->session, Command::Need::optional);
  command.details =
      "Their logins at the session's apps end at once, with the connections that they had open.\n";
  command.examples = "  helix uninvite bob hello\n";
  command.run = [arguments](Context& context) { return uninvite(context, *arguments); };
  return command;
}

}  // namespace cli
