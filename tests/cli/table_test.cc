#include "cli/table.h"

#include <gtest/gtest.h>

namespace heaptape::cli {
namespace {

using enum Column::Side;

TEST(Table, NumbersStandRightAndNamesLeft) {
  Table table({{"bytes", right}, {"site"}});
  table.add({"1", "a"});
  table.add({"12,345", "longer"});
  EXPECT_EQ(table.text({}),
            "   bytes  site\n"
            "       1  a\n"
            "  12,345  longer\n");
}

TEST(Table, WithoutTitlesHasNoTitleLine) {
  Table table({{}, {}});
  table.add({"key", "value"});
  EXPECT_EQ(table.text({}), "  key  value\n");
}

TEST(Table, CharactersAreCountedNotBytes) {
  Table table({{}, {}});
  table.add({"µs", "x"});
  table.add({"ab", "y"});
  EXPECT_EQ(table.text({}), "  µs  x\n  ab  y\n");
}

TEST(Table, AnEmptyLastCellLeavesNoSpaces) {
  Table table({{}, {}, {}});
  table.add({"a", "", "c"});
  table.add({"a", "b", ""});
  EXPECT_EQ(table.text({}), "  a     c\n  a  b\n");
}

TEST(Table, OnANarrowTerminalTheWidestThatMayShrinkGivesWay) {
  Table table({{.title = "n", .side = right}, {.title = "site", .shrinks = true}});
  table.add({"1,000", "a_function_with_a_rather_long_name"});
  const Terminal narrow{.colour = false, .columns = 30};
  EXPECT_EQ(table.text(narrow),
            "      n  site\n"
            "  1,000  a_function…_long_name\n");
  EXPECT_EQ(table.text({}), "      n  site\n  1,000  a_function_with_a_rather_long_name\n");
}

TEST(Table, NumbersAreNeverCut) {
  Table table({{.title = "n", .side = right}, {.title = "site", .shrinks = true}});
  table.add({"1,000,000,000,000,000,000,000,000", "a_function_with_a_name"});
  EXPECT_NE(table.text({.colour = false, .columns = 20}).find("1,000,000,000,000,000,000,000,000"), std::string::npos);
}

TEST(Table, ColourTakesNoRoom) {
  Table table({{.title = "a", .style = Style::bold}, {.title = "b"}});
  table.add({"x", "y"});
  EXPECT_EQ(table.text({.colour = true, .columns = 0}),
            "  \033[2ma\033[0m  \033[2mb\033[0m\n"
            "  \033[1mx\033[0m  y\n");
}

TEST(Terminal, FitCutsTheMiddleBetweenCharacters) {
  EXPECT_EQ(fit("abcdefgh", 5), "ab…gh");
  EXPECT_EQ(fit("äöüäöü", 4), "äö…ü");
  EXPECT_EQ(fit("short", 5), "short");
  EXPECT_EQ(fit("as it is", 0), "as it is");
  EXPECT_EQ(width_of("äöü…"), 4);
}

}  // namespace
}  // namespace heaptape::cli
