#include "cli/table.hpp"

#include <gtest/gtest.h>

namespace cli {
namespace {

TEST(Table, AlignsColumnsByWhatIsSeen) {
  Table table({"NAME", "STATE"});
  table.add({{"hello"}, {"running", Style::good}});
  table.add({{"grün"}, {"failed", Style::bad}});

  EXPECT_EQ(table.render(false),
            "NAME   STATE\n"
            "hello  running\n"
            "grün   failed\n");
}

TEST(Table, ColoursDoNotMoveColumns) {
  Table table({"A", "B"});
  table.add({{"xx", Style::good}, {"y"}});

  EXPECT_EQ(table.render(true),
            "\x1b[1mA\x1b[0m   \x1b[1mB\x1b[0m\n"
            "\x1b[32mxx\x1b[0m  y\n");
}

TEST(Table, ShowsAnEmptyCellAsADash) {
  Table table({"A", "B"});
  table.add({{""}, {"y"}});

  EXPECT_EQ(table.render(false), "A  B\n-  y\n");
}

TEST(Table, LetsNoTextDriveTheTerminal) {
  Table table({"A"});
  table.add({{"a\x1b[2Jb\nc\xc2\x9b"}});

  EXPECT_EQ(table.render(true), "\x1b[1mA\x1b[0m\na [2Jb c \n");
}

TEST(Details, AlignsValues) {
  Details details;
  details.add("Id", "ses_1");
  details.add("Sandbox", "");

  EXPECT_EQ(details.render(false), "Id       ses_1\nSandbox  -\n");
}

}  // namespace
}  // namespace cli
