// Which blocks a selection counts, and from where to where, against a naive reading of random stories.
#include "analyzer/selection.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <utility>

#include "analyzer/analyze.h"
#include "analyzer/measure.h"
#include "analyzer/range_curve.h"
#include "analyzer/waste.h"
#include "tests/analyzer/naive_selection.h"
#include "tests/analyzer/tape_maker.h"
#include "tests/format/story.h"

namespace heaptape {
namespace {

using Chooses = std::function<bool(const NaiveLife&)>;

bool passes_through_module(const Story& story, StackId stack, const std::string& part) {
  for (; stack != kEmptyStack; stack = story.frames[static_cast<std::size_t>(stack)].parent) {
    const ModuleId module = story.frames[static_cast<std::size_t>(stack)].module;
    if (module != kNoModule && story.modules[static_cast<std::size_t>(module)].path.find(part) != std::string::npos)
      return true;
  }
  return false;
}

class RandomSelection : public ::testing::TestWithParam<std::uint64_t> {
 protected:
  RandomSelection() : random_(GetParam()), story_(make_exact_story(GetParam(), 260)) {
    write_tape(folder_.path("x.tape"), story_, {.events_per_block = 64});
    tape_.emplace(folder_.path("x.tape"));
    symbols_.emplace(tape_->modules());
  }

  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }

  std::optional<Instant> some_instant() {
    switch (below(6)) {
      case 0:
        return Instant{.kind = Instant::Kind::peak};
      case 1:
        return Instant{.kind = Instant::Kind::end};
      case 2:
        return std::nullopt;
      default:
        return Instant{.time_ns = below(story_.events.back().time_ns + 1)};
    }
  }

  // A choice and the same in the plainest words.
  std::pair<Choice, Chooses> some_choice() {
    Choice choice;
    choice.layer = one_in(2) ? Layer::all : Layer::program;
    if (one_in(3)) choice.at = some_instant();
    if (!choice.at) {
      choice.from = some_instant();
      choice.to = some_instant();
    }
    if (one_in(3))
      choice.threads = {one_in(2) ? "100" + std::to_string(below(4)) : "thread [" + std::to_string(below(4)) + "9]"};
    if (one_in(3)) choice.modules = {"m" + std::to_string(below(5)), "m" + std::to_string(below(5))};
    if (one_in(4)) choice.functions = {"in m" + std::to_string(below(5))};
    if (one_in(3)) choice.size = {below(500), 500 + below(500)};
    if (one_in(3)) choice.lifetime_ns = {below(200'000), one_in(2) ? UINT64_MAX : 200'000 + below(2'000'000)};
    return {choice, [this, choice](const NaiveLife& life) { return is_chosen(choice, life); }};
  }

  bool is_chosen(const Choice& choice, const NaiveLife& life) const {
    const Event& birth = life.birth;
    if (choice.layer == Layer::program && !story_.frames[static_cast<std::size_t>(birth.stack)].in_program)
      return false;
    if (!choice.threads.empty()) {
      const std::size_t digit = choice.threads[0].find_first_of("0123", choice.threads[0][0] == '1' ? 3 : 0);
      if (static_cast<std::uint32_t>(birth.thread) != static_cast<std::uint32_t>(choice.threads[0][digit] - '0'))
        return false;
    }
    const auto through = [&](const std::string& part) { return passes_through_module(story_, birth.stack, part); };
    if (!choice.modules.empty() && std::none_of(choice.modules.begin(), choice.modules.end(), through)) return false;
    if (!choice.functions.empty() && !through(choice.functions[0].substr(3))) return false;
    return birth.size >= choice.size.least && birth.size <= choice.size.most &&
           life.lifetime_ns() >= choice.lifetime_ns.least && life.lifetime_ns() <= choice.lifetime_ns.most;
  }

  // Empty: what was chosen does not exist in this story.
  std::optional<Selection> select(const Choice& choice) {
    try {
      return Selection(*tape_, choice, *symbols_);
    } catch (const NoSuchSelection&) {
      return std::nullopt;
    }
  }

  std::mt19937_64 random_;
  TapeFolder folder_;
  Story story_;
  std::optional<TapeReader> tape_;
  std::optional<Symbols> symbols_;
};

void expect_same(const Costs& costs, const Costs& expected, bool is_instant) {
  EXPECT_EQ(costs.live, expected.live);
  EXPECT_EQ(costs.live_blocks, expected.live_blocks);
  if (is_instant) return;
  EXPECT_EQ(costs.peak, expected.peak);
  EXPECT_EQ(costs.peak_blocks, expected.peak_blocks);
  EXPECT_EQ(costs.allocated, expected.allocated);
  EXPECT_EQ(costs.count, expected.count);
  EXPECT_EQ(costs.temporary, expected.temporary);
  EXPECT_EQ(costs.leaked, expected.leaked);
  EXPECT_EQ(costs.leaked_blocks, expected.leaked_blocks);
}

TEST_P(RandomSelection, CostsWhatANaiveReadingFinds) {
  int compared = 0;
  for (int i = 0; i < 6; ++i) {
    const auto [choice, chooses] = some_choice();
    const std::optional<Selection> selection = select(choice);
    if (!selection || selection->is_whole()) continue;
    ++compared;
    const NaiveSelection expected =
        select_naively(story_.events, selection->begin(), selection->end(), selection->is_instant(), chooses);
    Sites sites(*tape_, *symbols_);
    RangeCurvePass curve(*selection, *tape_, 7);
    const Measured measured = measure(*tape_, *selection, sites, {}, &curve);
    for (std::size_t stack = 0; stack < measured.stacks.size(); ++stack) {
      SCOPED_TRACE(stack);
      Costs costs = measured.stacks[stack];
      costs.leaked += measured.residue[stack].leaked;
      costs.leaked_blocks += measured.residue[stack].leaked_blocks;
      const auto found = expected.stacks.find(static_cast<std::uint32_t>(stack));
      expect_same(costs, found == expected.stacks.end() ? Costs{} : found->second, selection->is_instant());
    }
    EXPECT_EQ(measured.totals.peak_bytes, selection->is_instant() ? expected.live_at_end : expected.peak);
    if (selection->is_instant()) continue;
    EXPECT_EQ(measured.totals.peak_event, expected.peak_event);
    const auto steps = curve.take_steps();
    std::uint64_t high = 0, low = UINT64_MAX;
    for (const CurvePass::Step& step : steps) {
      high = std::max(high, step.high.bytes);
      low = std::min(low, step.low);
    }
    EXPECT_EQ(high, expected.peak);
    EXPECT_EQ(low, *std::min_element(expected.live.begin(), expected.live.end()));
    EXPECT_EQ(steps.back().last, expected.live_at_end);
  }
  EXPECT_GT(compared, 0);
}

// Of chosen blocks in the range what they waste; of all blocks what they keep.
TEST_P(RandomSelection, WastesWhatANaiveReadingFinds) {
  const std::vector<NaiveLife> lives = live_naively(story_.events, story_.events.size());
  for (int i = 0; i < 6; ++i) {
    auto [choice, chooses] = some_choice();
    choice.at.reset();
    const std::optional<Selection> selection = select(choice);
    if (!selection) continue;
    const std::uint64_t begin = selection->begin(), end = selection->end();
    WasteReport::SiteFigures expected;
    std::uint64_t births = 0;
    std::map<ThreadId, const NaiveLife*> resizing;
    std::map<std::uint64_t, std::uint64_t> chains;  // by number of the birth
    for (std::uint64_t number = 1; number <= end; ++number) {
      const Event& event = story_.events[number - 1];
      if (event.kind == EventKind::release && event.function == Function::realloc)
        for (const NaiveLife& life : lives)
          if (life.end_number == number) resizing[event.thread] = &life;
      if (event.kind == EventKind::restored) resizing.erase(event.thread);
      if (event.kind != EventKind::birth) continue;
      const NaiveLife* const old = std::exchange(resizing[event.thread], nullptr);
      const bool is_resized = old != nullptr && event.function == Function::realloc;
      if (is_resized) chains[number] = chains[old->number] + 1;
      if (number <= begin) continue;
      ++births;
      const auto life = std::find_if(lives.begin(), lives.end(), [&](const auto& one) { return one.number == number; });
      if (!chooses(*life)) continue;
      ++expected.allocations;
      expected.allocated_bytes += event.size;
      expected.rounding_bytes += usable_by_glibc(event.size) - event.size;
      expected.zero_length += event.size == 0;
      if (!is_resized) continue;
      ++expected.resized;
      expected.longest_chain = std::max(expected.longest_chain, chains[number]);
      if (event.address == old->birth.address) continue;
      ++expected.moved;
      expected.moved_bytes += std::min(event.size, old->birth.size);
    }
    const NaiveSelection all = select_naively(story_.events, begin, end, false, [](const NaiveLife&) { return true; });
    const WasteReport report = waste(*tape_, *selection, *symbols_);
    EXPECT_EQ(report.total.allocations, expected.allocations);
    EXPECT_EQ(report.total.allocated_bytes, expected.allocated_bytes);
    EXPECT_EQ(report.total.rounding_bytes, report.is_glibc ? expected.rounding_bytes : 0);
    EXPECT_EQ(report.total.zero_length, expected.zero_length);
    EXPECT_EQ(report.total.resized, expected.resized);
    EXPECT_EQ(report.total.moved, expected.moved);
    EXPECT_EQ(report.total.moved_bytes, expected.moved_bytes);
    EXPECT_EQ(report.total.longest_chain, expected.longest_chain);
    EXPECT_EQ(report.at_peak.live_bytes, all.peak);
    ASSERT_FALSE(report.steps.empty());
    EXPECT_EQ(report.steps.back().live_bytes, all.live_at_end);
    for (const WasteReport::Step& step : report.steps) {
      births -= step.births;
      EXPECT_GE(step.time_ns, report.begin_ns);
      EXPECT_LE(step.time_ns, report.duration_ns);
    }
    EXPECT_EQ(births, 0u) << "each in one step";
  }
}

INSTANTIATE_TEST_SUITE_P(Stories, RandomSelection, ::testing::Range<std::uint64_t>(500, 540));

// Stories that are sampled, too: estimates and margins are those of the whole run.
TEST(Selection, OfARangeThatIsTheWholeRunIsTheWholeRun) {
  const TapeFolder folder;
  for (std::uint64_t seed = 60; seed < 70; ++seed) {
    const std::string path = folder.path(std::to_string(seed));
    write_tape(path, make_story(seed, 2000), {.events_per_block = 512});
    const TapeReader tape(path);
    Symbols symbols(tape.modules());
    for (const Layer layer : {Layer::user, Layer::program, Layer::all}) {
      const Selection range(tape, {.layer = layer, .from = Instant{}, .to = Instant{.kind = Instant::Kind::end}},
                            symbols);
      ASSERT_FALSE(range.is_whole());
      const TopReport part = top(tape, range, Cost::count, symbols), whole = top(tape, layer, Cost::count, symbols);
      EXPECT_EQ(part.peak.bytes, whole.peak.bytes);
      EXPECT_EQ(part.peak.blocks, whole.peak.blocks);
      EXPECT_EQ(part.peak.event, whole.peak.event);
      ASSERT_EQ(part.sites.size(), whole.sites.size());
      for (std::size_t i = 0; i < part.sites.size(); ++i)
        for (int cost = 0; cost < kCosts; ++cost)
          EXPECT_EQ(part.sites[i].costs.of(static_cast<Cost>(cost)), whole.sites[i].costs.of(static_cast<Cost>(cost)));
      ASSERT_EQ(part.margins.has_value(), whole.margins.has_value());
      if (part.margins) {
        EXPECT_EQ(part.margins->peak_bytes, whole.margins->peak_bytes);
        EXPECT_EQ(part.margins->live_blocks, whole.margins->live_blocks);
      }
      const TimelineReport curve = timeline(tape, range, 9, symbols), all = timeline(tape, layer, 9, symbols);
      ASSERT_EQ(curve.steps.size(), all.steps.size());
      for (std::size_t i = 0; i < all.steps.size(); ++i) {
        EXPECT_EQ(curve.steps[i].high, all.steps[i].high);
        EXPECT_EQ(curve.steps[i].low, all.steps[i].low);
        EXPECT_EQ(curve.steps[i].last, all.steps[i].last);
      }
    }
  }
}

class Selections : public ::testing::Test {
 protected:
  Selections() {
    const StackId main = maker_.in_program(0x2000);
    const StackId system = maker_.in_system(0x30000, main);
    const ThreadId worker = maker_.thread("worker");
    maker_.at(1'000'000);
    maker_.birth(0x100, 100, main);
    maker_.mark("half");
    maker_.at(2'000'000);
    maker_.birth(0x200, 50, system, worker);
    maker_.at(5'000'000);
    maker_.release(0x100);
    tape_.emplace(maker_.finish());
    symbols_.emplace(tape_->modules());
  }
  std::string refusal(const Choice& choice) {
    try {
      Selection(*tape_, choice, *symbols_);
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "";
  }
  static Instant time(std::uint64_t ns) { return {.time_ns = ns}; }
  TapeMaker maker_;
  std::optional<TapeReader> tape_;
  std::optional<Symbols> symbols_;
};

TEST_F(Selections, ThatMeanNothingAreRefusedByName) {
  EXPECT_EQ(refusal({.from = time(2'000'000), .to = time(1'000'000)}),
            "--from lies behind --to on this tape; change one of them");
  EXPECT_EQ(refusal({.at = time(1), .from = time(1)}),
            "--at names an instant, --from and --to a range; leave out one of them");
  EXPECT_EQ(refusal({.at = time(60'000'000)}), "--at lies behind the end of the tape, which is at 6ms");
  EXPECT_EQ(refusal({.at = Instant{.kind = Instant::Kind::mark, .mark = "nix"}}), "--at: the tape has no mark 'nix'");
  EXPECT_EQ(refusal({.modules = {"libm.so"}}), "no stack of the tape passes through a module that matches 'libm.so'");
  EXPECT_EQ(refusal({.functions = {"parse", "eat*"}}),
            "no stack of the tape passes through a function that matches 'parse' or 'eat*'");
  EXPECT_EQ(refusal({.threads = {"nobody"}}).substr(0, 51), "no thread of the tape is 'nobody', by name or by ti");
  EXPECT_EQ(refusal({.threads = {"work*"}, .modules = {"*system*"}}), "");
}

TEST_F(Selections, AreNamedInTheReport) {
  const Selection selection(
      *tape_,
      {.layer = Layer::all, .from = Instant{.kind = Instant::Kind::mark, .mark = "half"}, .threads = {"worker"}},
      *symbols_);
  const TopReport report = top(*tape_, selection, Cost::count, *symbols_);
  EXPECT_EQ(report.selection.from->word, "mark:half");
  EXPECT_EQ(report.selection.from->time_ns, 1'000'000u);
  EXPECT_EQ(report.selection.from->event, 1u);
  EXPECT_EQ(report.selection.threads, std::vector<std::string>{"worker"});
  EXPECT_EQ(report.total.count, 1u);
  EXPECT_EQ(report.peak.bytes, 50u);
}

TEST_F(Selections, LayerUserHasAPeakOfItsOwn) {
  TapeMaker maker;
  const StackId stack = maker.in_program(0x2000);
  maker.birth(0x100, 1000, stack);
  maker.release(0x100);
  maker.at(1'000);
  maker.birth(0x200, 10, stack);
  maker.track("list", {{0x200, 0}});
  const TapeReader tape = maker.finish();
  Symbols symbols(tape.modules());
  const Selection selection(tape, {.layer = Layer::user, .at = Instant{.kind = Instant::Kind::peak}}, symbols);
  EXPECT_EQ(selection.end(), 3u);
  EXPECT_EQ(top(tape, selection, Cost::live, symbols).total.live, 10u);
}

}  // namespace
}  // namespace heaptape
