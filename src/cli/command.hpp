/// What a command of `helix` is called, takes and does, as data: args.hpp parses by it, help.hpp explains it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "io/task.hpp"

namespace cli {

struct Context;

/// The program's exit status, or why there is none.
using CommandTask = io::Task<base::Result<int>>;

/// One option or positional argument, and where its value goes.
struct Parameter {
  using Target = std::variant<bool*, std::string*, std::optional<std::int64_t>*, std::vector<std::string>*>;

  std::string names;       // "-f,--follow"; for a positional its name in the help: "SESSION"
  std::string value_name;  // "N"; empty for flags and positionals
  std::string help;
  Target into;
  bool positional = false;
  bool required = false;
  std::int64_t least = 0;  // of numbers
  std::int64_t most = 0;
};

/// A command, or a group of commands when it has children. The targets live in what `run` captures.
class Command {
 public:
  Command(std::string word, std::string line) : name(std::move(word)), summary(std::move(line)) {}

  void flag(std::string names, std::string help, bool& into) {
    parameters.push_back(
        {.names = std::move(names), .value_name = {}, .help = std::move(help), .into = &into});
  }
  void text(std::string names, std::string value_name, std::string help, std::string& into) {
    parameters.push_back({.names = std::move(names),
                          .value_name = std::move(value_name),
                          .help = std::move(help),
                          .into = &into});
  }
  /// May be given any number of times.
  void texts(std::string names, std::string value_name, std::string help, std::vector<std::string>& into) {
    parameters.push_back({.names = std::move(names),
                          .value_name = std::move(value_name),
                          .help = std::move(help),
                          .into = &into});
  }
  struct Range {
    std::int64_t least;
    std::int64_t most;
  };
  void number(std::string names, std::string value_name, std::string help, Range range,
              std::optional<std::int64_t>& into) {
    parameters.push_back({.names = std::move(names),
                          .value_name = std::move(value_name),
                          .help = std::move(help),
                          .into = &into,
                          .least = range.least,
                          .most = range.most});
  }
  enum class Need { required, optional };
  void positional(std::string name_in_help, std::string help, Parameter::Target into,
                  Need need = Need::required) {
    parameters.push_back({.names = std::move(name_in_help),
                          .value_name = {},
                          .help = std::move(help),
                          .into = into,
                          .positional = true,
                          .required = need == Need::required});
  }

  std::string name;
  std::string summary;   // one line, in the list of commands
  std::string details;   // paragraphs of the help; may be empty
  std::string examples;  // lines of the help; may be empty
  std::vector<Parameter> parameters;
  std::vector<std::string>* rest = nullptr;  // takes every word after the positionals as it is
  std::string rest_name;                     // of it in the help
  std::function<CommandTask(Context&)> run;  // empty for a group
  std::vector<Command> children;
};

}  // namespace cli
