#include <memory>
#include <utility>

#include "cli/commands.hpp"
#include "cli/session_name.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"
#include "cli/wait.hpp"

namespace cli {
namespace {

struct Arguments {
  std::string session;
  bool wait = false;
  std::optional<std::int64_t> timeout;
};

std::string limit_text(std::int64_t amount, const std::string& unit) {
  return amount == 0 ? "no limit" : std::to_string(amount) + unit;
}

std::string describe(const json::object& session, base::Time now, bool colour) {
  const auto state = text_at(session, "state");
  Details details;
  details.add("Name", text_at(session, "name"));
  details.add("Id", text_at(session, "id"));
  details.add("State", state, style_of_state(state));
  if (!text_at(session, "status_message").empty()) details.add("Status", text_at(session, "status_message"));
  details.add("Owner", text_at(session, "owner"));
  details.add("Sandbox", text_at(session, "sandbox_id"));
  details.add("Image", text_at(session, "image"));
  details.add("Container", text_at(session, "container_name"));
  details.add("Docker", text_at(session, "docker_version"));
  details.add("CPUs", limit_text(integer_at(session, "vcpus"), ""));
  details.add("Memory", limit_text(integer_at(session, "memory_mb"), " MiB"));
  details.add("Created",
              text_at(session, "created_at") + " (" + age_text(text_at(session, "created_at"), now) + ")");
  if (!text_at(session, "started_at").empty())
    details.add("Started",
                text_at(session, "started_at") + " (" + age_text(text_at(session, "started_at"), now) + ")");
  for (const auto& exposure : objects_at(session, "exposed_ports"))
    details.add("Port " + std::to_string(integer_at(exposure, "port")), text_at(exposure, "url"));
  return details.render(colour);
}

CommandTask show(Context& context, Arguments arguments) {
  const auto api = connect_api(context);
  if (!api) co_return tl::unexpected(api.error());
  const auto id = co_await find_session(**api, arguments.session);
  if (!id) co_return tl::unexpected(id.error());

  base::Result<json::object> session;
  if (arguments.wait) {
    const std::chrono::seconds limit(arguments.timeout.value_or(kDefaultWait.count()));
    session = co_await wait_until_settled(context, **api, *id, limit);
  } else {
    session = co_await (*api)->get("/sessions/" + id->text());
  }
  if (!session) co_return tl::unexpected(session.error());
  if (context.output.json())
    context.output.print_json(*session);
  else
    context.output.print(describe(*session, context.clock.now(), context.output.colour()));
  co_return 0;
}

}  // namespace

Command session_show_command() {
  auto arguments = std::make_shared<Arguments>();
  Command command("show", "Show one session");
  command.positional("SESSION", "id, beginning of the id, or name", &arguments->session);
  command.flag("-w,--wait", "first wait until it is neither starting nor stopping", arguments->wait);
  command.number("--timeout", "SECONDS", "longest wait (600)", {1, 86400}, arguments->timeout);
  command.examples =
      "  helix session show hello\n"
      "  helix session show hello -o json | jq -r .state\n";
  command.run = [arguments](Context& context) { return show(context, *arguments); };
  return command;
}

}  // namespace cli
