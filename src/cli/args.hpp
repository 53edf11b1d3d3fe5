/// Finds the command that an argument vector means and fills in its parameters.
#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "cli/command.hpp"

namespace cli {

enum class OutputFormat { table, json };

/// Options that every command takes.
struct GlobalOptions {
  OutputFormat format = OutputFormat::table;
  bool insecure_skip_verify = false;
  bool help = false;
};

/// A command found in the tree, with the words that led there.
struct FoundCommand {
  const Command* command = nullptr;
  std::string path;                // "helix session create"
  std::vector<std::string> words;  // what is left to parse
};

/// Follows the command words; stops at a command that has no children. Options before a command word are
/// kept. Fails with invalid_argument on an unknown word, naming the nearest one.
[[nodiscard]] base::Result<FoundCommand> find_command(const Command& root,
                                                      const std::vector<std::string>& words);

/// Fills the command's parameters. Missing arguments are no failure when help is asked for.
/// Fails with invalid_argument naming the option.
[[nodiscard]] base::Result<GlobalOptions> parse_arguments(const FoundCommand& found);

/// The options of GlobalOptions as parameters, for parser and help; the text of --output goes to `format`.
[[nodiscard]] std::vector<Parameter> global_parameters(GlobalOptions& options, std::string& format);

}  // namespace cli
