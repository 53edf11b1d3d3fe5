#include <memory>
#include <utility>

#include "cli/commands.hpp"
#include "cli/exec_client.hpp"
#include "cli/session_name.hpp"
#include "cli/terminal.hpp"

namespace cli {
namespace {

struct Arguments {
  std::string session;
  std::vector<std::string> argv;
  std::vector<std::string> env;
  std::string cwd;
  bool tty = false;
  bool interactive = false;
  bool no_stdin = false;
  bool detach = false;
};

base::Result<wire::ExecStart> make_start(const Context& context, const Arguments& arguments) {
  if (arguments.argv.empty())
    return base::fail(base::ErrorCode::invalid_argument,
                      "COMMAND is missing; for example: helix exec " + arguments.session + " -- docker ps");
  if (arguments.tty && arguments.detach)
    return base::fail(base::ErrorCode::invalid_argument,
                      "-t and --detach exclude each other; see: helix exec --help");
  wire::ExecStart start;
  start.argv = arguments.argv;
  start.cwd = arguments.cwd;
  start.tty = arguments.tty;
  start.detach = arguments.detach;
  for (const auto& text : arguments.env) {
    const auto equals = text.find('=');
    const auto name = text.substr(0, equals);
    if (name.empty()) return base::fail_field("--env", "must be NAME=VALUE or NAME");
    if (equals != std::string::npos)
      start.env[name] = text.substr(equals + 1);
    else if (const auto value = context.environment.find(name))
      start.env[name] = *value;
  }
  if (start.tty) {
    const auto size = terminal_size(context.input);
    start.cols = size.columns;
    start.rows = size.rows;
    // Programs draw by it; the session's own value knows nothing of this terminal.
    if (const auto term = context.environment.find("TERM")) start.env.try_emplace("TERM", *term);
  }
  return start;
}

/// A server that says no has a status of its own for that; a way that cannot be had is a lost one.
base::Result<int> refuse(Context& context, const base::Error& error) {
  const bool way_is_lost = error.code() == base::ErrorCode::unavailable ||
                           error.code() == base::ErrorCode::timed_out ||
                           error.code() == base::ErrorCode::peer_closed;
  if (!way_is_lost) return tl::unexpected(error);
  context.output.note("helix: " + error.message());
  return kExitLost;
}

CommandTask exec(Context& context, Arguments arguments) {
  auto start = make_start(context, arguments);
  if (!start) co_return tl::unexpected(start.error());
  const auto api = connect_api(context);
  if (!api) co_return tl::unexpected(api.error());
  const auto id = co_await find_session(**api, arguments.session);
  if (!id) co_return refuse(context, id.error());
  const auto channel = co_await (*api)->open_websocket(exec_path(*id));
  if (!channel) co_return refuse(context, channel.error());

  const bool read_input = !arguments.no_stdin && !arguments.detach;
  const StandardStreams streams{context.input, context.output.out(), context.output.err()};
  ExecClient client(**channel, streams, read_input);
  ExecOutcome outcome;
  {
    const RawMode raw(arguments.tty && read_input ? context.input : -1);
    outcome = co_await client.run(std::move(*start));
  }
  if (!outcome.message.empty()) context.output.note("helix: " + outcome.message);
  if (outcome.pid != 0 && context.output.json())
    context.output.print_json(json::object{{"pid", outcome.pid}});
  else if (outcome.pid != 0)
    context.output.print(std::to_string(outcome.pid) + "\n");
  co_return outcome.status;
}

}  // namespace

Command exec_command() {
  auto arguments = std::make_shared<Arguments>();
  Command command("exec", "Run a command in a session");
  command.positional("SESSION", "id, beginning of the id, or name", &arguments->session);
  command.flag("-t,--tty", "give the command a terminal: for shells and editors", arguments->tty);
  command.flag("-i,--interactive", "taken for granted: standard input is passed on; here so that -it works",
               arguments->interactive);
  command.flag("-n,--no-stdin", "do not read standard input: for loops that read it themselves",
               arguments->no_stdin);
  command.flag("-d,--detach", "print the process id and return; the command goes on", arguments->detach);
  command.texts("-e,--env", "NAME[=VALUE]", "a variable for it; without VALUE, yours. Repeatable",
                arguments->env);
  command.text("-w,--cwd", "DIRECTORY", "where it runs (/workspace)", arguments->cwd);
  command.rest = &arguments->argv;
  command.rest_name = "COMMAND [ARGUMENT...]";
  command.details =
      "Standard input, output and error are passed on as they come. Signals go to the command. The exit "
      "status is the\n"
      "command's own, 126 when the session could not run it, 255 when the connection was lost: the command "
      "is ended then,\n"
      "unless it was started with --detach.\n";
  command.examples =
      "  helix exec hello -- docker run -d -p 8000:80 nginx\n"
      "  helix exec -t hello -- bash\n"
      "  tar c . | helix exec hello -- tar x -C /workspace\n"
      "  helix exec --detach hello -- sh -c 'make test > test.log 2>&1'\n";
  command.run = [arguments](Context& context) { return exec(context, *arguments); };
  return command;
}

}  // namespace cli
