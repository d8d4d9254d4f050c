// The tape's totals against valgrind's, for the same program run bare.
#include <gtest/gtest.h>

#include <map>
#include <regex>

#include "tests/support/recording.h"

namespace heaptape::testing {
namespace {

std::uint64_t number(std::string text) {
  std::erase(text, ',');
  return std::stoull(text);
}

std::vector<Program> programs() {
  std::vector<Program> all;
  for (const char* name : {"basic_usage", "leaking", "threads", "phases"}) all.push_back({name, {sample(name)}, ""});
  if (has_command("sqlite3")) all.push_back({"sqlite3", {"sqlite3", ":memory:"}, HEAPTAPE_SMALL_SQL});
  return all;
}

class Oracle : public ::testing::TestWithParam<Program> {
 protected:
  void SetUp() override {
    if (!has_command("valgrind")) GTEST_SKIP() << "valgrind is not installed";
  }
};

TEST_P(Oracle, AllocationsFreesAndBytesEqualMemchecks) {
  const ScratchFolder scratch;
  const CommandOptions input{.input = GetParam().input, .folder = "", .environment = {}};
  std::vector<std::string> checked{"valgrind", "--run-libc-freeres=no", "--run-cxx-freeres=no"};
  checked.insert(checked.end(), GetParam().command.begin(), GetParam().command.end());
  const Finished oracle = run_command(checked, input);
  std::smatch found;
  ASSERT_TRUE(std::regex_search(oracle.err, found,
                                std::regex("total heap usage: ([0-9,]+) allocs, ([0-9,]+) frees, ([0-9,]+) bytes")))
      << oracle.err;
  const std::uint64_t allocations = number(found[1]), frees = number(found[2]), bytes = number(found[3]);
  ASSERT_TRUE(std::regex_search(oracle.err, found, std::regex("in use at exit: ([0-9,]+) bytes in ([0-9,]+) blocks")));

  const Finished run = record(scratch.file("a.tape"), GetParam().command, {}, input);
  EXPECT_EQ(run.status, oracle.status);
  EXPECT_EQ(run.out, oracle.out);
  const TapeReader tape(scratch.file("a.tape"));
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
  const ScratchFolder scratch;
  const CommandOptions input{.input = GetParam().input, .folder = "", .environment = {}};
  std::vector<std::string> checked{"valgrind", "--tool=dhat", "--dhat-out-file=/dev/null", "--run-libc-freeres=no",
                                   "--run-cxx-freeres=no"};
  checked.insert(checked.end(), GetParam().command.begin(), GetParam().command.end());
  const Finished oracle = run_command(checked, input);
  std::smatch found;
  ASSERT_TRUE(std::regex_search(oracle.err, found, std::regex("At t-gmax: +([0-9,]+) bytes in ([0-9,]+) blocks")))
      << oracle.err;
  ASSERT_EQ(record(scratch.file("a.tape"), GetParam().command, {}, input).status, oracle.status);
  const TapeReader tape(scratch.file("a.tape"));
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
  const ScratchFolder scratch;
  const CommandOptions input{.input = GetParam().input, .folder = "", .environment = {}};
  std::vector<std::string> checked{"valgrind",
                                   "--tool=massif",
                                   "--time-unit=B",
                                   "--heap-admin=0",
                                   "--alignment=16",
                                   "--massif-out-file=" + scratch.file("massif"),
                                   "--run-libc-freeres=no",
                                   "--run-cxx-freeres=no"};
  checked.insert(checked.end(), GetParam().command.begin(), GetParam().command.end());
  const Finished oracle = run_command(checked, input);
  ASSERT_EQ(record(scratch.file("a.tape"), GetParam().command, {}, input).status, oracle.status);
  BytesClock clock;
  TapeReader(scratch.file("a.tape")).for_each([&](std::span<const Event> events) {
    for (const Event& event : events) clock.take(event);
  });
  const std::string snapshots = read_file(scratch.file("massif"));
  const std::regex snapshot("time=([0-9]+)\nmem_heap_B=([0-9]+)\n");
  int instants = 0;
  for (std::sregex_iterator one(snapshots.begin(), snapshots.end(), snapshot), end; one != end; ++one, ++instants) {
    const auto known = clock.heap_at().find(number((*one)[1]));
    ASSERT_NE(known, clock.heap_at().end()) << one->str();
    EXPECT_EQ(known->second, number((*one)[2])) << one->str();
  }
  EXPECT_GT(instants, 1);
}

INSTANTIATE_TEST_SUITE_P(Programs, Oracle, ::testing::ValuesIn(programs()),
                         [](const auto& program) { return program.param.name; });

// The peak of the threads sample depends on timing.
std::vector<Program> programs_with_one_peak() {
  std::vector<Program> some = programs();
  std::erase_if(some, [](const Program& program) { return program.name == "threads"; });
  return some;
}
INSTANTIATE_TEST_SUITE_P(Programs, PeakOracle, ::testing::ValuesIn(programs_with_one_peak()),
                         [](const auto& program) { return program.param.name; });

// What room a block has that was moved by realloc, which sqlite3 does, only valgrind's allocator knows.
std::vector<Program> programs_without_realloc() {
  std::vector<Program> some = programs_with_one_peak();
  std::erase_if(some, [](const Program& program) { return program.name == "sqlite3"; });
  return some;
}
INSTANTIATE_TEST_SUITE_P(Programs, MassifOracle, ::testing::ValuesIn(programs_without_realloc()),
                         [](const auto& program) { return program.param.name; });

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
