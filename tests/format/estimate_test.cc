// What a sample says of the whole, against the whole: programs of known totals, sampled by an own Poisson process.
#include "format/estimate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "format/accounting.h"

namespace heaptape {
namespace {

struct Truth {
  std::vector<Event> events;
  Totals totals;
};

// Blocks of many sizes, most of them small; about a third stays live.
Truth made_up_program(std::uint64_t seed, int births) {
  std::mt19937_64 random(seed);
  Truth truth;
  std::vector<Event> live;
  for (int i = 0; i < births; ++i) {
    const std::uint64_t size = std::uint64_t{1} << random() % 12 | random() % 64;
    truth.events.push_back({.address = 16 * static_cast<std::uint64_t>(i + 1), .size = size});
    live.push_back(truth.events.back());
    if (random() % 3 != 0) {
      const std::size_t which = random() % live.size();
      truth.events.push_back({.address = live[which].address, .kind = EventKind::release});
      live.erase(live.begin() + static_cast<std::ptrdiff_t>(which));
    }
  }
  Accounting whole;
  for (const Event& event : truth.events) whole.take(event, true);
  truth.totals = whole.totals().all;
  return truth;
}

// Bytes are met one after the other, at gaps that the standard library draws.
Estimate sampled(const Truth& truth, std::uint64_t interval, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::exponential_distribution<double> gap(1.0 / static_cast<double>(interval));
  Accounting sample;
  sample.take({.size = interval, .kind = EventKind::rate}, false);
  double next = gap(random), position = 0;
  for (const Event& event : truth.events) {
    if (event.kind == EventKind::birth) {
      position += static_cast<double>(event.size);
      if (next >= position) continue;
      while (next < position) next += gap(random);
    } else if (!sample.is_live(event.address)) {
      continue;
    }
    sample.take(event, true);
  }
  return sample.estimates()->all;
}

struct Figure {
  const char* name;
  std::uint64_t Totals::*value;
  double Variances::*variance;
  bool is_bytes;
  int covered = 0;
  double off = 0, squares = 0;
};

std::vector<Figure> figures() {
  return {{"allocations", &Totals::allocations, &Variances::allocations, false},
          {"allocated bytes", &Totals::allocated_bytes, &Variances::allocated_bytes, true},
          {"frees", &Totals::frees, &Variances::frees, false},
          {"live bytes", &Totals::live_bytes, &Variances::live_bytes, true},
          {"live blocks", &Totals::live_blocks, &Variances::live_blocks, false}};
}

std::vector<Figure> compare(const Truth& truth, std::uint64_t interval, int seeds) {
  std::vector<Figure> all = figures();
  for (int seed = 0; seed < seeds; ++seed) {
    const Estimate estimate = sampled(truth, interval, 1000 + static_cast<std::uint64_t>(seed));
    for (Figure& figure : all) {
      const double off =
          static_cast<double>(estimate.totals.*figure.value) - static_cast<double>(truth.totals.*figure.value);
      const double variance = estimate.variances.*figure.variance;
      const double unit =
          figure.is_bytes ? static_cast<double>(interval) : unit_of_blocks(estimate.totals.*figure.value, variance, 0);
      figure.covered += std::abs(off) <= static_cast<double>(margin_of(variance, unit));
      figure.off += off / seeds;
      figure.squares += off * off / seeds;
    }
  }
  return all;
}

TEST(Estimate, TheMarginHoldsTheTruthAbout95TimesOf100AndThereIsNoBias) {
  constexpr int kSeeds = 1000;
  const Truth truth = made_up_program(1, 4000);
  for (const std::uint64_t interval : {256, 4096}) {
    for (const Figure& figure : compare(truth, interval, kSeeds)) {
      SCOPED_TRACE(std::string(figure.name) + " at " + std::to_string(interval));
      EXPECT_GE(figure.covered, kSeeds * 92 / 100);
      EXPECT_LE(figure.covered, kSeeds * 99 / 100);
      const double error = std::sqrt((figure.squares - figure.off * figure.off) / kSeeds);
      EXPECT_LT(std::abs(figure.off), 4 * error);
    }
  }
}

// Where a handful of blocks is met, or none, the interval is wide enough all the same.
TEST(Estimate, TheMarginIsNotNarrowWhereNextToNothingWasMet) {
  constexpr int kSeeds = 1000;
  const Truth truth = made_up_program(2, 60);
  for (const std::uint64_t interval : {8192, 32768, 1 << 20}) {
    for (const Figure& figure : compare(truth, interval, kSeeds)) {
      if (!figure.is_bytes) continue;
      EXPECT_GE(figure.covered, kSeeds * 90 / 100) << figure.name << " at " << interval;
    }
  }
}

TEST(Estimate, WhereEveryBlockIsThereItIsTheExactTotals) {
  const Truth truth = made_up_program(3, 500);
  Accounting accounting;
  accounting.take({.size = 0, .kind = EventKind::rate}, false);
  EXPECT_FALSE(accounting.estimates()) << "a rate of 0 begins nothing";
  for (const Event& event : truth.events) accounting.take(event, true);
  accounting.take({.size = 1 << 20, .kind = EventKind::rate}, false);
  ASSERT_TRUE(accounting.estimates());
  Totals found = accounting.estimates()->all.totals;
  EXPECT_EQ(found, accounting.totals().all);
  EXPECT_EQ(accounting.estimates()->all.variances.allocated_bytes, 0);
}

TEST(Estimate, ReleasesWithoutABirthAreLeftOutFreesWhereBirthsAre) {
  const Event release{.address = 16, .kind = EventKind::release};
  Accounting filtered(true, Accounting::kUnlimited, true);
  filtered.take(release, false);
  EXPECT_EQ(filtered.ledger()[Loss::left_out_frees], 1u);
  Accounting sampled_later;
  sampled_later.take(release, false);
  sampled_later.take({.size = 100, .kind = EventKind::rate}, false);
  sampled_later.take(release, false);
  EXPECT_EQ(sampled_later.ledger()[Loss::unmatched_frees], 1u);
  EXPECT_EQ(sampled_later.ledger()[Loss::left_out_frees], 1u);
}

}  // namespace
}  // namespace heaptape
