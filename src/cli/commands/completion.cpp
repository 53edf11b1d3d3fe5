#include <sstream>

#include "cli/args.hpp"
#include "cli/commands.hpp"
#include "cli/context.hpp"

namespace cli {
namespace {

/// The long names of the command's options and of those that every command takes.
std::string option_words(const Command& command) {
  GlobalOptions ignored;
  std::string format;
  auto parameters = global_parameters(ignored, format);
  parameters.insert(parameters.end(), command.parameters.begin(), command.parameters.end());
  std::string words;
  for (const auto& parameter : parameters) {
    const auto dashes = parameter.names.find("--");
    if (dashes != std::string::npos) words += " " + parameter.names.substr(dashes);
  }
  return words;
}

bool takes_session(const Command& command) {
  for (const auto& parameter : command.parameters) {
    if (parameter.names == "SESSION") return true;
  }
  return false;
}

/// One branch of the script's case: words so far → words that may follow. Groups before the commands in them
/// would match these too, so they come last.
void append_branches(std::ostream& out, const Command& command, const std::string& path) {
  for (const auto& child : command.children) append_branches(out, child, path + " " + child.name);
  std::string words;
  for (const auto& child : command.children) words += " " + child.name;
  words += option_words(command);
  if (takes_session(command)) words += " $(helix session list -q 2>/dev/null)";
  out << "    \"" << path << "\"*) words=\"" << words << "\" ;;\n";
}

CommandTask complete(Context& context) {
  std::ostringstream script;
  script << "_helix() {\n"
            "  local word path= words=\n"
            "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
            "    [[ $word == -- ]] && return\n"
            "    [[ $word == -* ]] || path+=\" $word\"\n"
            "  done\n"
            "  case $path in\n";
  append_branches(script, make_root_command(), "");
  script << "  esac\n"
            "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\")\n"
            "}\n"
            "complete -o default -F _helix helix\n";
  context.output.print(script.str());
  co_return 0;
}

}  // namespace

Command completion_command() {
  Command command("completion", "Print a script that completes commands, options and sessions in bash");
  command.examples = "  source <(helix completion)\n";
  command.run = complete;
  return command;
}

}  // namespace cli
