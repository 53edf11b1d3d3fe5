#include "nest/runtime_command.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace nest {
namespace {

/// runc 1.1's global options that are followed by a value.
constexpr std::array<std::string_view, 5> kWithValue = {"log", "log-format", "root", "criu", "rootless"};

/// "--name" and "-name" are the same to runc.
std::string_view option_name(std::string_view argument) {
  argument.remove_prefix(std::min(argument.find_first_not_of('-'), argument.size()));
  return argument;
}

/// Value of `--name v` or `--name=v` after the command.
std::optional<std::string> find_option(const std::vector<std::string>& arguments, std::size_t start,
                                       std::string_view name, std::string_view short_name) {
  for (std::size_t i = start; i < arguments.size(); ++i) {
    if (!arguments[i].starts_with('-')) continue;
    const std::string_view option = option_name(arguments[i]);
    const std::size_t equals = option.find('=');
    const std::string_view key = option.substr(0, equals);
    if (key != name && (short_name.empty() || key != short_name)) continue;
    if (equals != std::string_view::npos) return std::string(option.substr(equals + 1));
    if (i + 1 < arguments.size()) return arguments[i + 1];
  }
  return std::nullopt;
}

}  // namespace

RuntimeCommand parse_runtime_command(const std::vector<std::string>& arguments) {
  std::size_t at = 0;
  while (at < arguments.size() && arguments[at].starts_with('-')) {
    const std::string_view name = option_name(arguments[at]);
    const bool value_follows = std::find(kWithValue.begin(), kWithValue.end(), name) != kWithValue.end();
    at += value_follows ? 2 : 1;
  }
  if (at >= arguments.size()) return {};
  const std::string& command = arguments[at];
  if (command == "create" || command == "run" || command == "restore") {
    const std::string bundle = find_option(arguments, at + 1, "bundle", "b").value_or(".");
    return {RuntimeCommand::Kind::config, std::filesystem::path(bundle) / "config.json"};
  }
  if (command == "exec") {
    if (const auto file = find_option(arguments, at + 1, "process", "p"))
      return {RuntimeCommand::Kind::process, *file};
  }
  return {};
}

}  // namespace nest
