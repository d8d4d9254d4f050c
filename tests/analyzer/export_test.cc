#include "analyzer/export.h"

#include <gtest/gtest.h>

namespace heaptape {
namespace {

StackProfile of_names(const std::string& inner, const std::string& outer) {
  StackProfile profile;
  profile.frames = {{kNoModule, 16, {{.function = inner, .inlined = true}, {.function = "around"}}},
                    {kNoModule, 32, {{.function = outer}}}};
  profile.stacks = {{.costs = {.peak = 40, .peak_blocks = 1}, .frames = {0, 1}},
                    {.costs = {.peak = 2, .peak_blocks = 1}, .frames = {0, 1}}};
  profile.peak = {.bytes = 42, .blocks = 2};
  return profile;
}

TEST(FoldedStacks, NamesHaveNoSemicolonAndNoNewline) {
  EXPECT_EQ(to_folded(of_names("a;b", "c\nd"), Cost::peak), "c d;around;a b 42\n");
}

TEST(Csv, NamesWithCommasAndQuotesAreQuoted) {
  TopReport report;
  report.sites.push_back({.place = {.function = "f(int, \"x\")", .file = "a\nb"}});
  const std::string text = to_csv(report);
  EXPECT_NE(text.find("\r\n\"f(int, \"\"x\"\")\",\"a\nb\",,,0,"), std::string::npos) << text;
}

TEST(Speedscope, NameThatIsNoTextIsStillJson) {
  EXPECT_TRUE(Json::accept(to_speedscope(of_names("\xff\"", "\n"), Cost::peak)));
}

TEST(Massif, TreeHasInlinedCallsAndNamesOfOneLine) {
  const std::string text = to_massif({}, of_names("a", "b\nn9: 1 forged"));
  EXPECT_NE(text.find("heap_tree=peak\nn1: 42 (heap"), std::string::npos) << text;
  EXPECT_NE(text.find("\n n1: 42 0x10: a ("), std::string::npos) << text;
  EXPECT_NE(text.find("\n  n1: 42 0x10: around ("), std::string::npos) << text;
  EXPECT_NE(text.find("\n   n0: 42 0x20: b n9: 1 forged ("), std::string::npos) << text;
}

TEST(Massif, StackOfAnyDepthIsCutWhereMassifWouldCutIt) {
  StackProfile profile;
  profile.peak = {.bytes = 1, .blocks = 1};
  profile.frames = {{kNoModule, 1, {{.function = "again"}}}};
  profile.stacks = {{.costs = {.peak = 1, .peak_blocks = 1}, .frames = std::vector<std::uint32_t>(100'000, 0)}};
  EXPECT_LT(to_massif({}, profile).size(), 2'000'000u);
}

}  // namespace
}  // namespace heaptape
