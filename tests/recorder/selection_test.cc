// Filters and sampling: what is left out is counted, and what is there says the truth about the whole.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "format/estimate.h"
#include "tests/support/recording.h"

namespace heaptape::testing {
namespace {

const std::vector<std::string> kProgram{test_program("mixed_sizes"), "20000"};

std::string recorded(const ScratchFolder& scratch, const std::string& name, const std::vector<std::string>& command,
                     const std::vector<std::string>& options) {
  const Finished run = record(scratch.file(name), command, options);
  EXPECT_EQ(run.status, 0) << run.err;
  return scratch.file(name);
}

// What a tape of every event says of those blocks that are large enough.
Totals totals_of_large(const std::vector<Event>& events, std::uint64_t least) {
  Totals totals;
  std::map<std::uint64_t, std::pair<std::uint64_t, std::uint64_t>> live;  // size, birth number on its thread
  std::map<std::pair<ThreadId, int>, std::uint64_t> births;
  for (const Event& event : events) {
    std::uint64_t& newest = births[{event.thread, 0}];
    if (event.kind == EventKind::birth) {
      live[event.address] = {event.size, ++newest};
      if (event.size < least) continue;
      ++totals.allocations;
      totals.allocated_bytes += event.size;
      ++totals.live_blocks;
      totals.live_bytes += event.size;
      if (totals.live_bytes > totals.peak_bytes) {
        totals.peak_bytes = totals.live_bytes;
        totals.peak_blocks = totals.live_blocks;
      }
    } else if (event.kind == EventKind::release) {
      const auto [size, number] = live.at(event.address);
      live.erase(event.address);
      if (size < least) continue;
      ++totals.frees;
      totals.freed_bytes += size;
      --totals.live_blocks;
      totals.live_bytes -= size;
      totals.temporary += number == newest;
    }
  }
  return totals;
}

TEST(Selection, MinSizeLeavesOutTheSmallerBlocksAndNothingElse) {
  const ScratchFolder scratch;
  const TapeReader plain(recorded(scratch, "plain.tape", kProgram, {}));
  const TapeReader large(recorded(scratch, "large.tape", kProgram, {"--min-size", "64"}));
  Totals expected = totals_of_large(events_of(plain), 64);
  const Totals& found = large.totals().all;
  expected.peak_time_ns = found.peak_time_ns;
  expected.peak_event = found.peak_event;
  EXPECT_EQ(found, expected);
  EXPECT_GT(found.temporary, 0u);
  EXPECT_EQ(large.ledger()[Loss::small_births], plain.totals().all.allocations - found.allocations);
  EXPECT_FALSE(large.ledger().lossy());
  EXPECT_FALSE(large.estimates().has_value());
  EXPECT_EQ(large.meta().min_size, 64u);
}

TEST(Selection, ReallocsThatFailAreRightWhetherTheirBlockIsLeftOutOrNot) {
  const ScratchFolder scratch;
  for (const char* least : {"1", "1005", "100000"}) {
    const TapeReader tape(
        recorded(scratch, std::string(least) + ".tape", {test_program("every_function")}, {"--min-size", least}));
    EXPECT_FALSE(tape.ledger().lossy()) << least;
    EXPECT_GT(tape.ledger()[Loss::small_births], 0u) << least;
    for (const Event& event : events_of(tape)) {
      if (event.kind == EventKind::birth) {
        EXPECT_GE(event.size, std::stoull(least));
      }
    }
  }
}

TEST(Selection, RecordLayerProgramKeepsThatLayerExact) {
  const ScratchFolder scratch;
  const std::vector<std::string> command{sample("phases")};
  const TapeReader plain(recorded(scratch, "plain.tape", command, {}));
  const TapeReader ours(recorded(scratch, "ours.tape", command, {"--record-layer", "program"}));
  Totals expected = plain.totals().program;
  Totals found = ours.totals().program;
  expected.peak_time_ns = found.peak_time_ns = expected.peak_event = found.peak_event = 0;
  // The last birth of a thread may be one that is left out; what is temporary must not depend on that.
  EXPECT_EQ(found, expected);
  EXPECT_EQ(ours.totals().all.allocations, found.allocations);
  EXPECT_EQ(ours.totals().all.allocations + ours.ledger()[Loss::other_layer_births], plain.totals().all.allocations);
  EXPECT_FALSE(ours.ledger().lossy());
}

// Beyond the limit the drain does not know which releases are of blocks that it left out; whoever reads the tape does.
TEST(Selection, ALimitOfLiveBlocksChangesNoFigureOfALayer) {
  const ScratchFolder scratch;
  const std::vector<std::string> command{sample("phases")}, layer{"--record-layer", "program"};
  const TapeReader whole(recorded(scratch, "whole.tape", command, layer));
  const TapeReader bounded(
      recorded(scratch, "bounded.tape", command, {"--record-layer", "program", "--max-live", "10"}));
  EXPECT_GT(bounded.ledger()[Loss::unaccounted_births], 0u);
  Totals expected = whole.totals().all, found = bounded.totals().all;
  expected.peak_time_ns = found.peak_time_ns = expected.peak_event = found.peak_event = 0;
  EXPECT_EQ(found, expected);
  EXPECT_FALSE(bounded.ledger().lossy());
  for (const Loss loss : {Loss::other_layer_births, Loss::left_out_frees})
    EXPECT_EQ(bounded.ledger()[loss], whole.ledger()[loss]) << name_of(loss);
}

TEST(Selection, ASampleAndWhatItPassedOverAreTheWhole) {
  const ScratchFolder scratch;
  const std::vector<std::string> command{test_program("mixed_sizes"), "20000", "4"};
  const TapeReader plain(recorded(scratch, "plain.tape", command, {}));
  const TapeReader sampled(recorded(scratch, "sampled.tape", command, {"--sample", "1KiB", "--min-size", "16"}));
  EXPECT_EQ(sampled.totals().all.allocations + sampled.ledger()[Loss::unsampled_births] +
                sampled.ledger()[Loss::small_births],
            plain.totals().all.allocations);
  EXPECT_FALSE(sampled.ledger().lossy());
  EXPECT_LT(sampled.totals().all.allocations, plain.totals().all.allocations / 2);
}

// Eight threads free each other's blocks while others take their addresses: none may be mistaken for another.
TEST(Selection, ReusedAddressesAreTheRightBlocks) {
  const ScratchFolder scratch;
  const TapeReader tape(recorded(scratch, "a.tape", {test_program("reuse_storm")}, {"--sample", "2KiB"}));
  EXPECT_FALSE(tape.ledger().lossy());
  std::set<std::uint64_t> live;
  for (const Event& event : events_of(tape)) {
    if (event.kind == EventKind::birth) {
      EXPECT_TRUE(live.insert(event.address).second);
    }
    if (event.kind == EventKind::release) {
      EXPECT_EQ(live.erase(event.address), 1u);
    }
  }
  EXPECT_EQ(tape.totals().all.live_blocks, live.size());
}

TEST(Selection, ForkedChildrenOfASampledProgramHaveWholeTapes) {
  const ScratchFolder scratch;
  recorded(scratch, "a.tape", {test_program("forks")}, {"--sample", "100"});
  ASSERT_GT(scratch.names().size(), 1u);
  for (const std::string& name : scratch.names()) {
    const TapeReader tape(scratch.file(name));
    EXPECT_EQ(tape.condition(), Condition::whole);
    EXPECT_FALSE(tape.ledger().lossy()) << name;
  }
}

TEST(Selection, TheSameSeedGivesTheSameSample) {
  const ScratchFolder scratch;
  const auto sizes = [&](const std::string& name, const std::string& seed) {
    std::vector<std::uint64_t> found;
    const TapeReader tape(recorded(scratch, name, kProgram, {"--sample", "4KiB", "--sample-seed", seed}));
    for (const Event& event : events_of(tape))
      if (event.kind == EventKind::birth) found.push_back(event.size);
    return found;
  };
  EXPECT_EQ(sizes("a.tape", "7"), sizes("b.tape", "7"));
  EXPECT_NE(sizes("c.tape", "7"), sizes("d.tape", "8"));
}

// Seeds are fixed, and so is the program: what holds here once holds always.
TEST(Selection, EstimatesAreUnbiasedAndTheirMarginsHold) {
  const ScratchFolder scratch;
  const TapeReader plain(recorded(scratch, "plain.tape", kProgram, {}));
  const Totals truth = plain.totals().all;
  constexpr int kRuns = 30;
  struct Figure {
    const char* name;
    std::uint64_t Totals::*value;
    double Variances::*variance;
    double sum = 0, squares = 0;
    int covered = 0;
  };
  Figure figures[] = {{"allocations", &Totals::allocations, &Variances::allocations},
                      {"allocated bytes", &Totals::allocated_bytes, &Variances::allocated_bytes},
                      {"frees", &Totals::frees, &Variances::frees},
                      {"temporary", &Totals::temporary, &Variances::temporary},
                      {"live bytes", &Totals::live_bytes, &Variances::live_bytes},
                      {"live blocks", &Totals::live_blocks, &Variances::live_blocks}};
  for (int seed = 1; seed <= kRuns; ++seed) {
    const TapeReader tape(recorded(scratch, "sampled.tape", kProgram,
                                   {"--force", "--sample", "128", "--sample-seed", std::to_string(seed)}));
    ASSERT_TRUE(tape.estimates().has_value());
    const Estimate& estimate = tape.estimates()->all;
    for (Figure& figure : figures) {
      const auto value = static_cast<double>(estimate.totals.*figure.value);
      const double off = value - static_cast<double>(truth.*figure.value);
      figure.sum += off;
      figure.squares += off * off;
      figure.covered += std::abs(off) <= static_cast<double>(margin_of(estimate.variances.*figure.variance, 0));
    }
    // The largest of a curve that is off here and there is a little too high rather than too low.
    const auto peak = static_cast<double>(truth.peak_bytes);
    EXPECT_NEAR(static_cast<double>(estimate.totals.peak_bytes), peak, peak / 2);
  }
  for (const Figure& figure : figures) {
    const double mean = figure.sum / kRuns;
    const double error = std::sqrt((figure.squares / kRuns - mean * mean) / kRuns);
    EXPECT_LT(std::abs(mean), 3 * error) << figure.name << " of " << truth.*figure.value;
    EXPECT_GE(figure.covered, kRuns * 8 / 10) << figure.name;
  }
}

TEST(Selection, ATapeStaysBelowItsLimitAndGetsSparserInstead) {
  const ScratchFolder scratch;
  const std::vector<std::string> command{test_program("mixed_sizes"), "1000000"};
  const TapeReader plain(recorded(scratch, "plain.tape", command, {}));
  ASSERT_GT(plain.file_bytes(), 1u << 20);
  for (const std::vector<std::string>& more : {std::vector<std::string>{}, {"--sample", "200"}}) {
    std::vector<std::string> options{"--force", "--max-tape", "256KiB", "--sample-seed", "3"};
    options.insert(options.end(), more.begin(), more.end());
    const TapeReader tape(recorded(scratch, "small.tape", command, options));
    EXPECT_EQ(tape.condition(), Condition::whole);
    EXPECT_LE(tape.file_bytes(), 256u << 10);
    EXPECT_FALSE(tape.ledger().lossy()) << tape.ledger()[Loss::unwritten_events];
    std::vector<std::uint64_t> intervals;
    for (const Event& event : events_of(tape))
      if (event.kind == EventKind::rate) intervals.push_back(event.size);
    EXPECT_TRUE(std::is_sorted(intervals.begin(), intervals.end()));
    EXPECT_EQ(intervals.size(), tape.ledger()[Loss::rate_changes] + more.size() / 2);
    EXPECT_GE(tape.ledger()[Loss::rate_changes], 1u);
    EXPECT_EQ(tape.totals().all.allocations + tape.ledger()[Loss::unsampled_births], plain.totals().all.allocations);
    ASSERT_TRUE(tape.estimates().has_value());
    const Estimate& estimate = tape.estimates()->all;
    EXPECT_NEAR(static_cast<double>(estimate.totals.allocated_bytes),
                static_cast<double>(plain.totals().all.allocated_bytes),
                2.5 * static_cast<double>(margin_of(estimate.variances.allocated_bytes, 0)));
  }
}

TEST(Selection, WhatNoSamplingCanThinIsCountedWhereItFindsNoRoom) {
  const ScratchFolder scratch;
  const TapeReader tape(recorded(scratch, "a.tape", {test_program("marks_flood")}, {"--max-tape", "256KiB"}));
  EXPECT_EQ(tape.condition(), Condition::whole);
  EXPECT_LE(tape.file_bytes(), 256u << 10);
  EXPECT_GT(tape.ledger()[Loss::unwritten_events], 0u);
  std::uint64_t marks = 0;
  for (const Event& event : events_of(tape)) marks += event.kind == EventKind::mark;
  EXPECT_GT(marks, 0u);
  EXPECT_LE(marks + tape.ledger()[Loss::unwritten_events], 200'000u + 100);
}

}  // namespace
}  // namespace heaptape::testing
