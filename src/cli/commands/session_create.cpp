#include <memory>
#include <utility>

#include "cli/commands.hpp"
#include "cli/text.hpp"
#include "cli/wait.hpp"

namespace cli {
namespace {

struct Arguments {
  std::string name;
  std::string image;
  std::optional<std::int64_t> vcpus;
  std::optional<std::int64_t> memory_mb;
  std::vector<std::string> env;
  bool wait = false;
  std::optional<std::int64_t> timeout;
};

/// "K=V", or "K" for the value that our own environment has.
base::Result<json::object> parse_variables(const std::vector<std::string>& texts,
                                           const Environment& environment) {
  json::object variables;
  for (const auto& text : texts) {
    const auto equals = text.find('=');
    const auto name = text.substr(0, equals);
    if (name.empty()) return base::fail_field("--env", "must be NAME=VALUE or NAME");
    if (equals != std::string::npos) {
      variables[name] = text.substr(equals + 1);
      continue;
    }
    const auto value = environment.find(name);
    if (!value) return base::fail_field("--env", name + " is not set here; give " + name + "=VALUE");
    variables[name] = *value;
  }
  return variables;
}

base::Result<json::object> make_body(const Arguments& arguments, const Environment& environment) {
  auto variables = parse_variables(arguments.env, environment);
  if (!variables) return tl::unexpected(variables.error());
  json::object body;
  if (!arguments.name.empty()) body["name"] = arguments.name;
  if (!arguments.image.empty()) body["image"] = arguments.image;
  if (arguments.vcpus) body["vcpus"] = *arguments.vcpus;
  if (arguments.memory_mb) body["memory_mb"] = *arguments.memory_mb;
  if (!variables->empty()) body["env"] = std::move(*variables);
  return body;
}

CommandTask create(Context& context, Arguments arguments) {
  auto body = make_body(arguments, context.environment);
  if (!body) co_return tl::unexpected(body.error());
  const auto api = connect_api(context);
  if (!api) co_return tl::unexpected(api.error());
  auto session = co_await (*api)->post("/sessions", std::move(*body));
  if (!session) co_return tl::unexpected(session.error());
  const auto id = wire::SessionId::parse(text_at(*session, "id"));
  if (!id) co_return base::fail(base::ErrorCode::malformed, "the server answered without a session's id");

  if (arguments.wait) {
    const std::chrono::seconds limit(arguments.timeout.value_or(kDefaultWait.count()));
    session = co_await wait_until_running(context, **api, *id, limit);
    if (!session) co_return tl::unexpected(session.error());
  }
  const auto name = printable(text_at(*session, "name"));
  if (context.output.json()) {
    context.output.print_json(*session);
    co_return 0;
  }
  context.output.print(id->text() + "\n");
  if (arguments.wait)
    context.output.note(name + " is running; a shell in it: helix exec -t " + name + " -- bash");
  else
    context.output.note(name + " is starting; wait for it: helix session show --wait " + name);
  co_return 0;
}

}  // namespace

Command session_create_command() {
  auto arguments = std::make_shared<Arguments>();
  Command command("create", "Make a session and start it");
  command.flag("-w,--wait", "return when it is running, or has failed", arguments->wait);
  command.text("-n,--name", "NAME", "a name of yours for it: a-z, 0-9 and -", arguments->name);
  command.text("--image", "IMAGE", "what it is made of; the server has a default", arguments->image);
  command.number("--vcpus", "N", "CPU limit; none by default", {0, 1024}, arguments->vcpus);
  command.number("--memory-mb", "N", "memory limit in MiB; none by default", {0, 16777216},
                 arguments->memory_mb);
  command.texts("-e,--env", "NAME[=VALUE]", "a variable for its programs; without VALUE, yours. Repeatable",
                arguments->env);
  command.number("--timeout", "SECONDS", "longest wait (600)", {1, 86400}, arguments->timeout);
  command.details = "Prints the session's id. A session is a container with a Docker engine of its own.\n";
  command.examples =
      "  helix session create --wait --name hello\n"
      "  helix session create --name build --vcpus 4 --memory-mb 8192 --env CI=1 --env GIT_TOKEN\n"
      "  id=$(helix session create --wait) && helix exec $id -- docker info\n";
  command.run = [arguments](Context& context) { return create(context, *arguments); };
  return command;
}

}  // namespace cli
