#include <memory>
#include <utility>

#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "cli/text.hpp"
#include "wire/ids.hpp"

namespace cli {
namespace {

io::Task<base::Result<wire::UserId>> find_user(Api& api, std::string wanted) {
  if (auto id = wire::UserId::parse(wanted)) co_return *id;
  const auto answer = co_await api.get("/users");
  if (!answer) co_return tl::unexpected(answer.error());
  for (const auto& user : objects_at(*answer, "users")) {
    if (text_at(user, "name") == wanted) co_return wire::UserId::parse(text_at(user, "id"));
  }
  co_return base::fail(base::ErrorCode::not_found,
                       "there is no user '" + printable(wanted) + "'; see: helix user list");
}

CommandTask remove(Context& context, std::string wanted) {
  const auto api = connect_api(context);
  if (!api) co_return tl::unexpected(api.error());
  const auto id = co_await find_user(**api, wanted);
  if (!id) co_return tl::unexpected(id.error());
  const auto removed = co_await (*api)->remove("/users/" + id->text());
  if (!removed) co_return tl::unexpected(removed.error());
  context.output.note("user " + printable(wanted) + " is deleted, with all keys");
  co_return 0;
}

}  // namespace

Command user_delete_command() {
  auto wanted = std::make_shared<std::string>();
  Command command("delete", "Remove a user who has no sessions, and the user's keys");
  command.positional("USER", "name or id", wanted.get());
  command.examples = "  helix user delete anna\n";
  command.run = [wanted](Context& context) { return remove(context, *wanted); };
  return command;
}

}  // namespace cli
