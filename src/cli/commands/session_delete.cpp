#include <memory>
#include <unistd.h>
#include <utility>

#include "cli/commands.hpp"
#include "cli/session_name.hpp"
#include "cli/terminal.hpp"
#include "cli/text.hpp"
#include "cli/wait.hpp"
#include "io/timeout.hpp"

namespace cli {
namespace {

using base::ErrorCode;

struct Arguments {
  std::vector<std::string> sessions;
  bool yes = false;
  bool wait = false;
};

constexpr std::chrono::milliseconds kPollEvery{500};

/// True when the person agrees. Nobody is asked where nobody sits: a script says --yes or means it.
bool agrees(const Context& context, const std::string& wanted) {
  if (::isatty(context.input) != 1) return true;
  const auto answer =
      ask_line("Delete session " + printable(wanted) + " with its files, images and containers? [y/N] ");
  return answer && (*answer == "y" || *answer == "Y" || *answer == "yes");
}

io::Task<base::Result<void>> wait_until_gone(Api& api, wire::SessionId id) {
  while (true) {
    const auto session = co_await api.get("/sessions/" + id.text());
    if (!session && session.error().code() == ErrorCode::not_found) co_return base::Result<void>();
    if (!session) co_return tl::unexpected(session.error());
    co_await io::sleep_for(kPollEvery);
  }
}

CommandTask remove(Context& context, Arguments arguments) {
  const auto api = connect_api(context);
  if (!api) co_return tl::unexpected(api.error());
  for (const auto& wanted : arguments.sessions) {
    // The id first: nobody should agree to what is not there.
    const auto id = co_await find_session(**api, wanted);
    if (!id) co_return tl::unexpected(id.error());
    if (!arguments.yes && !agrees(context, wanted)) {
      context.output.note(printable(wanted) + " is kept");
      co_return 1;
    }
    const auto removed = co_await (*api)->remove("/sessions/" + id->text());
    if (!removed) co_return tl::unexpected(removed.error());
    if (arguments.wait) {
      auto gone = wait_until_gone(**api, *id);
      const auto in_time = co_await io::within(kDefaultWait, std::move(gone));
      if (!in_time) co_return tl::unexpected(in_time.error());
    }
    context.output.note(printable(wanted) + " is deleted");
  }
  co_return 0;
}

}  // namespace

Command session_delete_command() {
  auto arguments = std::make_shared<Arguments>();
  Command command("delete", "End sessions and remove all they hold");
  command.positional("SESSION", "id, beginning of the id, or name; several may be given",
                     &arguments->sessions);
  command.flag("-y,--yes", "do not ask", arguments->yes);
  command.flag("-w,--wait", "return when the server knows it no more", arguments->wait);
  command.details =
      "Files, Docker images, containers, exposed ports and keys of the session go. Asks on a terminal.\n";
  command.examples =
      "  helix session delete hello\n"
      "  helix session delete --yes hello build\n";
  command.run = [arguments](Context& context) { return remove(context, *arguments); };
  return command;
}

}  // namespace cli
