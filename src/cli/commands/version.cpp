#include <utility>

#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "cli/text.hpp"

namespace cli {
namespace {

/// The server's version, asked for without a key.
io::Task<base::Result<std::string>> server_version(std::string url, bool insecure_skip_verify) {
  auto endpoint = io::parse_endpoint(url);
  if (!endpoint) co_return tl::unexpected(endpoint.error());
  Api api(std::move(*endpoint), base::Secret(), insecure_skip_verify);
  const auto health = co_await api.get("/health");
  if (!health) co_return tl::unexpected(health.error());
  co_return text_at(*health, "version");
}

/// A server that is away is worth a word, but no failure.
CommandTask version(Context& context) {
  const auto settings = load_settings(context);
  if (!settings) co_return tl::unexpected(settings.error());
  const auto server = co_await server_version(settings->url, skips_verification(context));
  if (context.output.json()) {
    json::object versions{{"client", HELIX_VERSION}, {"server", nullptr}};
    if (server) versions["server"] = *server;
    context.output.print_json(versions);
    co_return 0;
  }
  context.output.print("helix " HELIX_VERSION "\n");
  if (server)
    context.output.print("helix-api " + printable(*server) + " at " + settings->url + "\n");
  else
    context.output.note("helix-api at " + settings->url + ": " + printable(server.error().message()));
  co_return 0;
}

}  // namespace

Command version_command() {
  Command command("version", "Show the versions of this program and of the server");
  command.run = version;
  return command;
}

}  // namespace cli
