// Budgets in TOML: what they may say, and the sentence for what they may not.
#include "analyzer/budget.h"

#include <gtest/gtest.h>

namespace heaptape {
namespace {

std::string error_of(const std::string& toml) {
  try {
    static_cast<void>(parse_budget(toml, "b.toml"));
  } catch (const BudgetError& error) {
    return error.what();
  }
  return "none";
}

TEST(Budget, TakesEveryKey) {
  const Budget budget = parse_budget(R"(
peak = "64 MiB"
live_at_end = 0
leaked = "1k"
allocations = 5_000
allocated = 1024
temporary = 7
growth_per_mark = "1 KiB"
[allocations_in]
"Renderer::draw" = 3
[layer.all]
peak = 12
[layer.user.growth_per_mark]
request = 9
[tolerance]
default = "5 %"
peak = "64 KiB"
allocations = 100
[[allow]]
function = "load"
until = 2027-01-31
reason = "issue 12"
for = ["leaked", "peak"]
)",
                                     "b.toml");
  ASSERT_EQ(budget.limits.size(), 10u);
  const auto most = [&](Layer layer, Figure figure) {
    for (const Limit& limit : budget.limits)
      if (limit.layer == layer && limit.figure == figure) return limit.most;
    return UINT64_MAX;
  };
  EXPECT_EQ(most(Layer::program, Figure::peak), 64u << 20);
  EXPECT_EQ(most(Layer::program, Figure::leaked), 1024u);
  EXPECT_EQ(most(Layer::program, Figure::allocations), 5000u);
  EXPECT_EQ(most(Layer::program, Figure::growth_per_mark), 1024u);
  EXPECT_EQ(most(Layer::program, Figure::allocations_in), 3u);
  EXPECT_EQ(most(Layer::all, Figure::peak), 12u);
  EXPECT_EQ(most(Layer::user, Figure::growth_per_mark), 9u);
  EXPECT_EQ(budget.tolerances.of(Figure::peak).absolute, 64u << 10);
  EXPECT_EQ(budget.tolerances.of(Figure::temporary).percent, 5);
  ASSERT_EQ(budget.allowances.size(), 1u);
  EXPECT_TRUE(budget.allowances[0].is_for(Figure::leaked));
  EXPECT_FALSE(budget.allowances[0].is_for(Figure::allocations));
}

TEST(Budget, SaysWhatIsWrongAndInWhichLine) {
  const std::pair<const char*, const char*> wrong[] = {
      {"peak = 1\npaek = 2", "b.toml, line 2: 'paek' is no key of a budget"},
      {"peak = -1", "b.toml, line 1: 'peak' is -1, less than 0"},
      {"peak = 1.5", "b.toml, line 1: 'peak' is no size: bytes, or text such as \"64 MiB\""},
      {"peak = \"64 apples\"", "b.toml, line 1: 'peak' is '64 apples', which is no size such as \"64 MiB\""},
      {"peak = \"9999999999 TiB\"", "b.toml, line 1: 'peak' is '9999999999 TiB', which is no size such as \"64 MiB\""},
      {"allocations = \"64 KiB\"", "b.toml, line 1: 'allocations' is no whole number, such as 1000"},
      {"allocations_in = 3", "b.toml, line 1: 'allocations_in' is a table: [allocations_in], then \"function\" = 100"},
      {"[layer.kernel]\npeak = 1", "b.toml, line 1: 'kernel' is no layer: user, program or all"},
      {"[layer.all]\npaek = 1", "b.toml, line 2: 'paek' is no key of a budget"},
      {"[tolerance]\npaek = 1", "b.toml, line 2: 'paek' is no figure of a baseline, nor 'default'"},
      {"[tolerance]\ndefault = 5",
       "b.toml, line 2: '5' is an amount, which needs the figure's name, such as peak=64KiB"},
      {"[[allow]]\nreason = \"x\"\nuntil = 2027-01-31", "b.toml, line 1: [[allow]] has no 'function'"},
      {"[[allow]]\nfunction = \"f\"\nreason = \"x\"",
       "b.toml, line 1: [[allow]] has no 'until', the last day that it holds"},
      {"[[allow]]\nuntil = \"2027-01-31\"", "b.toml, line 2: 'until' is no date such as 2027-01-31, without quotes"},
      {"[[allow]]\nfunctoin = \"f\"",
       "b.toml, line 2: 'functoin' is no key of [[allow]]: function, until, reason, for"},
  };
  for (const auto& [toml, sentence] : wrong) EXPECT_EQ(error_of(toml), sentence);
  EXPECT_EQ(error_of("peak = 1\npeak = 2").rfind("b.toml, line 2: ", 0), 0u);
  EXPECT_EQ(error_of("until = 2027-02-31").rfind("b.toml, line 1: ", 0), 0u);
  EXPECT_NE(error_of("peak = 1\n[[range]]\nfrom = \"mark:a\"").find("line 2: [[range]] is not understood yet"),
            std::string::npos);
}

TEST(Budget, TolerancesComeByFigureOnTheCommandLine) {
  Tolerances tolerances;
  tolerances.take("5%");
  tolerances.take("peak=64KiB");
  EXPECT_EQ(tolerances.of(Figure::allocations).percent, 5);
  EXPECT_EQ(tolerances.of(Figure::peak).absolute, 64u << 10);
  for (const char* wrong : {"64KiB", "paek=1", "allocations=64KiB", "-5%", "allocations_in=3", ""})
    EXPECT_THROW(tolerances.take(wrong), BudgetError) << wrong;
}

TEST(Budget, AFunctionIsMeantByItsWholeNameOrByItsQualifiedOne) {
  const std::string function = "void (anonymous namespace)::Cache<int>::put(int)";
  EXPECT_TRUE(is_function(function, function));
  EXPECT_TRUE(is_function("{anonymous}::Cache::put", function));
  EXPECT_TRUE(is_function("Cache::put", function));
  EXPECT_FALSE(is_function("put", function));
  EXPECT_FALSE(is_function("Cache", function));
}

}  // namespace
}  // namespace heaptape
