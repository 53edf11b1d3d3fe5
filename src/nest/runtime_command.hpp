/// Reads the command line of an OCI runtime as runc understands it, as far as it must be changed.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace nest {

/// What the command line asks for.
struct RuntimeCommand {
  enum class Kind {
    config,   // create, run, restore: `file` is the bundle's config.json
    process,  // exec --process: `file` is a process object
    other     // passes through untouched
  };
  Kind kind = Kind::other;
  std::filesystem::path file;
};

/// `arguments` without argv[0]. Knows runc's global options that take a value.
[[nodiscard]] RuntimeCommand parse_runtime_command(const std::vector<std::string>& arguments);

}  // namespace nest
