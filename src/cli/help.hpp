/// The text that --help prints: what a command does, takes, and how it is used, with examples.
#pragma once

#include <string>

#include "cli/args.hpp"

namespace cli {

/// Help of one command, or the list of a group's commands.
[[nodiscard]] std::string help_text(const FoundCommand& found);

}  // namespace cli
