#include "cli/commands.hpp"
#include "cli/config_file.hpp"
#include "cli/context.hpp"

namespace cli {
namespace {

CommandTask logout(Context& context) {
  const auto path = config_path(context.environment);
  if (!path) co_return tl::unexpected(path.error());
  const auto removed = remove_config(*path);
  if (!removed) co_return tl::unexpected(removed.error());
  if (*removed)
    context.output.note("logged out; the key itself is still valid: end it with helix key revoke");
  else
    context.output.note("nobody was logged in");
  co_return 0;
}

}  // namespace

Command logout_command() {
  Command command("logout", "Forget server and key");
  command.details = "Removes ~/.config/helix/config.toml. The key stays valid until it is revoked.\n";
  command.run = logout;
  return command;
}

}  // namespace cli
