#include <memory>
#include <utility>

#include <boost/asio/this_coro.hpp>

#include "cli/commands.hpp"
#include "cli/exposures.hpp"
#include "cli/session_name.hpp"
#include "cli/text.hpp"
#include "io/process.hpp"
#include "wire/exposure.hpp"

namespace cli {
namespace {

struct Arguments {
  std::string first;   // SESSION; PORT or NAME where it stands alone in a session
  std::string second;  // PORT or NAME
  bool print = false;
};

struct Place {
  std::string session;  // empty: our own
  std::string wanted;   // port or name; empty: the only one
};

/// One word alone is a port, or in a session a port or a name, else a session.
base::Result<Place> read_place(const Context& context, const Arguments& arguments) {
  if (!arguments.second.empty()) return Place{arguments.first, arguments.second};
  const auto settings = load_settings(context);
  if (!settings) return tl::unexpected(settings.error());
  const bool in_session = !settings->session_id.empty();
  if (in_session || wire::parse_port(arguments.first)) return Place{{}, arguments.first};
  return Place{arguments.first, {}};
}

/// $BROWSER, or the desktop's own choice where there is a screen; empty where nobody would see it.
std::string find_browser(const Environment& environment) {
  // Several, separated by colons, by convention: the first counts.
  const auto chosen = environment.find("BROWSER");
  if (chosen) return chosen->substr(0, chosen->find(':'));
  const bool screen = environment.find("DISPLAY") || environment.find("WAYLAND_DISPLAY");
  return screen ? "xdg-open" : "";
}

/// What is opened comes from the server: nothing but a web page may reach the desktop.
bool is_web_url(const std::string& url) { return url.starts_with("http://") || url.starts_with("https://"); }

io::Task<bool> show_in_browser(std::string browser, std::string url) {
  io::ProcessOptions options;
  options.argv.push_back(std::move(browser));
  options.argv.push_back(std::move(url));
  options.in = io::Stdio::inherit;  // a browser in the terminal needs it
  auto process = io::Process::start(co_await io::asio::this_coro::executor, options);
  if (!process) co_return false;
  const auto status = co_await (*process)->wait();
  co_return status.code == 0;
}

CommandTask open(Context& context, Arguments arguments) {
  const auto place = read_place(context, arguments);
  if (!place) co_return tl::unexpected(place.error());
  const auto api = connect_api(context);
  if (!api) co_return tl::unexpected(api.error());
  const auto id = co_await find_session_or_own(context, **api, place->session);
  if (!id) co_return tl::unexpected(id.error());
  const auto exposure = co_await find_exposure(**api, *id, place->wanted, place->session);
  if (!exposure) co_return tl::unexpected(exposure.error());
  if (context.output.json()) {
    context.output.print_json(*exposure);
    co_return 0;
  }

  const auto url = printable(text_at(*exposure, "url"));
  const auto browser = arguments.print ? std::string() : find_browser(context.environment);
  if (!browser.empty() && is_web_url(url)) {
    const bool shown = co_await show_in_browser(browser, url);
    if (shown) {
      context.output.note("opened " + url);
      co_return 0;
    }
    context.output.note(printable(browser) + " did not open it; the URL:");
  }
  context.output.print(url + "\n");
  co_return 0;
}

}  // namespace

Command open_command() {
  auto arguments = std::make_shared<Arguments>();
  Command command("open", "Open an exposed port in the browser");
  command.positional("SESSION", "id, beginning of the id, or name; may be left out in a session",
                     &arguments->first, Command::Need::optional);
  command.positional("PORT|NAME", "the exposed port, or its name; not needed where there is one only",
                     &arguments->second, Command::Need::optional);
  command.flag("-p,--print", "print the URL only", arguments->print);
  command.details =
      "Opens the URL with $BROWSER, or with xdg-open where there is a screen; prints it otherwise. A port "
      "that is "
      "not exposed\n"
      "stays so: expose it first with helix expose.\n";
  command.examples =
      "  helix open hello\n"
      "  helix open hello web\n"
      "  helix open hello 8000 --print\n";
  command.run = [arguments](Context& context) { return open(context, *arguments); };
  return command;
}

}  // namespace cli
