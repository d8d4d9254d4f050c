// The tape's totals against valgrind's, for the same program run bare.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <regex>

#include "tests/support/recording.h"

namespace heaptape::testing {
namespace {

std::uint64_t number(std::string text) {
  std::erase(text, ',');
  return std::stoull(text);
}

std::vector<Program> programs_but(const std::vector<std::string>& names) {
  std::vector<Program> some;
  for (const char* name : {"basic_usage", "leaking", "threads", "phases"}) some.push_back({name, {sample(name)}, ""});
  if (has_command("sqlite3")) some.push_back({"sqlite3", {"sqlite3", ":memory:"}, HEAPTAPE_SMALL_SQL});
  std::erase_if(some, [&](const Program& program) { return std::ranges::count(names, program.name) != 0; });
  return some;
}
std::string name_of(const ::testing::TestParamInfo<Program>& program) { return program.param.name; }

class Oracle : public ::testing::TestWithParam<Program> {
 protected:
  void SetUp() override {
    if (!has_command("valgrind")) GTEST_SKIP() << "valgrind is not installed";
  }
  // The program run bare by one of valgrind's tools.
  Finished checked(const std::vector<std::string>& options) const {
    std::vector<std::string> words{"valgrind", "--run-libc-freeres=no", "--run-cxx-freeres=no"};
    words.insert(words.end(), options.begin(), options.end());
    words.insert(words.end(), GetParam().command.begin(), GetParam().command.end());
    return run_command(words, input_);
  }
  Finished recorded() const { return record(tape_path_, GetParam().command, {}, input_); }

  const ScratchFolder scratch_;
  const std::string tape_path_ = scratch_.file("a.tape");

 private:
  const CommandOptions input_{.input = GetParam().input, .folder = "", .environment = {}};
};

TEST_P(Oracle, AllocationsFreesAndBytesEqualMemchecks) {
  const Finished oracle = checked({});
  std::smatch found;
  ASSERT_TRUE(std::regex_search(oracle.err, found,
                                std::regex("total heap usage: ([0-9,]+) allocs, ([0-9,]+) frees, ([0-9,]+) bytes")))
      << oracle.err;
  const std::uint64_t allocations = number(found[1]), frees = number(found[2]), bytes = number(found[3]);
  ASSERT_TRUE(std::regex_search(oracle.err, found, std::regex("in use at exit: ([0-9,]+) bytes in ([0-9,]+) blocks")));

  const Finished run = recorded();
  EXPECT_EQ(run.status, oracle.status);
  EXPECT_EQ(run.out, oracle.out);
  const TapeReader tape(tape_path_);
  EXPECT_FALSE(tape.ledger().lossy());
  const Totals& totals = tape.totals().all;
  EXPECT_EQ(totals.allocations, allocations);
  EXPECT_EQ(totals.frees, frees);
  EXPECT_EQ(totals.allocated_bytes, bytes);
  EXPECT_EQ(totals.live_bytes, number(found[1]));
  EXPECT_EQ(totals.live_blocks, number(found[2]));
}

class PeakOracle : public Oracle {};

TEST_P(PeakOracle, BytesAndBlocksEqualDhats) {
  const Finished oracle = checked({"--tool=dhat", "--dhat-out-file=/dev/null"});
  std::smatch found;
  ASSERT_TRUE(std::regex_search(oracle.err, found, std::regex("At t-gmax: +([0-9,]+) bytes in ([0-9,]+) blocks")))
      << oracle.err;
  ASSERT_EQ(recorded().status, oracle.status);
  const TapeReader tape(tape_path_);
  EXPECT_EQ(tape.totals().all.peak_bytes, number(found[1]));
  EXPECT_EQ(tape.totals().all.peak_blocks, number(found[2]));
}

// Massif's clock, told to go by bytes: what has been given and taken, each block as a multiple of 16.
class BytesClock {
 public:
  void take(const Event& event) {
    if (event.kind == EventKind::birth) {
      live_[event.address] = event.size;
      tick(event.size, event.size);
    } else if (event.kind == EventKind::release) {
      if (const auto block = live_.extract(event.address)) tick(block.mapped(), 0 - block.mapped());
    }
  }
  // Live bytes when the clock stood there.
  const std::map<std::uint64_t, std::uint64_t>& heap_at() const { return heap_at_; }

 private:
  void tick(std::uint64_t size, std::uint64_t change) {
    time_ += (size + 15) / 16 * 16;
    heap_at_[time_] = heap_ += change;
  }

  std::map<std::uint64_t, std::uint64_t> live_;  // sizes, by address
  std::map<std::uint64_t, std::uint64_t> heap_at_{{0, 0}};
  std::uint64_t time_ = 0, heap_ = 0;
};

class MassifOracle : public Oracle {};

TEST_P(MassifOracle, LiveBytesEqualMassifsAtEachOfItsInstants) {
  const std::string out = scratch_.file("massif");
  const Finished oracle =
      checked({"--tool=massif", "--time-unit=B", "--heap-admin=0", "--alignment=16", "--massif-out-file=" + out});
  ASSERT_EQ(recorded().status, oracle.status);
  BytesClock clock;
  TapeReader(tape_path_).for_each([&](std::span<const Event> events) {
    for (const Event& event : events) clock.take(event);
  });
  const std::string snapshots = read_file(out);
  const std::regex snapshot("time=([0-9]+)\nmem_heap_B=([0-9]+)\n");
  int instants = 0;
  for (std::sregex_iterator one(snapshots.begin(), snapshots.end(), snapshot), end; one != end; ++one, ++instants) {
    const auto known = clock.heap_at().find(number((*one)[1]));
    ASSERT_NE(known, clock.heap_at().end()) << one->str();
    EXPECT_EQ(known->second, number((*one)[2])) << one->str();
  }
  EXPECT_GT(instants, 1);
}

INSTANTIATE_TEST_SUITE_P(Programs, Oracle, ::testing::ValuesIn(programs_but({})), name_of);
// The peak of the threads sample depends on timing.
INSTANTIATE_TEST_SUITE_P(Programs, PeakOracle, ::testing::ValuesIn(programs_but({"threads"})), name_of);
// What room a block has that was moved by realloc, which sqlite3 does, only valgrind's allocator knows.
INSTANTIATE_TEST_SUITE_P(Programs, MassifOracle, ::testing::ValuesIn(programs_but({"threads", "sqlite3"})), name_of);

// The reference workload's figures, measured once with valgrind (which takes too long for every run).
TEST(Reference, Sqlite3GivesValgrindsTotals) {
  const std::string script = bench_file("sqlite.sql");
  if (script.empty() || !has_command("sqlite3")) GTEST_SKIP() << "the reference workload or sqlite3 is absent";
  const ScratchFolder scratch;
  ASSERT_EQ(
      record(scratch.file("a.tape"), {"sqlite3", ":memory:"}, {}, {.input = script, .folder = "", .environment = {}})
          .status,
      0);
  const TapeReader tape(scratch.file("a.tape"));
  EXPECT_FALSE(tape.ledger().lossy());
  EXPECT_EQ(tape.totals().all.allocations, 1'523'553u);
  EXPECT_EQ(tape.totals().all.frees, 1'523'537u);
  EXPECT_EQ(tape.totals().all.allocated_bytes, 158'232'151u);
  EXPECT_EQ(tape.totals().all.live_bytes, 13'033u);
  EXPECT_EQ(tape.totals().all.live_blocks, 16u);
}

}  // namespace
}  // namespace heaptape::testing
