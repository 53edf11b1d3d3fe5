#include "cli/help.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

namespace cli {
namespace {

struct Line {
  std::string left;
  std::string right;
};

/// Two columns, indented by two.
void append_lines(std::string& out, std::string_view heading, const std::vector<Line>& lines) {
  if (lines.empty()) return;
  std::size_t width = 0;
  for (const auto& line : lines) width = std::max(width, line.left.size());
  out.append("\n").append(heading).append(":\n");
  for (const auto& line : lines) {
    const std::string gap(width - line.left.size() + 2, ' ');
    out.append("  ").append(line.left).append(gap).append(line.right).append("\n");
  }
}

/// "-f, --follow" and "    --name NAME", so that the long names stand in one column.
std::string option_text(const Parameter& parameter) {
  std::string text = parameter.names;
  if (text.starts_with("--")) text = "    " + text;
  const auto comma = text.find(',');
  if (comma != std::string::npos) text.insert(comma + 1, " ");
  if (!parameter.value_name.empty()) text += " " + parameter.value_name;
  return text;
}

std::string usage_line(const FoundCommand& found) {
  std::string line = "Usage: " + found.path;
  if (!found.command->children.empty()) return line + " COMMAND\n";
  line += " [OPTIONS]";
  for (const auto& parameter : found.command->parameters) {
    if (!parameter.positional) continue;
    line += parameter.required ? " " + parameter.names : " [" + parameter.names + "]";
    if (std::holds_alternative<std::vector<std::string>*>(parameter.into)) line += "...";
  }
  if (found.command->rest != nullptr) line += " -- " + found.command->rest_name;
  return line + "\n";
}

std::string sentence(const std::string& summary) {
  return summary.ends_with('.') ? summary + "\n" : summary + ".\n";
}

void collect_commands(const Command& group, const std::string& prefix, std::vector<Line>& lines) {
  for (const auto& child : group.children) {
    const std::string path = prefix.empty() ? child.name : prefix + " " + child.name;
    if (child.children.empty())
      lines.push_back({path, child.summary});
    else
      collect_commands(child, path, lines);
  }
}

}  // namespace

std::string help_text(const FoundCommand& found) {
  const Command& command = *found.command;
  std::string out = sentence(command.summary) + "\n" + usage_line(found);

  std::vector<Line> commands;
  collect_commands(command, "", commands);
  append_lines(out, "Commands", commands);

  std::vector<Line> arguments;
  std::vector<Line> options;
  for (const auto& parameter : command.parameters) {
    if (parameter.positional)
      arguments.push_back({parameter.names, parameter.help});
    else
      options.push_back({option_text(parameter), parameter.help});
  }
  append_lines(out, "Arguments", arguments);
  append_lines(out, "Options", options);

  GlobalOptions ignored;
  std::string format;
  std::vector<Line> global;
  for (const auto& parameter : global_parameters(ignored, format))
    global.push_back({option_text(parameter), parameter.help});
  append_lines(out, "Options of every command", global);

  if (!command.details.empty()) out += "\n" + command.details;
  if (!command.examples.empty()) out += "\nExamples:\n" + command.examples;
  if (!command.children.empty()) out += "\nMore about a command: " + found.path + " COMMAND --help\n";
  return out;
}

}  // namespace cli
