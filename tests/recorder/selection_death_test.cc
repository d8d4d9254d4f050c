// A drain that is killed while births are left out: what it had counted is counted in the recovered tape, once.
#include <gtest/gtest.h>

#include "tests/support/private_place.h"
#include "tests/support/recording.h"
#include "tests/support/sanitized.h"
#include "tests/support/soak.h"

namespace heaptape::testing {
namespace {

using Options = std::vector<std::string>;

// Records that a tape tells of, or that are counted: the same for a program that does the same.
std::uint64_t records_of(const TapeReader& tape) {
  const Ledger& ledger = tape.ledger();
  std::uint64_t records = ledger[Loss::other_layer_births] + ledger[Loss::unsampled_births] +
                          ledger[Loss::left_out_frees] + ledger[Loss::dropped_events];
  for (const Event& event : events_of(tape))
    records += event.kind != EventKind::rate && event.kind != EventKind::passed && event.kind != EventKind::depth;
  return records;
}

std::uint64_t told_births(const TapeReader& tape) {
  const Ledger& ledger = tape.ledger();
  return tape.totals().all.allocations + ledger[Loss::small_births] + ledger[Loss::unsampled_births];
}

class SelectionDeath : public ::testing::Test {
 protected:
  void SetUp() override {
    if (kSanitized) GTEST_SKIP() << "nothing can be preloaded into a sanitised tool";
  }
  std::string path() const { return scratch_.file("a.tape"); }
  std::vector<std::string> program(int pairs) const {
    return {test_program("counting_threads"), "3", std::to_string(pairs), "nobody", "0"};
  }
  // Recorded once in peace.
  std::uint64_t calm_records(int pairs) {
    EXPECT_EQ(record(scratch_.file("calm.tape"), program(pairs), {"--force"}, place_.options()).status, 0);
    return TapeReader(scratch_.file("calm.tape")).events();
  }
  std::uint64_t calm_births() const { return TapeReader(scratch_.file("calm.tape")).totals().all.allocations; }
  // The drain is killed at its n-th write, and the session recovered. False: it had no more to write.
  bool record_and_recover(const std::string& how, int write, int pairs, Options options) {
    CommandOptions run = place_.options();
    run.environment.push_back("LD_PRELOAD=" + test_program("libfaulty_writes.so"));
    run.environment.push_back("HEAPTAPE_TEST_WRITES=" + how + " " + std::to_string(write));
    options.push_back("--force");
    const Finished orphaned = record(path(), program(pairs), options, run);
    // 125: it had reaped the command, and died before it could say how that ended.
    EXPECT_TRUE(orphaned.status == 0 || orphaned.status == 125) << orphaned.err;
    if (orphaned.err.find("drain died") == std::string::npos) return false;
    const Finished recovered = run_command({heaptape_command(), "recover"}, place_.options());
    EXPECT_TRUE(recovered.status == 0 || recovered.status == 4) << recovered.out << recovered.err;
    EXPECT_TRUE(place_.sessions().empty());
    return true;
  }

  ScratchFolder scratch_;
  PrivatePlace place_;
};

TEST_F(SelectionDeath, CountsOfAThinnedTapeAreExactWhereverItsDrainDied) {
  constexpr int kPairs = 30'000;
  const std::uint64_t expected = calm_records(kPairs);
  int recoveries = 0, thinned = 0;
  for (const char* how : {"before", "half", "after"})
    for (int write = 2; write <= sized(400, 800); write = write * 3 / 2 + 1) {
      SCOPED_TRACE(how + std::string(" write ") + std::to_string(write));
      if (!record_and_recover(how, write, kPairs, {"--max-tape", "256KiB"})) continue;
      ++recoveries;
      const TapeReader tape(path());
      EXPECT_EQ(tape.condition(), Condition::whole);
      EXPECT_LE(tape.file_bytes(), 256u << 10);
      EXPECT_EQ(records_of(tape), expected);
      EXPECT_EQ(tape.ledger()[Loss::lost_stacks], 0u);
      EXPECT_EQ(tape.ledger()[Loss::unmatched_frees], 0u);
      thinned += tape.ledger()[Loss::unsampled_births] != 0;
    }
  EXPECT_GT(recoveries, 10);
  EXPECT_GT(thinned, 2);
}

TEST_F(SelectionDeath, CountsOfTheProgramOutliveTheDrain) {
  constexpr int kPairs = 10'000;
  calm_records(kPairs);
  int exact = 0;
  for (const Options& options : {Options{"--min-size", "30000"}, Options{"--sample", "256KiB"},
                                 Options{"--sample", "1MiB", "--min-size", "100"}})
    for (int write = 1; write <= 4; ++write) {
      SCOPED_TRACE(options[0] + " write " + std::to_string(write));
      if (!record_and_recover("half", write, kPairs, options)) continue;
      const TapeReader tape(path());
      const std::uint64_t dropped = tape.ledger()[Loss::dropped_events];  // births or releases, after the drain's death
      EXPECT_LE(told_births(tape), calm_births());
      EXPECT_GE(told_births(tape) + dropped, calm_births());
      EXPECT_EQ(tape.ledger()[Loss::unmatched_frees] + tape.ledger()[Loss::overlapping_births], 0u);
      exact += dropped == 0;
      EXPECT_EQ(tape.estimates().has_value(), options[0] == "--sample");
      EXPECT_TRUE(tape.meta().is_filtered());
    }
  EXPECT_GT(exact, 3);
}

TEST_F(SelectionDeath, CountsOfALayerAreExactToo) {
  constexpr int kPairs = 10'000;
  const std::uint64_t expected = calm_records(kPairs);
  for (int write = 1; write <= 5; ++write) {
    SCOPED_TRACE(write);
    if (!record_and_recover("before", write, kPairs, {"--record-layer", "program"})) continue;
    const TapeReader tape(path());
    EXPECT_EQ(records_of(tape), expected);
    EXPECT_GT(tape.ledger()[Loss::other_layer_births], 0u);
    EXPECT_EQ(tape.meta().record_layer, Layer::program);
  }
}

}  // namespace
}  // namespace heaptape::testing
