#include <memory>
#include <utility>

#include "cli/commands.hpp"
#include "cli/session_name.hpp"
#include "cli/text.hpp"
#include "cli/wait.hpp"

namespace cli {
namespace {

struct Arguments {
  std::string session;
  bool wait = false;
  std::optional<std::int64_t> timeout;
};

CommandTask start(Context& context, Arguments arguments) {
  const auto api = connect_api(context);
  if (!api) co_return tl::unexpected(api.error());
  const auto id = co_await find_session(**api, arguments.session);
  if (!id) co_return tl::unexpected(id.error());
  json::object nothing;
  auto session = co_await (*api)->post("/sessions/" + id->text() + "/start", std::move(nothing));
  if (session && arguments.wait) {
    const std::chrono::seconds limit(arguments.timeout.value_or(kDefaultWait.count()));
    session = co_await wait_until_running(context, **api, *id, limit);
  }
  if (!session) co_return tl::unexpected(session.error());
  if (context.output.json()) {
    context.output.print_json(*session);
    co_return 0;
  }
  const auto name = printable(text_at(*session, "name"));
  const auto state = printable(text_at(*session, "state"));
  if (state == "running")
    context.output.note(name + " is running; a shell in it: helix exec -t " + name + " -- bash");
  else
    context.output.note(name + " is " + state + "; wait for it: helix session show --wait " + name);
  co_return 0;
}

}  // namespace

Command session_start_command() {
  auto arguments = std::make_shared<Arguments>();
  Command command("start", "Start a stopped or failed session again");
  command.positional("SESSION", "id, beginning of the id, or name", &arguments->session);
  command.flag("-w,--wait", "return when it is running, or has failed", arguments->wait);
  command.number("--timeout", "SECONDS", "longest wait (600)", {1, 86400}, arguments->timeout);
  command.examples = "  helix session start --wait hello\n";
  command.run = [arguments](Context& context) { return start(context, *arguments); };
  return command;
}

}  // namespace cli
