#include "cli/program.hpp"

#include <exception>
#include <optional>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>

#include "cli/args.hpp"
#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "cli/help.hpp"
#include "wire/error_table.hpp"

namespace cli {
namespace {

/// What to do next about a failure that tells nothing more itself.
std::string advice(base::ErrorCode code, const Context& context) {
  const auto settings = load_settings(context);
  const std::string url = settings ? settings->url : std::string(kDefaultUrl);
  switch (code) {
    case base::ErrorCode::unauthenticated: return "log in: helix login " + url;
    case base::ErrorCode::forbidden: return "see who you are: helix whoami";
    case base::ErrorCode::unavailable:
    case base::ErrorCode::timed_out:
    case base::ErrorCode::peer_closed:
      return "the server is " + url + "; another one: set HELIX_URL, or helix login URL";
    case base::ErrorCode::malformed:
    case base::ErrorCode::invalid_argument:
    case base::ErrorCode::not_found:
    case base::ErrorCode::conflict:
    case base::ErrorCode::too_large:
    case base::ErrorCode::too_many:
    case base::ErrorCode::internal: return {};
  }
  return {};
}

void tell(const base::Error& error, Context& context) {
  std::string text = "helix: ";
  if (!error.field().empty()) text += error.field() + ": ";
  text += error.message();
  context.output.note(text);
  // A message that says itself what to do next has that after a ';' or on a line of its own.
  if (error.message().find_first_of(";\n") != std::string::npos) return;
  const auto next = advice(error.code(), context);
  if (!next.empty()) context.output.note(next);
}

/// The command on a loop of its own; what it throws is a broken transport, or our mistake.
base::Result<int> run_command(const Command& command, Context& context) {
  io::asio::io_context loop(1);
  std::optional<base::Result<int>> result;
  io::asio::co_spawn(
      loop, command.run(context), [&](const std::exception_ptr& error, base::Result<int> value) {
        if (!error) {
          result = std::move(value);
          return;
        }
        try {
          std::rethrow_exception(error);
        } catch (const boost::system::system_error& broken) {
          result =
              base::fail(base::ErrorCode::peer_closed, "the connection broke: " + broken.code().message());
        } catch (const std::exception& mistake) {
          result = base::fail(base::ErrorCode::internal, mistake.what());
        }
      });
  loop.run();
  return std::move(*result);
}

}  // namespace

int run_program(const std::vector<std::string>& words, const Environment& environment,
                const base::Clock& clock, StandardStreams streams) {
  const Command root = make_root_command();
  Output plain(streams.out, streams.err, OutputFormat::table, environment);
  if (words.size() == 1 && words.front() == "--version") {
    plain.print("helix " HELIX_VERSION "\n");
    return 0;
  }
  Context failing{environment, clock, plain, {}, streams.in};

  const auto found = find_command(root, words);
  if (!found) {
    tell(found.error(), failing);
    return wire::exit_status(found.error().code());
  }
  const auto options = parse_arguments(*found);
  if (!options) {
    tell(options.error(), failing);
    return wire::exit_status(options.error().code());
  }
  if (options->help) {
    plain.print(help_text(*found));
    return 0;
  }
  if (!found->command->run) {
    plain.write_error(help_text(*found));
    return wire::exit_status(base::ErrorCode::invalid_argument);
  }

  Output output(streams.out, streams.err, options->format, environment);
  Context context{environment, clock, output, *options, streams.in};
  const auto result = run_command(*found->command, context);
  if (output.broken()) return kExitBrokenPipe;
  if (result) return *result;
  tell(result.error(), context);
  return context.interrupted ? kExitInterrupted : wire::exit_status(result.error().code());
}

}  // namespace cli
