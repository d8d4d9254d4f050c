// Allocators that bring an `operator new` of their own, preloaded or linked: the program's blocks are told as over
// glibc.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>

#include "tests/support/recording.h"
#include "tests/support/sanitized.h"

namespace heaptape::testing {
namespace {

struct Allocator {
  std::string name;
  std::string library;  // to preload; empty: linked, or glibc's
  std::string program;
  friend void PrintTo(const Allocator& allocator, std::ostream* out) { *out << allocator.name; }
};

class Allocators : public ::testing::TestWithParam<Allocator> {
 protected:
  void SetUp() override {
    if (!GetParam().library.empty() && kSanitized) GTEST_SKIP() << "the command itself would be run with it";
    if (access(test_program(GetParam().program).c_str(), X_OK) != 0) GTEST_SKIP() << "the allocator is not installed";
    if (run().status == 127) GTEST_SKIP() << "the allocator is not installed";
  }

  std::vector<std::string> command() const {
    std::vector<std::string> command{test_program(GetParam().program)};
    if (GetParam().name.starts_with("mimalloc")) command.push_back("without exceptions");
    return command;
  }
  CommandOptions environment() const {
    if (GetParam().library.empty()) return {};
    return {.input = "", .folder = "", .environment = {"LD_PRELOAD=" + GetParam().library}};
  }
  Finished run() const { return run_command(command(), environment()); }
};

// Sizes of the program's own requests are multiples of 64, but for the last. What it throws is none of them.
bool is_requested(const Event& event) {
  return event.kind == EventKind::birth && (event.size % 64 == 0 || event.size == 4711);
}

TEST_P(Allocators, CountEachBlockOnceWithItsSizeAndWithoutAFrameOfTheRecorder) {
  const ScratchFolder scratch;
  const Finished bare = run();
  ASSERT_EQ(bare.status, 0);
  const Finished recorded = record(scratch.file("a.tape"), command(), {}, environment());
  EXPECT_EQ(recorded.status, 0) << recorded.err;
  EXPECT_EQ(recorded.out, bare.out);
  std::uint64_t expected_births = 0, expected_bytes = 0;
  std::istringstream(bare.out) >> expected_births >> expected_bytes;
  ASSERT_EQ(expected_births, 1765u);

  const TapeReader tape(scratch.file("a.tape"));
  EXPECT_FALSE(tape.ledger().lossy());
  const Totals& totals = tape.totals().program;
  EXPECT_EQ(totals.allocations, totals.frees);
  std::uint64_t births = 0, bytes = 0, by_new = 0;
  for (const Event& event : events_of(tape)) {
    if (!is_requested(event)) continue;
    const std::vector<Frame> frames = frames_of(tape, event.stack);
    ASSERT_FALSE(frames.empty());
    if (!frames[0].in_program) continue;
    ++births;
    bytes += event.size;
    by_new += event.function == Function::operator_new ? 1 : 0;
    for (const Frame& frame : frames) {
      ASSERT_NE(frame.module, kNoModule);
      ASSERT_EQ(tape.modules()[static_cast<std::size_t>(frame.module)].path.find("libheaptape"), std::string::npos);
    }
    if (event.function == Function::operator_new) {
      EXPECT_TRUE(tape.modules()[static_cast<std::size_t>(frames[0].module)].is_executable);
    }
  }
  EXPECT_EQ(births, expected_births);
  EXPECT_EQ(bytes, expected_bytes);
  EXPECT_EQ(by_new, GetParam().name == "glibc" ? 0u : 1009u);
}

INSTANTIATE_TEST_SUITE_P(Each, Allocators,
                         ::testing::Values(Allocator{"glibc", "", "allocate_everyhow"},
                                           Allocator{"jemalloc_preloaded", "libjemalloc.so.2", "allocate_everyhow"},
                                           Allocator{"jemalloc_linked", "", "allocate_everyhow_jemalloc"},
                                           Allocator{"tcmalloc_preloaded", "libtcmalloc_minimal.so.4",
                                                     "allocate_everyhow"},
                                           Allocator{"tcmalloc_linked", "", "allocate_everyhow_tcmalloc_minimal"},
                                           Allocator{"mimalloc_preloaded", "libmimalloc.so.2", "allocate_everyhow"},
                                           Allocator{"mimalloc_linked", "", "allocate_everyhow_mimalloc"}),
                         [](const auto& allocator) { return allocator.param.name; });

TEST(Plugins, InCxxOfAProgramInCFindTheirOperatorsWhateverTheAllocator) {
  for (const char* library : {"", "libjemalloc.so.2", "libtcmalloc_minimal.so.4", "libmimalloc.so.2"}) {
    if (library[0] != '\0' && kSanitized) continue;  // the command itself would be run with it
    const ScratchFolder scratch;
    const Finished run = record(scratch.file("a.tape"), {test_program("loads_plugin"), HEAPTAPE_PLUGIN}, {},
                                {.input = "", .folder = "", .environment = {std::string("LD_PRELOAD=") + library}});
    EXPECT_EQ(run.status, 0) << library << ": " << run.err;
    const TapeReader tape(scratch.file("a.tape"));
    EXPECT_FALSE(tape.ledger().lossy()) << library;
    const std::vector<Event> events = events_of(tape);
    EXPECT_EQ(std::count_if(events.begin(), events.end(),
                            [](const Event& event) { return event.kind == EventKind::birth && event.size == 101; }),
              100)
        << library;
  }
}

class OwnNames : public ::testing::TestWithParam<std::string> {};

TEST_P(OwnNames, OfAnAllocatorAreRecordedWhereTheProgramCallsItByThem) {
  const std::string program = test_program("own_names_" + GetParam());
  if (access(program.c_str(), X_OK) != 0) GTEST_SKIP() << "the allocator is not installed";
  const ScratchFolder scratch;
  const Finished run = record(scratch.file("a.tape"), {program});
  EXPECT_EQ(run.status, 0) << run.err;
  std::uint64_t births = 0, bytes = 0;
  std::istringstream(run.out) >> births >> bytes;
  ASSERT_GT(births, 800u);
  const TapeReader tape(scratch.file("a.tape"));
  EXPECT_FALSE(tape.ledger().lossy());
  const Totals& totals = tape.totals().program;
  EXPECT_EQ(totals.allocations, births);
  EXPECT_EQ(totals.allocated_bytes, bytes);
  EXPECT_EQ(totals.frees, births);
}

INSTANTIATE_TEST_SUITE_P(Each, OwnNames, ::testing::Values("jemalloc", "tcmalloc_minimal", "mimalloc"),
                         [](const auto& allocator) { return allocator.param; });

TEST(OwnMalloc, IsSaidByTheClosingLineAndByTheTapeOfAChildToo) {
  const ScratchFolder scratch;
  const Finished run = record(scratch.file("a.tape"), {test_program("own_malloc")});
  EXPECT_EQ(run.status, 0);
  EXPECT_NE(run.err.find("own_malloc' brings its own malloc"), std::string::npos) << run.err;
  EXPECT_TRUE(TapeReader(scratch.file("a.tape")).meta().own_malloc);
  const Finished report = run_command({heaptape_command(), "summary", scratch.file("a.tape")});
  EXPECT_NE(report.out.find("brings its own malloc"), std::string::npos) << report.out;

  const Finished parent = record(scratch.file("b.tape"), {"sh", "-c", test_program("own_malloc") + "; true"});
  EXPECT_NE(parent.err.find("own_malloc' brings its own malloc"), std::string::npos) << parent.err;
  EXPECT_FALSE(TapeReader(scratch.file("b.tape")).meta().own_malloc);
}

TEST(OwnMalloc, IsNotWhatAProgramAtAFixedPlaceHasThatTakesTheAddressOfTheSystems) {
  const ScratchFolder scratch;
  const Finished run = record(scratch.file("a.tape"), {test_program("takes_addresses")});
  EXPECT_EQ(run.status, 0);
  EXPECT_EQ(run.err.find("own malloc"), std::string::npos) << run.err;
  const TapeReader tape(scratch.file("a.tape"));
  EXPECT_FALSE(tape.meta().own_malloc);
  EXPECT_EQ(tape.totals().program.allocations, 1u);
  EXPECT_EQ(tape.totals().program.frees, 1u);
}

}  // namespace
}  // namespace heaptape::testing
