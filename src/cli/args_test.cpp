#include "cli/args.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/commands.hpp"
#include "cli/help.hpp"

namespace cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// A small tree with one parameter of each kind.
struct Sample {
  Command root{"prog", "Does things"};
  bool flag = false;
  std::string text;
  std::vector<std::string> texts;
  std::optional<std::int64_t> number;
  std::string place;
  std::string maybe;
  std::vector<std::string> rest;

  Sample() {
    Command one("one", "First");
    one.flag("-f,--flag", "a flag", flag);
    one.text("--text", "TEXT", "a text", text);
    one.texts("-e,--env", "K=V", "texts", texts);
    one.number("--number", "N", "a number", {1, 10}, number);
    one.positional("PLACE", "where", &place);
    one.positional("MAYBE", "perhaps", &maybe, Command::Need::optional);
    one.examples = "  prog group one here\n";
    Command run("run", "Second");
    run.flag("-f,--flag", "a flag", flag);
    run.positional("PLACE", "where", &place);
    run.rest = &rest;
    run.rest_name = "COMMAND";
    Command group("group", "Both");
    group.children.push_back(std::move(one));
    group.children.push_back(std::move(run));
    root.children.push_back(std::move(group));
  }

  base::Result<GlobalOptions> parse(const std::vector<std::string>& words) {
    const auto found = find_command(root, words);
    if (!found) return tl::unexpected(found.error());
    return parse_arguments(*found);
  }
};

TEST(Arguments, FillEveryKindOfParameter) {
  Sample sample;

  const auto options = sample.parse({"group", "one", "-f", "--text", "T", "-e", "A=1", "--env", "B=2", "here",
                                     "--number=10", "there", "-o", "json"});

  ASSERT_TRUE(options) << options.error().message();
  EXPECT_EQ(options->format, OutputFormat::json);
  EXPECT_TRUE(sample.flag);
  EXPECT_EQ(sample.text, "T");
  EXPECT_THAT(sample.texts, ElementsAre("A=1", "B=2"));
  EXPECT_EQ(sample.number, 10);
  EXPECT_EQ(sample.place, "here");
  EXPECT_EQ(sample.maybe, "there");
}

TEST(Arguments, GlobalOptionsMayStandBeforeTheCommand) {
  Sample sample;

  const auto options = sample.parse({"-o", "json", "--insecure-skip-verify", "group", "one", "here"});

  ASSERT_TRUE(options) << options.error().message();
  EXPECT_EQ(options->format, OutputFormat::json);
  EXPECT_TRUE(options->insecure_skip_verify);
  EXPECT_EQ(sample.place, "here");
}

TEST(Arguments, WordsOfARemoteCommandStayAsTheyAre) {
  Sample sample;

  const auto options = sample.parse(
      {"group", "run", "-f", "here", "--", "git", "checkout", "--", "-f", "", "[a,b]", "-o", "json"});

  ASSERT_TRUE(options) << options.error().message();
  EXPECT_TRUE(sample.flag);
  EXPECT_EQ(options->format, OutputFormat::table);
  EXPECT_THAT(sample.rest, ElementsAre("git", "checkout", "--", "-f", "", "[a,b]", "-o", "json"));
}

TEST(Arguments, ARemoteCommandNeedsNoDashes) {
  Sample sample;

  const auto options = sample.parse({"group", "run", "here", "ls", "-f", "--help"});

  ASSERT_TRUE(options) << options.error().message();
  EXPECT_FALSE(options->help);
  EXPECT_FALSE(sample.flag);
  EXPECT_THAT(sample.rest, ElementsAre("ls", "-f", "--help"));
}

TEST(Arguments, AreRefusedWithTheWayToTheHelp) {
  const auto message_of = [](const std::vector<std::string>& words) {
    Sample sample;
    const auto options = sample.parse(words);
    EXPECT_FALSE(options);
    if (options) return std::string();
    EXPECT_EQ(options.error().code(), base::ErrorCode::invalid_argument);
    return options.error().message();
  };

  EXPECT_THAT(message_of({"group", "one"}), HasSubstr("PLACE is missing; see: prog group one --help"));
  EXPECT_THAT(message_of({"group", "one", "a", "b", "c"}), HasSubstr("c"));
  EXPECT_THAT(message_of({"group", "one", "a", "--nope"}), HasSubstr("--nope"));
  EXPECT_THAT(message_of({"group", "one", "a", "--number", "0"}), HasSubstr("--number"));
  EXPECT_THAT(message_of({"group", "one", "a", "--number", "11"}), HasSubstr("--number"));
  EXPECT_THAT(message_of({"group", "one", "a", "--number", "x"}), HasSubstr("--number"));
  EXPECT_THAT(message_of({"group", "one", "a", "-o", "xml"}), HasSubstr("--output"));
  EXPECT_THAT(message_of({"group", "on"}), HasSubstr("did you mean 'prog group one'?"));
  EXPECT_THAT(message_of({"group", "something"}), HasSubstr("see: prog group --help"));
}

TEST(Arguments, HelpNeedsNoArguments) {
  Sample sample;

  const auto options = sample.parse({"group", "one", "--help"});

  ASSERT_TRUE(options);
  EXPECT_TRUE(options->help);
}

TEST(Help, ShowsUsageParametersAndExamples) {
  Sample sample;
  const auto found = find_command(sample.root, {"group", "one"});
  ASSERT_TRUE(found);

  const auto text = help_text(*found);

  EXPECT_THAT(text, HasSubstr("Usage: prog group one [OPTIONS] PLACE [MAYBE]\n"));
  EXPECT_THAT(text, HasSubstr("  -f, --flag       a flag\n"));
  EXPECT_THAT(text, HasSubstr("      --text TEXT  a text\n"));
  EXPECT_THAT(text, HasSubstr("Examples:\n  prog group one here\n"));
}

TEST(Commands, EveryOneHasHelpAndAnAction) {
  const Command root = make_root_command();
  std::vector<const Command*> open{&root};
  int leaves = 0;
  while (!open.empty()) {
    const Command* command = open.back();
    open.pop_back();
    EXPECT_FALSE(command->summary.empty()) << command->name;
    EXPECT_FALSE(command->summary.ends_with('.')) << command->name;
    for (const auto& child : command->children) open.push_back(&child);
    if (!command->children.empty()) continue;
    ++leaves;
    EXPECT_TRUE(command->run) << command->name;
  }
  EXPECT_EQ(leaves, 34);
}

TEST(Commands, LinesOfTheHelpFitATerminal) {
  const Command root = make_root_command();
  std::vector<FoundCommand> open{{.command = &root, .path = "helix", .words = {}}};
  while (!open.empty()) {
    const FoundCommand found = open.back();
    open.pop_back();
    const auto text = help_text(found);
    std::size_t begin = 0;
    while (begin < text.size()) {
      const auto end = text.find('\n', begin);
      EXPECT_LE(end - begin, 120U) << found.path << ": " << text.substr(begin, end - begin);
      begin = end + 1;
    }
    for (const auto& child : found.command->children)
      open.push_back({.command = &child, .path = found.path + " " + child.name, .words = {}});
  }
}

}  // namespace
}  // namespace cli
