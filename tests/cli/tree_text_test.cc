#include "cli/tree_text.h"

#include <gtest/gtest.h>

namespace heaptape::cli {
namespace {

// main calls load, which is all of it; load calls rows (90) and names (10), rows calls row.
TreeReport small_tree() {
  TreeReport tree;
  tree.total = 100;
  tree.nodes = {{.label = "program", .detail = "", .total = 100, .children = {1}},
                {.label = "main", .detail = "a.cc:1", .in_program = true, .total = 100, .children = {2}},
                {.label = "load", .detail = "a.cc:2", .in_program = true, .total = 100, .children = {3, 4}},
                {.label = "rows", .detail = "a.cc:3", .in_program = true, .total = 90, .children = {5}},
                {.label = "names", .detail = "", .in_program = true, .total = 10, .self = 10},
                {.label = "row", .detail = "libc.so.6", .total = 80, .self = 80}};
  return tree;
}

TEST(TreeText, AChainKeepsItsIndentAndRepeatsNoFigures) {
  EXPECT_EQ(tree_text(small_tree(), 1, {}),
            "    100 %         100 B  main  a.cc:1\n"
            "                           → load  a.cc:2\n"
            "     90 %          90 B      → rows  a.cc:3\n"
            "     80 %          80 B      → row  libc.so.6\n"
            "     10 %          10 B      → names\n");
}

TEST(TreeText, CallersPointTheOtherWay) {
  TreeReport tree = small_tree();
  tree.direction = TreeReport::Direction::callers;
  EXPECT_NE(tree_text(tree, 1, {}).find("← load"), std::string::npos);
}

TEST(TreeText, BranchesBelowTheThresholdAreSummedUp) {
  const std::string text = tree_text(small_tree(), 20, {});
  EXPECT_EQ(text.find("names"), std::string::npos);
  EXPECT_TRUE(text.ends_with("  … and 1 branch below 20 %, with 10 B (10 %) in all; see --threshold\n")) << text;
}

TEST(TreeText, BlocksAreNoBytes) {
  TreeReport tree = small_tree();
  tree.cost = Cost::count;
  EXPECT_EQ(tree_text(tree, 50, {}).find(" B "), std::string::npos);
}

TEST(TreeText, EmptyTreeGivesNoLines) {
  TreeReport tree;
  tree.nodes.emplace_back();
  EXPECT_EQ(tree_text(tree, 1, {}), "");
}

TEST(TreeText, AVeryDeepTreeIsNoRecursion) {
  TreeReport tree;
  tree.total = 1;
  for (std::uint32_t i = 0; i < 300'000; ++i) {
    tree.nodes.push_back({.label = "f", .detail = "", .total = 1});
    tree.nodes.back().children.push_back(i + 1);
  }
  tree.nodes.back().children.clear();
  EXPECT_GT(tree_text(tree, 1, {}).size(), 300'000u);
}

TEST(TreeText, NamesFitANarrowTerminal) {
  TreeReport tree = small_tree();
  tree.nodes[1].label = std::string(200, 'x');
  const std::string text = tree_text(tree, 1, {.colour = false, .columns = 60});
  EXPECT_EQ(width_of(text.substr(0, text.find('\n'))), 60);
}

}  // namespace
}  // namespace heaptape::cli
