#include "cli/args.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>

#include <CLI/CLI.hpp>

namespace cli {
namespace {

/// Levenshtein distance; the words are command names, so a few bytes long.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

base::Error unknown_command(const Command& group, const std::string& path, const std::string& word) {
  const Command* nearest = nullptr;
  std::size_t best = 3;  // more than two slips is another word
  for (const auto& child : group.children) {
    const auto far = distance(child.name, word);
    if (far >= best) continue;
    best = far;
    nearest = &child;
  }
  const std::string start = "there is no command '" + path + " " + word + "'; ";
  if (nearest != nullptr)
    return {base::ErrorCode::invalid_argument, start + "did you mean '" + path + " " + nearest->name + "'?"};
  return {base::ErrorCode::invalid_argument, start + "see: " + path + " --help"};
}

bool takes_value(const std::string& word) { return word == "-o" || word == "--output"; }

void add_parameter(CLI::App& app, const Parameter& parameter) {
  const auto& names = parameter.names;
  CLI::Option* option = nullptr;
  if (auto* const* flag = std::get_if<bool*>(&parameter.into)) {
    option = app.add_flag(names, **flag, parameter.help);
  } else if (auto* const* text = std::get_if<std::string*>(&parameter.into)) {
    option = app.add_option(names, **text, parameter.help)->take_last();
  } else if (auto* const* texts = std::get_if<std::vector<std::string>*>(&parameter.into)) {
    option = app.add_option(names, **texts, parameter.help)->allow_extra_args(parameter.positional);
  } else {
    auto* const number = std::get<std::optional<std::int64_t>*>(parameter.into);
    option = app.add_option(names, *number, parameter.help)
                 ->take_last()
                 ->check(CLI::Range(parameter.least, parameter.most));
  }
  option->required(parameter.required);
}

/// CLI11 takes its words last first.
void parse_words(CLI::App& app, std::vector<std::string> words) {
  std::ranges::reverse(words);
  app.parse(std::move(words));
}

}  // namespace

std::vector<Parameter> global_parameters(GlobalOptions& options, std::string& format) {
  std::vector<Parameter> parameters;
  parameters.push_back({.names = "-o,--output",
                        .value_name = "FORMAT",
                        .help = "table (for people) or json (for programs)",
                        .into = &format});
  parameters.push_back({.names = "--insecure-skip-verify",
                        .value_name = {},
                        .help = "do not check the server's TLS certificate",
                        .into = &options.insecure_skip_verify});
  parameters.push_back(
      {.names = "-h,--help", .value_name = {}, .help = "show this help", .into = &options.help});
  return parameters;
}

base::Result<FoundCommand> find_command(const Command& root, const std::vector<std::string>& words) {
  FoundCommand found{.command = &root, .path = root.name, .words = {}};
  std::size_t at = 0;
  for (; at < words.size() && !found.command->children.empty(); ++at) {
    const auto& word = words[at];
    if (word.starts_with('-')) {
      found.words.push_back(word);
      if (takes_value(word) && at + 1 < words.size()) found.words.push_back(words[++at]);
      continue;
    }
    const auto& children = found.command->children;
    const auto child =
        std::find_if(children.begin(), children.end(), [&](const Command& c) { return c.name == word; });
    if (child == children.end()) return tl::unexpected(unknown_command(*found.command, found.path, word));
    found.command = &*child;
    found.path += " " + word;
  }
  found.words.insert(found.words.end(), words.begin() + static_cast<std::ptrdiff_t>(at), words.end());
  return found;
}

base::Result<GlobalOptions> parse_arguments(const FoundCommand& found) {
  GlobalOptions options;
  std::string format = "table";
  CLI::App app("", found.path);
  app.set_help_flag();
  for (const auto& parameter : global_parameters(options, format)) add_parameter(app, parameter);
  for (const auto& parameter : found.command->parameters) add_parameter(app, parameter);

  // The words of a remote command are never looked at: the parser gets only what stands before "--".
  auto words = found.words;
  std::vector<std::string> after;
  if (found.command->rest != nullptr) {
    app.prefix_command();
    const auto mark = std::ranges::find(words, "--");
    if (mark != words.end()) after.assign(mark + 1, words.end());
    words.erase(mark, words.end());
  }

  try {
    parse_words(app, std::move(words));
  } catch (const CLI::RequiredError&) {
    if (options.help) return options;
    for (const auto& parameter : found.command->parameters) {
      if (parameter.required && app[parameter.names]->count() == 0)
        return base::fail(base::ErrorCode::invalid_argument,
                          parameter.names + " is missing; see: " + found.path + " --help");
    }
    return base::fail(base::ErrorCode::invalid_argument, "an argument is missing");
  } catch (const CLI::Error& error) {
    return base::fail(base::ErrorCode::invalid_argument,
                      std::string(error.what()) + "; see: " + found.path + " --help");
  }
  if (found.command->rest != nullptr) {
    *found.command->rest = app.remaining();
    found.command->rest->insert(found.command->rest->end(), after.begin(), after.end());
  }
  if (format != "table" && format != "json")
    return base::fail(base::ErrorCode::invalid_argument, "--output must be table or json");
  if (format == "json") options.format = OutputFormat::json;
  return options;
}

}  // namespace cli
