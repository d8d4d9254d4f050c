// Budgets in TOML: what they may say, and the sentence for what they may not; ranges against a naive reading.
#include "analyzer/budget.h"

#include <gtest/gtest.h>

#include "analyzer/check.h"
#include "tests/analyzer/naive_selection.h"
#include "tests/analyzer/tape_maker.h"
#include "tests/format/story.h"

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
  EXPECT_TRUE(budget.allowances[0].is_for(Figure::leaked, ""));
  EXPECT_FALSE(budget.allowances[0].is_for(Figure::allocations, ""));
}

TEST(Budget, TakesRangesAndAllowancesThatNameThem) {
  const Budget budget = parse_budget(R"(
allocations = 9
[[allow]]
function = "load"
until = 2027-01-31
reason = "issue 12"
ranges = ["serving"]
[[range]]
name = "serving"
from = "mark:load#2"
to = "end"
layer = "all"
peak = "1 KiB"
[range.allocations_in]
parse = 3
[[range]]
to = "1.5s"
leaked = 0
)",
                                     "b.toml");
  ASSERT_EQ(budget.ranges.size(), 2u);
  EXPECT_EQ(budget.ranges[0].name, "serving");
  EXPECT_EQ(budget.ranges[0].from->mark, "load");
  EXPECT_EQ(budget.ranges[0].from->nth, 2u);
  EXPECT_EQ(budget.ranges[0].to->kind, Instant::Kind::end);
  EXPECT_EQ(budget.ranges[0].place, "b.toml, line 8");
  EXPECT_EQ(budget.ranges[1].name, "to 1.5s");
  EXPECT_EQ(budget.ranges[1].to->time_ns, 1'500'000'000u);
  ASSERT_EQ(budget.limits.size(), 4u);
  EXPECT_FALSE(budget.limits[0].range);
  EXPECT_EQ(budget.limits[1].range, 0u);
  EXPECT_EQ(budget.limits[1].layer, Layer::all);
  EXPECT_EQ(budget.limits[2].name, "parse");
  EXPECT_EQ(budget.limits[3].range, 1u);
  EXPECT_EQ(budget.limits[3].layer, Layer::program);
  EXPECT_TRUE(budget.allowances[0].is_for(Figure::peak, "serving"));
  EXPECT_FALSE(budget.allowances[0].is_for(Figure::peak, "to 1.5s"));
  EXPECT_FALSE(budget.allowances[0].is_for(Figure::peak, "")) << "of the whole run";
}

TEST(Budget, SaysWhatIsWrongAndInWhichLine) {
  constexpr const char* kNoKey =
      "b.toml, line 2: 'paek' is no key of a budget; its figures are peak, live_at_end, leaked, allocations, "
      "allocated, "
      "temporary, allocations_in, growth_per_mark";
  const std::pair<const char*, const char*> wrong[] = {
      {"peak = 1\npaek = 2", kNoKey},
      {"peak = -1", "b.toml, line 1: 'peak' is -1, less than 0"},
      {"peak = 1.5", "b.toml, line 1: 'peak' is no size: bytes, or text such as \"64 MiB\""},
      {"peak = \"64 apples\"", "b.toml, line 1: 'peak' is '64 apples', which is no size such as \"64 MiB\""},
      {"peak = \"9999999999 TiB\"", "b.toml, line 1: 'peak' is '9999999999 TiB', which is no size such as \"64 MiB\""},
      {"allocations = \"64 KiB\"", "b.toml, line 1: 'allocations' is no whole number, such as 1000"},
      {"allocations_in = 3", "b.toml, line 1: 'allocations_in' is a table: [allocations_in], then \"function\" = 100"},
      {"[layer.kernel]\npeak = 1", "b.toml, line 1: 'kernel' is no layer: user, program or all"},
      {"[layer.all]\npaek = 1", kNoKey},
      {"[tolerance]\npaek = 1", "b.toml, line 2: 'paek' is no figure of a baseline, nor 'default'"},
      {"[tolerance]\ndefault = 5",
       "b.toml, line 2: '5' is an amount, which needs the figure's name, such as peak=64KiB"},
      {"[[allow]]\nreason = \"x\"\nuntil = 2027-01-31", "b.toml, line 1: [[allow]] has no 'function'"},
      {"[[allow]]\nfunction = \"f\"\nreason = \"x\"",
       "b.toml, line 1: [[allow]] has no 'until', the last day that it holds"},
      {"[[allow]]\nuntil = \"2027-01-31\"", "b.toml, line 2: 'until' is no date such as 2027-01-31, without quotes"},
      {"[[allow]]\nfunctoin = \"f\"",
       "b.toml, line 2: 'functoin' is no key of [[allow]]: function, until, reason, for, ranges"},
      {"[[range]]\nfrom = \"0\"\npaek = 2",
       "b.toml, line 3: 'paek' is no key of [[range]]: from, to, name, layer, or a figure"},
      {"[[range]]\npeak = 2", "b.toml, line 1: [[range]] has neither 'from' nor 'to'"},
      {"[[range]]\nfrom = \"noon\"",
       "b.toml, line 2: 'from' is 'noon', which is no instant: a time such as 1.5s or 200ms, peak, end, mark:NAME or "
       "mark:NAME#2"},
      {"[[range]]\nfrom = \"mark:a#0\"",
       "b.toml, line 2: 'from' is 'mark:a#0', which is no instant: a time such as 1.5s or 200ms, peak, end, mark:NAME "
       "or mark:NAME#2"},
      {"[[range]]\nto = 5", "b.toml, line 2: 'to' is no text"},
      {"[[range]]\nfrom = \"peak\"\nto = \"peak\"",
       "b.toml, line 1: [[range]] is empty: it goes from 'peak' to 'peak'"},
      {"[[range]]\nfrom = \"end\"", "b.toml, line 1: [[range]] is empty: nothing is behind the 'end'"},
      {"[[range]]\nto = \"peak\"\nlayer = \"kernel\"", "b.toml, line 3: 'kernel' is no layer: user, program or all"},
      {"[[range]]\nto = \"peak\"\n[[range]]\nto = \"peak\"",
       "b.toml, line 3: two ranges are called 'to peak'; give each a 'name' of its own"},
      {"[range]\nto = \"peak\"", "b.toml, line 1: 'range' is a list: [[range]]"},
      {"[[allow]]\nfunction = \"f\"\nranges = [\"x\"]",
       "b.toml, line 3: 'ranges' lists 'x', which no [[range]] is called"},
  };
  for (const auto& [toml, sentence] : wrong) EXPECT_EQ(error_of(toml), sentence);
  EXPECT_EQ(error_of("peak = 1\npeak = 2").rfind("b.toml, line 2: ", 0), 0u);
  EXPECT_EQ(error_of("until = 2027-02-31").rfind("b.toml, line 1: ", 0), 0u);
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

// By figure and range, the checks of one tape.
std::map<std::pair<Figure, std::string>, CheckReport::Item> checked(const TapeReader& tape, const Budget& budget) {
  std::map<std::pair<Figure, std::string>, CheckReport::Item> items;
  const CheckReport report = check({&tape, 1}, budget, {}, {});
  for (const CheckReport::Item& item : report.tapes[0].items) items[{item.limit.figure, item.range}] = item;
  return items;
}

class RandomRanges : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(RandomRanges, CostWhatANaiveReadingFinds) {
  std::mt19937_64 random(GetParam());
  const Story story = make_exact_story(GetParam(), 260);
  const TapeFolder folder;
  write_tape(folder.path("x"), story, {.events_per_block = 64});
  const TapeReader tape(folder.path("x"));
  Budget budget;
  std::uint64_t first = random() % (story.events.back().time_ns + 1),
                last = random() % (story.events.back().time_ns + 1);
  if (first > last) std::swap(first, last);
  budget.ranges = {
      {.name = "middle", .from = Instant{.time_ns = first}, .to = Instant{.time_ns = last}, .layer = Layer::all},
      {.name = "late", .from = Instant{.kind = Instant::Kind::peak}}};
  for (std::size_t i = 0; i < budget.ranges.size(); ++i)
    for (const Figure figure :
         {Figure::peak, Figure::live_at_end, Figure::allocations, Figure::allocated, Figure::temporary})
      budget.limits.push_back({.range = i, .layer = budget.ranges[i].layer, .figure = figure});
  auto items = checked(tape, budget);
  for (const BudgetRange& range : budget.ranges) {
    SCOPED_TRACE(range.name);
    const std::uint64_t begin = events_before(tape, *range.from, range.layer);
    const std::uint64_t end = range.to ? events_before(tape, *range.to, range.layer) : story.events.size();
    const NaiveSelection naive = select_naively(story.events, begin, end, false, [&](const NaiveLife& life) {
      return range.layer == Layer::all || story.frames[static_cast<std::size_t>(life.birth.stack)].in_program;
    });
    Costs sum;
    for (const auto& [stack, costs] : naive.stacks) sum += costs;
    const auto value = [&](Figure figure) { return items.at({figure, range.name}).value; };
    EXPECT_EQ(value(Figure::peak), naive.peak);
    EXPECT_EQ(value(Figure::live_at_end), sum.leaked);
    EXPECT_EQ(value(Figure::allocations), sum.count);
    EXPECT_EQ(value(Figure::allocated), sum.allocated);
    EXPECT_EQ(value(Figure::temporary), sum.temporary);
    for (const auto& [key, item] : items)
      EXPECT_EQ(item.verdict == CheckReport::Verdict::exceeded, item.value > 0) << "the limit is 0";
  }
}

INSTANTIATE_TEST_SUITE_P(Stories, RandomRanges, ::testing::Range<std::uint64_t>(800, 830));

class Ranges : public ::testing::Test {
 protected:
  // One block of 100 bytes by one function, then 10 and 30 bytes by another one, with a mark before each.
  Ranges() {
    const StackId warm = maker_.in_program(0x1000), serve = maker_.in_program(0x2000);
    std::uint64_t address = 0x100;
    for (const auto& [stack, size] : {std::pair(warm, 100), std::pair(serve, 10), std::pair(serve, 30)}) {
      maker_.at(1'000'000 * address);
      maker_.mark("request");
      maker_.birth(address++ * 0x100, static_cast<std::uint64_t>(size), stack);
    }
    maker_.mark("request");
    tape_.emplace(maker_.finish());
  }
  std::string refusal(const std::string& toml) const {
    try {
      static_cast<void>(checked(*tape_, parse_budget(toml, "b.toml")));
    } catch (const CheckError& error) {
      return error.what();
    }
    return "none";
  }
  TapeMaker maker_;
  std::optional<TapeReader> tape_;
};

TEST_F(Ranges, KnowTheirOwnMarks) {
  auto items = checked(*tape_, parse_budget(R"(
growth_per_mark = 0
[[range]]
name = "warm"
from = "mark:request#2"
[range.growth_per_mark]
request = 15
)",
                                            "b.toml"));
  EXPECT_EQ((items.at({Figure::growth_per_mark, ""}).value), 47u) << "(100 + 10 + 30) / 3, rounded up";
  const CheckReport::Item& warm = items.at({Figure::growth_per_mark, "warm"});
  EXPECT_EQ(warm.value, 20u) << "(10 + 30) / 2";
  ASSERT_EQ(warm.sites.size(), 1u) << "the function that allocated before has not grown";
  EXPECT_EQ(warm.sites[0].now - *warm.sites[0].before, 40u);
}

TEST_F(Ranges, AreAllowedForByName) {
  const std::string limits =
      "live_at_end = 0\n[[range]]\nname = \"late\"\nfrom = \"mark:request#3\"\nlive_at_end = 0\n";
  const std::string function =
      checked(*tape_, parse_budget(limits, "b.toml")).at({Figure::live_at_end, "late"}).sites.at(0).label;
  const auto allowed = [&](const std::string& range, const std::string& more) {
    const std::string allow = "[[allow]]\nfunction = \"" + function + "\"\nuntil = 2999-01-31\nreason = \"issue 12\"\n";
    return checked(*tape_, parse_budget(limits + allow + more, "b.toml")).at({Figure::live_at_end, range}).allowed;
  };
  EXPECT_EQ(allowed("", ""), 40u);
  EXPECT_EQ(allowed("late", ""), 30u);
  EXPECT_EQ(allowed("", "ranges = [\"late\"]"), 0u);
  EXPECT_EQ(allowed("late", "ranges = [\"late\"]"), 30u);
}

TEST_F(Ranges, ThatAreNotOnTheTapeAreRefusedWithTheLine) {
  const std::string path = maker_.path();
  EXPECT_EQ(refusal("\n[[range]]\nfrom = \"mark:lunch\"\npeak = 1"),
            "b.toml, line 2: range 'from mark:lunch' is not on " + path + ": 'from': the tape has no mark 'lunch'");
  EXPECT_EQ(
      refusal("[[range]]\nname = \"x\"\nfrom = \"mark:request#3\"\nto = \"mark:request\"\npeak = 1"),
      "b.toml, line 1: range 'x' is not on " + path + ": 'from' lies behind 'to' on this tape; change one of them");
  EXPECT_EQ(refusal("[[range]]\nname = \"x\"\nfrom = \"1h\"\npeak = 1").substr(0, 30),
            "b.toml, line 1: range 'x' is n");
  EXPECT_EQ(refusal("[[range]]\nname = \"x\"\nfrom = \"mark:request#4\"\ngrowth_per_mark = 1"),
            path + ": growth_per_mark: range 'x' has no mark twice");
}

}  // namespace
}  // namespace heaptape
