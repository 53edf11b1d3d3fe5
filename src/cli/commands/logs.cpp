#include <memory>
#include <utility>

#include <boost/asio/this_coro.hpp>

#include "cli/commands.hpp"
#include "cli/local_stream.hpp"
#include "cli/program.hpp"
#include "cli/session_name.hpp"

namespace cli {
namespace {

struct Arguments {
  std::string session;
  bool follow = false;
  std::optional<std::int64_t> tail;
};

std::string make_path(const wire::SessionId& id, const Arguments& arguments) {
  std::string path = "/sessions/" + id.text() + "/logs?follow=" + (arguments.follow ? "true" : "false");
  if (arguments.tail) path += "&tail=" + std::to_string(*arguments.tail);
  return path;
}

CommandTask logs(Context& context, Arguments arguments) {
  const auto api = connect_api(context);
  if (!api) co_return tl::unexpected(api.error());
  const auto id = co_await find_session_or_own(context, **api, arguments.session);
  if (!id) co_return tl::unexpected(id.error());
  const auto answer = co_await (*api)->open(make_path(*id, arguments));
  if (!answer) co_return tl::unexpected(answer.error());

  LocalStream out(co_await io::asio::this_coro::executor, context.output.out(), LocalStream::Direction::out);
  while (true) {
    const auto piece = co_await (*answer)->read_some();
    if (!piece) co_return tl::unexpected(piece.error());
    if (piece->empty()) co_return 0;
    const bool written = co_await out.write_all(io::asio::buffer(*piece));
    if (!written) co_return kExitBrokenPipe;
  }
}

}  // namespace

Command logs_command() {
  auto arguments = std::make_shared<Arguments>();
  Command command("logs", "Print what a session's own programs wrote");
  command.positional("SESSION", "id, beginning of the id, or name; in a session: that one",
                     &arguments->session, Command::Need::optional);
  command.flag("-f,--follow", "go on with what comes, until Ctrl-C or the session's end", arguments->follow);
  command.number("--tail", "N", "begin with the last N lines (200)", {0, 10000}, arguments->tail);
  command.details =
      "These are the lines of the session's container: its agent and its Docker engine. For those of a "
      "container that\n"
      "runs in the session: helix exec SESSION -- docker logs NAME\n";
  command.examples =
      "  helix logs hello\n"
      "  helix logs -f --tail 0 hello\n";
  command.run = [arguments](Context& context) { return logs(context, *arguments); };
  return command;
}

}  // namespace cli
