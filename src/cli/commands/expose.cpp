#include <memory>
#include <utility>

#include "cli/commands.hpp"
#include "cli/exposures.hpp"
#include "cli/session_name.hpp"
#include "cli/share_links.hpp"
#include "cli/text.hpp"

namespace cli {
namespace {

using base::ErrorCode;

struct Arguments {
  std::string first;   // SESSION, or PORT when it stands alone
  std::string second;  // PORT
  std::string name;
  bool is_public = false;
  bool authenticated = false;
  bool tcp = false;
  bool h2c = false;
  std::string host_header;
  std::vector<std::string> allow;
  bool share = false;
  std::string expires;
  std::string label;
};

base::Result<void> check(const Arguments& arguments) {
  const auto refuse = [](const char* why) { return base::fail(ErrorCode::invalid_argument, why); };
  if (arguments.is_public && arguments.authenticated)
    return refuse("--public and --authenticated exclude each other");
  if (arguments.tcp && arguments.h2c) return refuse("--tcp and --h2c exclude each other");
  if (arguments.tcp && !arguments.host_header.empty())
    return refuse("--host-header is for web servers, not for --tcp");
  if (arguments.tcp && arguments.share)
    return refuse("a share link opens in a browser, not with --tcp; for tcp use --public or --allow");
  if (!arguments.share && !(arguments.expires.empty() && arguments.label.empty()))
    return refuse("--expires and --label belong to a share link; add --share");
  return {};
}

json::object make_body(const Arguments& arguments, std::int64_t port) {
  json::object body{{"port", port}};
  if (!arguments.name.empty()) body["name"] = arguments.name;
  if (arguments.is_public) body["visibility"] = "public";
  if (arguments.authenticated) body["visibility"] = "authenticated";
  if (arguments.tcp) body["protocol"] = "tcp";
  if (arguments.h2c) body["protocol"] = "h2c";
  if (!arguments.host_header.empty()) body["host_header"] = arguments.host_header;
  if (!arguments.allow.empty())
    body["allow_cidrs"] = json::array(arguments.allow.begin(), arguments.allow.end());
  return body;
}

/// Where the port is exposed otherwise already, that is what to do about it.
base::Error with_advice(const base::Error& error, const SessionAndPort& place) {
  if (error.code() != ErrorCode::conflict || error.message().find(';') != std::string::npos) return error;
  return {error.code(), error.message() + "\nto change an exposure, take it back first: " +
                            command_line("unexpose", place.session, std::to_string(place.port))};
}

CommandTask expose(Context& context, Arguments arguments) {
  const auto fits = check(arguments);
  if (!fits) co_return tl::unexpected(fits.error());
  const auto place = parse_session_and_port(arguments.first, arguments.second);
  if (!place) co_return tl::unexpected(place.error());
  // Before anything is exposed: a slip in --expires should leave nothing behind.
  auto link_body = share_link_body(arguments.label, arguments.expires);
  if (!link_body) co_return tl::unexpected(link_body.error());
  const auto api = connect_api(context);
  if (!api) co_return tl::unexpected(api.error());
  const auto id = co_await find_session_or_own(context, **api, place->session);
  if (!id) co_return tl::unexpected(id.error());

  auto body = make_body(arguments, place->port);
  auto exposure = co_await (*api)->post(exposures_path(*id), std::move(body));
  if (!exposure) co_return tl::unexpected(with_advice(exposure.error(), *place));
  if (!context.output.json()) print_urls(context.output, *exposure);
  if (arguments.share) {
    const auto link = co_await (*api)->post(share_links_path(*id, place->port), std::move(*link_body));
    if (!link) co_return tl::unexpected(link.error());
    (*exposure)["share_link"] = *link;
    if (!context.output.json()) print_share_link(context.output, *link);
  }
  if (context.output.json()) context.output.print_json(*exposure);
  co_return 0;
}

void add_options(Command& command, Arguments& arguments) {
  command.text("-n,--name", "NAME", "a name for it: a-z, 0-9 and -; part of a host name", arguments.name);
  command.flag("--public", "everybody may come, without a login", arguments.is_public);
  command.flag("--authenticated", "every user of this Helix may come", arguments.authenticated);
  command.flag("--tcp", "no web server: bytes of any protocol, on a port of their own", arguments.tcp);
  command.flag("--h2c", "the server speaks HTTP/2 without TLS, as gRPC servers do", arguments.h2c);
  command.text("--host-header", "MODE", "Host that the server gets: original, localhost or a name",
               arguments.host_header);
  command.texts("--allow", "CIDR", "only from this network, for example 10.0.0.0/8. Repeatable",
                arguments.allow);
  command.flag("--share", "print a link too that lets in whoever has it", arguments.share);
  command.text("--expires", "TIME", "end of the shared link: 30m, 24h, 7d (never)", arguments.expires);
  command.text("--label", "TEXT", "what the shared link is for", arguments.label);
}

}  // namespace

Command expose_command() {
  auto arguments = std::make_shared<Arguments>();
  Command command("expose", "Give a port of a session a URL");
  command.positional("SESSION", "id, beginning of the id, or name; may be left out in a session",
                     &arguments->first);
  command.positional("PORT", "TCP port on which a server listens, also one of a container (-p)",
                     &arguments->second, Command::Need::optional);
  add_options(command, *arguments);
  command.details =
      "Prints the URLs, the one for a browser first; with --share the shared link last. Without an option "
      "you "
      "and whom you\n"
      "invite get in. Doing it again prints the URLs again. Servers that listen on 127.0.0.1 only are "
      "reached "
      "too.\n"
      "A development server that refuses the host name is content with --host-header localhost.\n"
      "Programs send their key as X-Helix-Authorization: Bearer KEY; Authorization is the server's own.\n";
  command.examples =
      "  helix expose hello 8000\n"
      "  helix expose hello 5173 --name web --host-header localhost\n"
      "  helix expose hello 8000 --share --expires 24h --label review\n"
      "  helix expose hello 5432 --tcp --allow 192.168.1.0/24\n"
      "  curl -H \"X-Helix-Authorization: Bearer $HELIX_API_KEY\" \"$(helix expose hello 8000 | head -n "
      "1)\"\n"
      "  helix expose 8000                 # in a session: its own port\n";
  command.run = [arguments](Context& context) { return expose(context, *arguments); };
  return command;
}

}  // namespace cli
