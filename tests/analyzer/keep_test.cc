// Reports of a tape that keeps its newest part equal those of the whole tape.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>

#include "analyzer/addresses.h"
#include "analyzer/analyze.h"
#include "analyzer/exchange.h"
#include "analyzer/growth.h"
#include "analyzer/json.h"
#include "analyzer/lifespans.h"
#include "analyzer/run_report.h"
#include "analyzer/sizes.h"
#include "tests/analyzer/naive_selection.h"
#include "tests/format/story.h"
#include "tests/format/tape_folder.h"

namespace heaptape {
namespace {

class KeptReports : public ::testing::TestWithParam<std::uint64_t> {
 protected:
  KeptReports() {
    Story& story = story_ = make_exact_story(GetParam(), 8000);
    // What variables owned in events that have left is not known any more.
    for (Event& event : story.events)
      if (event.kind >= EventKind::scope_begin && event.kind <= EventKind::scope_end)
        event = {.time_ns = event.time_ns, .thread = event.thread, .kind = EventKind::mark};
    story.variables.clear();
    write_tape(folder_.path("whole.tape"), story, {.events_per_block = 64});
    write_tape(folder_.path("kept.tape"), story, {.events_per_block = 64, .keep_bytes = 12'000});
    whole_ = std::make_unique<TapeReader>(folder_.path("whole.tape"));
    kept_ = std::make_unique<TapeReader>(folder_.path("kept.tape"));
  }
  // What differs by right: the path, and what is said of the aggregate itself.
  static Json figures(Json json) {
    for (const char* key : {"tape", "caveats", "ledger", "others", "growth_from_ns"}) json.erase(key);
    if (json["schema"] == "heaptape.leaks")  // how they grew is told of the events that are left
      for (const char* list : {"sites", "residue"})
        for (Json& site : json[list]) site.erase("levels"), site.erase("growth");
    return json;
  }

  TapeFolder folder_;
  Story story_;
  std::unique_ptr<TapeReader> whole_, kept_;
};

TEST_P(KeptReports, TotalsPeaksLeaksAndCostsOfEverySite) {
  ASSERT_GT(kept_->opening().events, 2000u);
  for (const Layer layer : {Layer::program, Layer::all}) {
    Symbols symbols(whole_->modules());
    EXPECT_EQ(figures(to_json(summary(*kept_, layer))), figures(to_json(summary(*whole_, layer))));
    EXPECT_EQ(figures(to_json(peaks(*kept_, layer, 0, symbols))), figures(to_json(peaks(*whole_, layer, 0, symbols))));
    EXPECT_EQ(figures(to_json(leaks(*kept_, layer, symbols))), figures(to_json(leaks(*whole_, layer, symbols))));
    for (int cost = 0; cost < kCosts; ++cost)
      EXPECT_EQ(figures(to_json(top(*kept_, layer, static_cast<Cost>(cost), symbols))),
                figures(to_json(top(*whole_, layer, static_cast<Cost>(cost), symbols))));
  }
}

TEST_P(KeptReports, HowSitesGrewIsToldOfTheEventsThatAreLeft) {
  Symbols symbols(whole_->modules());
  const LeaksReport report = leaks(*kept_, Layer::all, symbols);
  const std::uint64_t begin = kept_->opening().time_ns, length = duration_of(*kept_) - begin;
  ASSERT_EQ(report.growth_from_ns, begin);
  EXPECT_TRUE(std::any_of(report.caveats.begin(), report.caveats.end(),
                          [](const Caveat& caveat) { return caveat.reason == "growth"; }));
  std::map<std::pair<std::string, std::string>, std::vector<std::uint64_t>> expected;  // by function and module
  Sites sites(*whole_, symbols);
  for (std::uint64_t step = 0; step < kGrowthSteps; ++step) {
    std::size_t count = 0;
    for (const Event& event : story_.events) {
      const std::uint64_t passed = std::max(event.time_ns, begin) - begin;
      count += std::min(passed * kGrowthSteps / length, kGrowthSteps - 1) <= step;
    }
    for (const NaiveLife& life : live_naively(story_.events, count)) {
      const Location& place = sites[sites.of(life.birth.stack)].place;
      std::vector<std::uint64_t>& levels = expected[{place.function, place.module}];
      levels.resize(kGrowthSteps);
      if (life.is_live) levels[step] += life.birth.size;
    }
  }
  ASSERT_FALSE(report.groups.empty());
  for (const std::vector<LeaksReport::Group>* groups : {&report.groups, &report.residue})
    for (const LeaksReport::Group& group : *groups)
      EXPECT_EQ(group.levels, expected.at({group.place.function, group.place.module})) << group.label;
}

TEST_P(KeptReports, TheTimelineIsTheSameWhereEventsAreLeftAndAnOutlineBefore) {
  for (const Layer layer : {Layer::program, Layer::all}) {
    Symbols symbols(whole_->modules());
    const TimelineReport whole = timeline(*whole_, layer, 100, symbols), kept = timeline(*kept_, layer, 100, symbols);
    ASSERT_EQ(kept.steps.size(), whole.steps.size());
    std::uint64_t high = 0;
    for (std::size_t i = 0; i < whole.steps.size(); ++i) {
      high = std::max(high, kept.steps[i].high);
      if (whole.steps[i].begin_ns <= kept_->opening().time_ns) continue;
      EXPECT_EQ(kept.steps[i].high, whole.steps[i].high);
      EXPECT_EQ(kept.steps[i].low, whole.steps[i].low);
      EXPECT_EQ(kept.steps[i].last, whole.steps[i].last);
    }
    EXPECT_EQ(high, whole.peak.bytes);
    EXPECT_EQ(kept.live_at_end, whole.live_at_end);
    ASSERT_EQ(kept.marks.size(), whole.marks.size());
    for (std::size_t i = 0; i < whole.marks.size(); ++i) {
      EXPECT_EQ(kept.marks[i].name, whole.marks[i].name);
      EXPECT_EQ(kept.marks[i].time_ns, whole.marks[i].time_ns);
    }
  }
}

// What the pictures show and what they say is missing are together the whole run.
TEST_P(KeptReports, WhatPicturesLackIsCounted) {
  for (const Layer layer : {Layer::program, Layer::all}) {
    Symbols symbols(whole_->modules());
    const Choice choice{.layer = layer};
    const Selection whole(*whole_, choice, symbols), kept(*kept_, choice, symbols);
    const std::uint64_t lacking = unknown_births(*kept_, kept);
    EXPECT_GT(lacking, 0u);
    EXPECT_EQ(unknown_births(*whole_, whole), 0u);
    EXPECT_EQ(sizes(*kept_, kept).blocks + lacking, sizes(*whole_, whole).blocks);
    EXPECT_EQ(exchange(*kept_, kept).total.blocks + lacking, exchange(*whole_, whole).total.blocks);
    EXPECT_EQ(lifespans(*kept_, kept, 5, 10, symbols).born + lacking, lifespans(*whole_, whole, 5, 10, symbols).born);
    for (const std::uint64_t told :
         {sizes(*kept_, kept).unknown, exchange(*kept_, kept).unknown, lifespans(*kept_, kept, 5, 10, symbols).unknown,
          addresses(*kept_, kept, 20, 10).unknown})
      EXPECT_EQ(told, lacking);
  }
}

// The page of a tape that begins with an aggregate has cells from its first whole bucket on: those of the whole tape.
TEST_P(KeptReports, ThePagesBucketsAreThoseOfTheWholeTape) {
  for (const Layer layer : {Layer::program, Layer::all}) {
    Symbols symbols(whole_->modules());
    const RunReport whole = run_report(*whole_, layer, symbols), kept = run_report(*kept_, layer, symbols);
    ASSERT_EQ(kept.borders, whole.borders);
    EXPECT_EQ(whole.first_bucket, 0u);
    ASSERT_GT(kept.first_bucket, 0u);
    EXPECT_GT(kept.borders[kept.first_bucket], kept_->opening().time_ns);
    EXPECT_LE(kept.borders[kept.first_bucket - 1], kept_->opening().time_ns);
    using Sums = std::map<std::pair<std::uint32_t, std::uint32_t>, std::array<std::int64_t, 3>>;
    const auto sums_of = [&](const FoldedTree& tree) {
      Sums sums;
      for (const FoldedTree::Node& node : tree.nodes)
        for (const std::vector<LifeCell>* cells : {&node.cells, &node.residue_cells})
          for (const LifeCell& cell : *cells) {
            if (cell.birth < kept.first_bucket) continue;
            std::array<std::int64_t, 3>& sum = sums[{cell.birth, cell.end}];
            sum = {sum[0] + cell.bytes, sum[1] + cell.blocks, sum[2] + cell.temporary};
          }
      std::erase_if(sums, [](const auto& one) { return one.second == std::array<std::int64_t, 3>{}; });
      return sums;
    };
    EXPECT_EQ(sums_of(kept.callees), sums_of(whole.callees));
    EXPECT_EQ(sums_of(kept.callers), sums_of(whole.callers));
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, KeptReports, ::testing::Range<std::uint64_t>(1, 13));

}  // namespace
}  // namespace heaptape
