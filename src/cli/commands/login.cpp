#include <fcntl.h>
#include <memory>
#include <unistd.h>
#include <utility>

#include "cli/commands.hpp"
#include "cli/config_file.hpp"
#include "cli/context.hpp"
#include "cli/terminal.hpp"
#include "cli/text.hpp"

namespace cli {
namespace {

struct Arguments {
  std::string url;
  std::string url_option;
  std::string key;
  std::string key_file;
};

std::string trimmed(std::string text) {
  const auto end = text.find_last_not_of(" \t\r\n");
  text.erase(end == std::string::npos ? 0 : end + 1);
  text.erase(0, text.find_first_not_of(" \t"));
  return text;
}

base::Result<base::Secret> read_key_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return base::fail(base::ErrorCode::not_found, "the key file " + path + " cannot be opened");
  auto line = read_line(file);
  ::close(file);
  if (!line) return base::fail(base::ErrorCode::invalid_argument, "the key file " + path + " is empty");
  return base::Secret(trimmed(std::move(*line)));
}

/// Option, file, environment, then the person or standard input.
base::Result<base::Secret> take_key(const Context& context, const Arguments& arguments,
                                    const std::string& url) {
  if (!arguments.key.empty() && !arguments.key_file.empty())
    return base::fail(base::ErrorCode::invalid_argument, "--key and --key-file exclude each other");
  if (!arguments.key.empty()) return base::Secret(arguments.key);
  if (!arguments.key_file.empty()) return read_key_file(arguments.key_file);
  if (const auto key = context.environment.find("HELIX_API_KEY")) return base::Secret(*key);
  if (::isatty(context.input) == 1) return ask_secret("API key for " + url + " (not shown): ");
  auto line = read_line(context.input);
  if (!line)
    return base::fail(base::ErrorCode::invalid_argument,
                      "no key came on standard input; give it there, or with --key-file FILE");
  return base::Secret(trimmed(std::move(*line)));
}

CommandTask login(Context& context, Arguments arguments) {
  const auto path = config_path(context.environment);
  if (!path) co_return tl::unexpected(path.error());
  std::string url = arguments.url_option.empty() ? arguments.url : arguments.url_option;
  if (url.empty()) {
    // A broken file is about to be replaced, so it is no reason to stop.
    const auto before = load_settings(context);
    url = before ? before->url : std::string(kDefaultUrl);
  }
  const auto key = take_key(context, arguments, url);
  if (!key) co_return tl::unexpected(key.error());
  if (key->empty()) co_return base::fail(base::ErrorCode::invalid_argument, "the key is empty");

  const Settings settings{.url = url, .api_key = *key, .session_id = {}};
  const auto api = Api::make(settings, skips_verification(context));
  if (!api) co_return tl::unexpected(api.error());
  const auto me = co_await (*api)->get("/users/me");
  if (!me && me.error().code() == base::ErrorCode::unauthenticated)
    co_return base::fail(base::ErrorCode::unauthenticated,
                         url + " does not know this key; nothing was saved");
  if (!me) co_return tl::unexpected(me.error());

  const Config config{.url = url, .api_key = *key};
  const auto saved = write_config(*path, config);
  if (!saved) co_return tl::unexpected(saved.error());
  if (context.output.json())
    context.output.print_json(*me);
  else
    context.output.note("logged in to " + url + " as " + printable(text_at(*me, "name")));
  co_return 0;
}

}  // namespace

Command login_command() {
  auto arguments = std::make_shared<Arguments>();
  Command command("login", "Remember a server and your key for it");
  command.positional("URL", "the server; HELIX_URL, the last one, or http://localhost:8080 otherwise",
                     &arguments->url, Command::Need::optional);
  command.text("--url", "URL", "the same", arguments->url_option);
  command.text("--key-file", "FILE", "a file whose first line is the key", arguments->key_file);
  command.text("--key", "KEY", "the key itself; other users of the machine can see it there", arguments->key);
  command.details =
      "Without an option the key comes from HELIX_API_KEY, or is asked for without showing it, or read from "
      "standard\n"
      "input. It is tried, then kept in ~/.config/helix/config.toml, readable by you only.\n";
  command.examples =
      "  helix login http://localhost:8080\n"
      "  helix login --key-file ~/helix.key\n"
      "  pass show helix | helix login https://helix.example.org\n";
  command.run = [arguments](Context& context) { return login(context, *arguments); };
  return command;
}

}  // namespace cli
