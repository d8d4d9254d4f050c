// What the pictures show, against the plainest reading of the same events: random stories, whole and in ranges.
#include <gtest/gtest.h>

#include <bit>
#include <map>
#include <numeric>
#include <random>
#include <utility>

#include "analyzer/addresses.h"
#include "analyzer/analyze.h"
#include "analyzer/event_reading.h"
#include "analyzer/exchange.h"
#include "analyzer/json.h"
#include "analyzer/lifespans.h"
#include "analyzer/overview.h"
#include "analyzer/run_report.h"
#include "analyzer/sizes.h"
#include "analyzer/thread_lanes.h"
#include "tests/analyzer/naive_selection.h"
#include "tests/analyzer/tape_maker.h"
#include "tests/format/story.h"
#include "tests/format/tape_folder.h"

namespace heaptape {
namespace {

using Amounts = std::map<std::uint64_t, std::pair<std::uint64_t, std::uint64_t>>;  // blocks and bytes, by anything

class Pictured : public ::testing::TestWithParam<unsigned> {
 protected:
  Pictured() : story_(make_exact_story(GetParam(), 400)) {
    write_tape(folder_.path("x.tape"), story_, {.events_per_block = 64});
    tape_.emplace(folder_.path("x.tape"));
    symbols_.emplace(*tape_);
    std::mt19937_64 random(GetParam());
    Choice choice;
    choice.layer = random() % 2 == 0 ? Layer::all : Layer::program;
    if (random() % 3 != 0) {
      const std::uint64_t length = story_.events.back().time_ns + 1;
      const std::uint64_t one = random() % length, other = random() % length;
      choice.from = Instant{.time_ns = std::min(one, other)};
      choice.to = Instant{.time_ns = std::max(one, other)};
    }
    selection_.emplace(*tape_, choice, *symbols_);
    const std::size_t end = std::min<std::uint64_t>(selection_->end(), story_.events.size());
    for (const NaiveLife& life : live_naively(story_.events, end)) {
      if (choice.layer == Layer::program && !story_.frames[static_cast<std::size_t>(life.birth.stack)].in_program)
        continue;
      all_.push_back(life);
      if (life.number > selection_->begin()) born_.push_back(life);
    }
  }

  TapeFolder folder_;
  Story story_;
  std::optional<TapeReader> tape_;
  std::optional<Symbols> symbols_;
  std::optional<Selection> selection_;
  std::vector<NaiveLife> all_, born_;  // by the end of the range: of the layer; of these, born in the range
};

void count(Amounts& amounts, std::uint64_t key, const NaiveLife& life) {
  ++amounts[key].first;
  amounts[key].second += life.birth.size;
}

TEST_P(Pictured, SizesAreThoseOfTheBlocksThatWereAllocated) {
  Amounts expected, told;
  for (const NaiveLife& life : born_) count(expected, std::bit_width(life.birth.size), life);
  for (const SizesReport::Bucket& bucket : sizes(*tape_, *selection_).buckets) {
    EXPECT_EQ(std::bit_width(bucket.least), std::bit_width(bucket.most));
    if (bucket.blocks != 0) told[std::bit_width(bucket.least)] = {bucket.blocks, bucket.bytes};
  }
  EXPECT_EQ(told, expected);
}

TEST_P(Pictured, ThreadsAllocateKeepAndFreeWhatTheirEventsSay) {
  const ExchangeReport report = exchange(*tape_, *selection_);
  Amounts allocated, live, flows, told_allocated, told_live, told_flows;
  const auto tid = [&](ThreadId thread) { return tape_->threads()[static_cast<std::size_t>(thread)].tid; };
  const auto pair = [](std::uint64_t from, std::uint64_t to) { return from << 32 | to; };
  std::uint64_t elsewhere = 0, unseen = 0;
  for (const NaiveLife& life : born_) {
    count(allocated, tid(life.birth.thread), life);
    if (life.is_live) count(live, tid(life.birth.thread), life);
    if (life.is_live) continue;
    if (life.was_overwritten) {
      ++unseen;
      continue;
    }
    count(flows, pair(tid(life.birth.thread), tid(life.ended_by)), life);
    elsewhere += life.ended_by != life.birth.thread;
  }
  const auto take = [](Amounts& to, std::uint64_t key, const ExchangeReport::Amount& amount) {
    if (amount.blocks == 0) return;
    to[key].first += amount.blocks;
    to[key].second += amount.bytes;
  };
  for (const ExchangeReport::Thread& thread : report.threads) {
    take(told_allocated, thread.tid, thread.allocated);
    take(told_live, thread.tid, thread.live);
  }
  for (const ExchangeReport::Flow& flow : report.flows)
    take(told_flows, pair(report.threads[flow.from].tid, report.threads[flow.to].tid), flow.amount);
  EXPECT_EQ(told_allocated, allocated);
  EXPECT_EQ(told_live, live);
  EXPECT_EQ(told_flows, flows);
  EXPECT_EQ(report.elsewhere.blocks, elsewhere);
  EXPECT_EQ(report.unseen.blocks, unseen);
  EXPECT_EQ(report.total.blocks, born_.size());
}

TEST_P(Pictured, AgesAreThoseOfTheBlocksThatWereAllocated) {
  const LifespansReport report = lifespans(*tape_, *selection_, 5, 16, *symbols_);
  std::vector<std::uint64_t> expected(report.ages.size() + 1), told(report.ages.size() + 1);
  for (const NaiveLife& life : born_) {
    const auto above = std::upper_bound(report.ages.begin(), report.ages.end(), life.lifetime_ns());
    ++expected[life.is_live ? report.ages.size() : static_cast<std::size_t>(above - report.ages.begin() - 1)];
  }
  for (std::size_t row = 0; row <= report.ages.size(); ++row)
    for (std::size_t column = 0; column < report.columns; ++column) told[row] += report.at(row, column);
  EXPECT_EQ(told, expected);
  EXPECT_EQ(report.born, born_.size());
}

TEST_P(Pictured, BandsOfATimelineAddUpToItsHighestLevels) {
  for (const BandsBy by : {BandsBy::site, BandsBy::module}) {
    const TimelineReport report = timeline(*tape_, *selection_, 20, *symbols_, by);
    for (std::size_t step = 0; step < report.steps.size(); ++step) {
      std::uint64_t sum = 0;
      for (const TimelineReport::Band& band : report.bands) sum += band.levels[step];
      if (report.bands.size() < 7)
        EXPECT_EQ(sum, report.steps[step].high) << step;
      else
        EXPECT_LE(sum, report.steps[step].high) << step;
    }
  }
}

TEST_P(Pictured, LanesOfThreadsCountTheirBirthsAndReleasesStepByStep) {
  const TimelineReport report = timeline(*tape_, *selection_, 20, *symbols_);
  using Levels = std::map<std::uint32_t, std::vector<std::uint64_t>>;
  Levels expected, told;
  for (std::size_t i = 0; i < story_.events.size(); ++i) {
    const Event& event = story_.events[i];
    const bool is_call = event.kind == EventKind::birth || event.kind == EventKind::release;
    if (!is_call || i + 1 <= selection_->begin() || i + 1 > selection_->end()) continue;
    std::size_t step = 0;
    while (step + 1 < report.steps.size() && report.steps[step + 1].begin_ns <= event.time_ns) ++step;
    std::vector<std::uint64_t>& levels = expected[tape_->threads()[static_cast<std::size_t>(event.thread)].tid];
    levels.resize(report.steps.size());
    ++levels[step];
  }
  if (expected.size() < 2) expected.clear();  // nothing to tell apart
  for (const TimelineReport::Lane& lane : report.threads) {
    told[lane.tid] = lane.levels;
    EXPECT_EQ(lane.events, std::accumulate(lane.levels.begin(), lane.levels.end(), std::uint64_t{0}));
    EXPECT_LE(lane.first_ns, lane.last_ns);
  }
  EXPECT_EQ(told, expected);
  EXPECT_EQ(report.other_threads.threads, 0u) << "there is a lane for each";
}

TEST_P(Pictured, ThreadsBeyondTheLimitShareALaneOfTheirEvents) {
  const TimelineReport all = timeline(*tape_, Layer::all, 20, *symbols_);
  ASSERT_GT(all.threads.size(), 3u);
  TimelineReport few;
  few.steps = all.steps;
  take_thread_lanes(few, *tape_, Selection(*tape_, Layer::all), {}, 2);
  const std::vector<TimelineReport::Lane> expected = lanes_of(all, 3), told = lanes_of(few, 3);
  ASSERT_EQ(few.threads.size(), 2u);
  ASSERT_EQ(told.size(), expected.size());
  for (std::size_t i = 0; i < told.size(); ++i) {
    EXPECT_EQ(told[i].tid, expected[i].tid);
    EXPECT_EQ(told[i].threads, expected[i].threads);
    EXPECT_EQ(told[i].events, expected[i].events);
    EXPECT_EQ(told[i].levels, expected[i].levels);
    EXPECT_EQ(std::pair(told[i].first_ns, told[i].last_ns), std::pair(expected[i].first_ns, expected[i].last_ns));
  }
}

TEST_P(Pictured, LanesAreOfChosenThreadsAndNotOfBlocksChosenOtherwise) {
  Choice choice;
  choice.layer = Layer::all;
  const auto lanes_for = [&](const Choice& chosen) {
    return timeline(*tape_, Selection(*tape_, chosen, *symbols_), 20, *symbols_).threads;
  };
  const std::vector<TimelineReport::Lane> all = lanes_for(choice);
  ASSERT_GT(all.size(), 2u);
  choice.threads = {std::to_string(all[0].tid), std::to_string(all[2].tid)};
  const std::vector<TimelineReport::Lane> two = lanes_for(choice);
  ASSERT_EQ(two.size(), 2u);
  EXPECT_EQ(two[0].levels, all[0].levels);
  EXPECT_EQ(two[1].levels, all[2].levels);
  choice.threads.clear();
  choice.size.least = 1;
  EXPECT_TRUE(lanes_for(choice).empty());
}

TEST_P(Pictured, BlocksOfTheTapeThatAreDamagedAreInNoLane) {
  FileBytes bytes = read_bytes(folder_.path("x.tape"));
  const BlockEntry& block = tape_->blocks()[1];
  bytes.at(block.offset + block.stored_bytes - 1) ^= 0x10;
  const TapeReader damaged(folder_.put("damaged.tape", bytes));
  std::uint64_t expected = 0, told = 0;
  const std::vector<Damage> damage = for_each_block(damaged, [&](const BlockEntry&, std::span<const Event> events) {
    for (const Event& event : events) expected += event.kind == EventKind::birth || event.kind == EventKind::release;
  });
  ASSERT_EQ(damage.size(), 1u);
  Symbols symbols(damaged);
  for (const TimelineReport::Lane& lane : timeline(damaged, Layer::all, 20, symbols).threads) told += lane.events;
  EXPECT_EQ(told, expected);
}

TEST_P(Pictured, FewerLanesThanThreadsHaveTheSameEvents) {
  const TimelineReport report = timeline(*tape_, *selection_, 20, *symbols_);
  const auto events_in = [](const std::vector<TimelineReport::Lane>& lanes) {
    std::uint64_t events = 0;
    for (const TimelineReport::Lane& lane : lanes)
      for (const std::uint64_t level : lane.levels) events += level;
    return events;
  };
  for (std::size_t most = 1; most <= report.threads.size(); ++most) {
    const std::vector<TimelineReport::Lane> lanes = lanes_of(report, most);
    EXPECT_EQ(lanes.size(), most);
    EXPECT_EQ(events_in(lanes), events_in(report.threads));
    EXPECT_EQ(lanes.back().threads, report.threads.size() - most + 1);
    if (most == 1) continue;
    EXPECT_EQ(lanes.front().tid, report.threads.front().tid) << "the program's own thread keeps its lane";
  }
}

// One reading shows what several show.
TEST_P(Pictured, AnOverviewHasTheFiguresOfItsParts) {
  std::vector<Selection> selections{*selection_};
  for (const Layer layer : {Layer::user, Layer::program, Layer::all}) selections.emplace_back(*tape_, layer);
  for (const Selection& selection : selections) {
    const OverviewReport report = overview(*tape_, selection, 30, *symbols_);
    if (selection.is_whole()) {
      const SummaryReport expected = summary(*tape_, selection.layer());
      EXPECT_EQ(report.totals, expected.totals);
      EXPECT_EQ(report.rss_peak, expected.rss_peak);
      EXPECT_EQ(report.duration_ns, expected.duration_ns);
    }
    const Costs chosen = top(*tape_, selection, Cost::allocated, *symbols_).total;
    EXPECT_EQ(report.totals.allocations, chosen.count);
    EXPECT_EQ(report.totals.allocated_bytes, chosen.allocated);
    EXPECT_EQ(report.totals.temporary, chosen.temporary);
    EXPECT_EQ(to_json(report.timeline), to_json(timeline(*tape_, selection, 30, *symbols_)));
    EXPECT_EQ(to_json(report.tree),
              to_json(call_tree(*tape_, selection, Cost::peak, TreeReport::Direction::callees, *symbols_)));
    LeaksReport expected = leaks(*tape_, selection, *symbols_);
    expected.growth_from_ns.reset();
    for (std::vector<LeaksReport::Group>* groups : {&expected.groups, &expected.residue})
      for (LeaksReport::Group& group : *groups)
        group = {.label = group.label,
                 .detail = group.detail,
                 .place = group.place,
                 .bytes = group.bytes,
                 .blocks = group.blocks};
    EXPECT_EQ(to_json(report.leaks), to_json(expected));
  }
}

// A tape of events up to 100 µs, whose end is a millisecond later.
class QuietEnd : public ::testing::Test {
 protected:
  QuietEnd() {
    for (std::uint64_t i = 0; i <= 10; ++i) {
      maker_.at(i * 10'000);
      maker_.birth(0x5000 + 0x100 * i, 64 + i, site_);
      if (i % 3 == 2) maker_.release(0x5000 + 0x100 * (i - 1));
    }
  }
  TapeMaker maker_;
  const StackId site_ = maker_.in_program(0x2000);
};

TEST_F(QuietEnd, IsLeftOutOfATimeAxisAndToldWhereItIsMostOfTheRun) {
  const TapeReader tape = maker_.finish();
  const Selection whole(tape, Layer::program), shown = whole.without_quiet_end(tape);
  EXPECT_EQ(shown.end_ns(), 108'333u) << "a twelfth behind the last event";
  ASSERT_TRUE(shown.report().quiet_end);
  EXPECT_EQ(shown.report().quiet_end->from_ns, 100'000u);
  EXPECT_EQ(shown.report().quiet_end->to_ns, 1'100'000u);
  EXPECT_TRUE(shown.is_whole());
  EXPECT_EQ(shown.without_quiet_end(tape).end_ns(), shown.end_ns());

  Symbols symbols(tape);
  const TimelineReport all = timeline(tape, whole, 50, symbols), part = timeline(tape, shown, 50, symbols);
  EXPECT_EQ(part.peak.bytes, all.peak.bytes);
  EXPECT_EQ(part.peak.time_ns, all.peak.time_ns);
  EXPECT_EQ(part.live_at_end, all.live_at_end);
  EXPECT_EQ(part.steps.size(), 50u);
  EXPECT_LT(part.steps.back().begin_ns, part.duration_ns);
  const LifespansReport lives = lifespans(tape, shown, 5, 16, symbols);
  EXPECT_EQ(lives.born, 11u);
  EXPECT_EQ(lives.live, 8u);
  ASSERT_EQ(lives.sites.size(), 1u);
  EXPECT_EQ(lives.sites[0].last_ns, shown.end_ns()) << "what lives on reaches the end of the axis";
}

TEST_F(QuietEnd, StaysWhereARangeWasAskedForAndWhereItIsShort) {
  const auto shown = [](const TapeReader& tape, const Choice& choice) {
    Symbols symbols(tape);
    return Selection(tape, choice, symbols).without_quiet_end(tape);
  };
  const Instant late{.time_ns = 1'050'000}, early{.time_ns = 20'000};
  {
    const TapeReader tape = maker_.finish();
    EXPECT_EQ(shown(tape, {.layer = Layer::program, .to = late}).end_ns(), 1'050'000u);
    EXPECT_EQ(shown(tape, {.layer = Layer::program, .from = early}).end_ns(), 1'100'000u);
    EXPECT_FALSE(shown(tape, {.layer = Layer::program, .from = early}).report().quiet_end);
    EXPECT_TRUE(shown(tape, {.layer = Layer::program, .size = {70, 80}}).report().quiet_end) << "blocks, no range";
  }
  TapeMaker busy, empty;
  busy.at(1'000'000);
  busy.birth(0x5000, 24, busy.in_program(0x2000));
  const TapeReader half = busy.finish(), nothing = empty.finish();
  EXPECT_EQ(shown(half, {.layer = Layer::program}).end_ns(), 2'000'000u);
  EXPECT_EQ(shown(nothing, {.layer = Layer::program}).end_ns(), 1'000'000u);
}

TEST_F(QuietEnd, LeavesTheBucketsOfAPageToWhatHappens) {
  const TapeReader tape = maker_.finish();
  Symbols symbols(tape);
  const RunReport report = run_report(tape, Layer::program, symbols);
  EXPECT_EQ(report.borders.back(), report.timeline.duration_ns);
  EXPECT_EQ(report.timeline.duration_ns, 108'333u);
  EXPECT_EQ(report.summary.duration_ns, 1'100'000u);
  ASSERT_TRUE(report.timeline.selection.quiet_end);
  std::uint64_t born = 0;
  for (const FoldedTree::Node& node : report.callees.nodes)
    for (const LifeCell& cell : node.cells) born += cell.blocks;
  EXPECT_EQ(born, 11u);
}

class Addressed : public ::testing::TestWithParam<unsigned> {};

// Blocks of a story may overlap; these do not.
TEST_P(Addressed, BlocksFillTheRowsOfTheirAddresses) {
  std::mt19937_64 random(GetParam());
  TapeMaker maker;
  const StackId site = maker.in_program(0x2000);
  std::map<std::uint64_t, std::uint64_t> live;
  std::uint64_t last = 0;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    maker.at(last = i * 10'000);
    const std::uint64_t place = (random() % 2 == 0 ? 0x5000'0000 : 0x7fff'0000'0000) + 0x1000 * (random() % 100);
    if (live.erase(place) != 0) {
      maker.release(place);
    } else {
      live[place] = 1 + random() % 0x1000;
      maker.birth(place, live[place], site);
    }
  }
  const TapeReader tape = maker.finish();
  const AddressesReport report = addresses(tape, Selection(tape, Layer::all), 100, 10);
  ASSERT_EQ(report.folded_regions, 0u);
  double told = 0;
  for (std::size_t row = 0; row < report.rows; ++row)
    told += static_cast<double>(report.at(row, report.columns - 1)) * static_cast<double>(report.row_bytes);
  double expected = 0;
  for (const auto& [place, size] : live) expected += static_cast<double>(size);
  EXPECT_NEAR(told, expected, 1e-3 * expected);
  for (const AddressesReport::Region& region : report.regions) {
    std::uint64_t within = 0;
    double shown = 0;
    for (const auto& [place, size] : live)
      if (place >= region.begin && place < region.end) within += size;
    for (std::size_t row = region.first_row; row < region.first_row + region.rows; ++row)
      shown += static_cast<double>(report.at(row, report.columns - 1)) * static_cast<double>(report.row_bytes);
    EXPECT_NEAR(shown, static_cast<double>(within), 1e-3 * expected + 1);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, Addressed, ::testing::Range(0u, 10u));

INSTANTIATE_TEST_SUITE_P(Stories, Pictured, ::testing::Range(0u, 30u));

}  // namespace
}  // namespace heaptape
