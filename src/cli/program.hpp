/// Runs one command line from its words to its exit status.
#pragma once

#include <string>
#include <vector>

#include "base/clock.hpp"
#include "cli/environment.hpp"

namespace cli {

/// Descriptors of the standard streams; tests give pipes.
struct StandardStreams {
  int in = 0;
  int out = 1;
  int err = 2;
};

/// Exit statuses beside those of wire/error_table.hpp and of a command run by `helix exec`. Source: shells.
inline constexpr int kExitInterrupted = 130;  // 128 + SIGINT
inline constexpr int kExitBrokenPipe = 141;   // 128 + SIGPIPE

/// `words` without the program's name. Errors are told on `streams.err`.
[[nodiscard]] int run_program(const std::vector<std::string>& words, const Environment& environment,
                              const base::Clock& clock, StandardStreams streams);

}  // namespace cli
