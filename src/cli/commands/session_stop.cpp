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

CommandTask stop(Context& context, Arguments arguments) {
  const auto api = connect_api(context);
  if (!api) co_return tl::unexpected(api.error());
  const auto id = co_await find_session(**api, arguments.session);
  if (!id) co_return tl::unexpected(id.error());
  json::object nothing;
  auto session = co_await (*api)->post("/sessions/" + id->text() + "/stop", std::move(nothing));
  if (session && arguments.wait) {
    const std::chrono::seconds limit(arguments.timeout.value_or(kDefaultWait.count()));
    session = co_await wait_until_settled(context, **api, *id, limit);
  }
  if (!session) co_return tl::unexpected(session.error());
  if (context.output.json()) {
    context.output.print_json(*session);
    co_return 0;
  }
  const auto name = printable(text_at(*session, "name"));
  context.output.note(name + " is " + printable(text_at(*session, "state")) +
                      "; start it again: helix session start " + name);
  co_return 0;
}

}  // namespace

Command session_stop_command() {
  auto arguments = std::make_shared<Arguments>();
  Command command("stop", "Stop a session, keeping what it holds");
  command.positional("SESSION", "id, beginning of the id, or name", &arguments->session);
  command.flag("-w,--wait", "return when it has stopped", arguments->wait);
  command.number("--timeout", "SECONDS", "longest wait (600)", {1, 86400}, arguments->timeout);
  command.details = "Its files, Docker images, containers and exposed ports stay. Its own keys end.\n";
  command.examples = "  helix session stop --wait hello\n";
  command.run = [arguments](Context& context) { return stop(context, *arguments); };
  return command;
}

}  // namespace cli
