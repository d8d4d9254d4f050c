// What the library does inside a program: every call becomes its events, and nothing else does.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>

#include "tests/support/private_place.h"
#include "tests/support/recording.h"
#include "tests/support/soak.h"

namespace heaptape::testing {
namespace {

// "malloc 1001", "free", "restored": births and releases of blocks that main makes, in order.
std::vector<std::string> story_of(const TapeReader& tape, const std::vector<Event>& events) {
  static constexpr const char* kNames[kFunctions] = {
      "malloc", "calloc", "realloc",    "aligned_alloc",      "memalign", "posix_memalign", "valloc", "pvalloc",
      "free",   "cfree",  "free_sized", "free_aligned_sized", "new",      "delete",         "alloc+", "free+"};
  std::vector<std::string> story;
  std::set<std::uint64_t> live;
  for (const Event& event : events) {
    const std::string name = kNames[static_cast<int>(event.function)];
    if (event.kind == EventKind::birth) {
      if (!tape.frames()[static_cast<std::size_t>(event.stack)].in_program) continue;
      live.insert(event.address);
      story.push_back(name + " " + std::to_string(event.size));
    } else if (event.kind == EventKind::release && live.erase(event.address) != 0) {
      story.push_back(event.function == Function::realloc ? "released for realloc" : name);
    } else if (event.kind == EventKind::restored) {
      live.insert(event.address);
      story.push_back("restored");
    }
  }
  return story;
}

TEST(Guest, EachFunctionOfTheFamilyGivesItsEventsAndErrnoIsKept) {
  const ScratchFolder scratch;
  const Finished run = record(scratch.file("a.tape"), {test_program("every_function")});
  ASSERT_EQ(run.status, 0) << run.err;
  const TapeReader tape(scratch.file("a.tape"));
  const std::vector<std::string> expected{
      "malloc 1001", "free", "malloc 0", "free", "calloc 1001", "released for realloc", "realloc 1002",
      "released for realloc", "realloc 100003", "released for realloc", "restored", "free", "realloc 1004",
      "released for realloc", "aligned_alloc 1024", "free", "memalign 1006", "free", "posix_memalign 1007", "free",
      "valloc 1008", "free", "pvalloc 1009", "free", "realloc 1010", "free", "malloc 12", "free",
      // The edges; what failed is not among them.
      "calloc 0", "free", "calloc 0", "free", "realloc 0", "free", "aligned_alloc 1021", "free", "memalign 1022",
      "free", "memalign 1023", "free", "posix_memalign 0", "free", "malloc 1024", "released for realloc",
      "realloc 1025", "released for realloc", "realloc 7", "free", "malloc 1026", "cfree", "malloc 21", "free",
      "malloc 1013", "free"};
  const auto lines = [](const std::vector<std::string>& story) {
    std::string text;
    for (const std::string& line : story) text += line + "\n";
    return text;
  };
  EXPECT_EQ(lines(story_of(tape, events_of(tape))), lines(expected));
  EXPECT_FALSE(tape.ledger().lossy());
}

TEST(Guest, NoEventHasAFrameOfTheRecorderInIt) {
  const ScratchFolder scratch;
  for (const char* name : {"basic_usage", "threads", "phases", "leaking"}) {
    ASSERT_EQ(record(scratch.file("a.tape"), {sample(name)}, {"--force"}).status, 0);
    const TapeReader tape(scratch.file("a.tape"));
    std::uint64_t births = 0;
    for (const Event& event : events_of(tape)) {
      if (event.kind != EventKind::birth) continue;
      ++births;
      const std::vector<Frame> frames = frames_of(tape, event.stack);
      EXPECT_FALSE(frames.empty());
      for (const Frame& frame : frames) {
        ASSERT_NE(frame.module, kNoModule);
        EXPECT_EQ(tape.modules()[static_cast<std::size_t>(frame.module)].path.find("libheaptape"), std::string::npos);
      }
    }
    EXPECT_GT(births, 0u) << name;
  }
}

TEST(Guest, SignalsThatInterruptAnAppendLoseNothingEvenWhenTheyJumpOut) {
  const ScratchFolder scratch;
  const Finished run = record(scratch.file("a.tape"), {test_program("signal_storm")}, {"--buffer", "4MiB"});
  ASSERT_EQ(run.status, 0) << run.err;
  std::uint64_t fired = 0, finished = 0, jumps = 0;
  std::istringstream(run.out) >> fired >> finished >> jumps;
  ASSERT_EQ(jumps, 100u);
  const TapeReader tape(scratch.file("a.tape"));
  std::map<std::string, std::uint64_t> marks;
  for (const Event& event : events_of(tape))
    if (event.kind == EventKind::mark) ++marks[tape.texts()[event.reference]];
  EXPECT_EQ(marks["handler"], fired);
  EXPECT_EQ(marks["after"], 100u);
  EXPECT_GE(marks["main"], finished);
  EXPECT_LE(marks["main"], finished + jumps);
}

// KiB of a program's own memory, and of what it shares.
struct Resident {
  long own = 0, shared = 0;
};
Resident resident_of(const Finished& run) {
  Resident resident;
  std::istringstream(run.out) >> resident.own >> resident.shared;
  return resident;
}

TEST(Guest, TenThousandShortThreadsAreAllRecordedInBoundedMemory) {
  const ScratchFolder scratch;
  const Resident bare = resident_of(run_command({test_program("threads_die"), "10000"}));
  const Finished run = record(scratch.file("a.tape"), {test_program("threads_die"), "10000"}, {"--buffer", "4MiB"});
  ASSERT_EQ(run.status, 0) << run.err;
  const Resident recorded = resident_of(run);
  // 9 threads live at once: 128 KiB each, and what the process has once: rules, seats, state between threads.
  EXPECT_LE(recorded.own, bare.own + 9 * 128 + 2048)
      << "own memory, KiB: " << recorded.own << " recorded, " << bare.own << " plain";
  // The buffer, the table of stacks and the header.
  EXPECT_LE(recorded.shared, bare.shared + 4096 + 256 + 512)
      << "shared memory, KiB: " << recorded.shared << " recorded, " << bare.shared << " plain";
  const TapeReader tape(scratch.file("a.tape"));
  EXPECT_FALSE(tape.ledger().lossy());
  EXPECT_EQ(births_of(tape, 48), 100'000u);
}

TEST(Guest, ThreadsThatHoldTheirChunksAndDoNothingDoNotStarveTheOthers) {
  const ScratchFolder scratch;
  const Finished run = record(scratch.file("a.tape"), {test_program("idle_threads")}, {"--buffer", "1MiB"});
  ASSERT_EQ(run.status, 0) << run.err;
  const TapeReader tape(scratch.file("a.tape"));
  EXPECT_FALSE(tape.ledger().lossy());
  EXPECT_EQ(births_of(tape, 55), 60u);
  EXPECT_EQ(births_of(tape, 56), 50000u);
}

TEST(Guest, SmallSignalStacksAndFibersAtTheEndOfTheirStacksAreSurvived) {
  const ScratchFolder scratch;
  const Finished run = record(scratch.file("a.tape"), {test_program("strange_stacks")});
  ASSERT_EQ(run.status, 0) << run.err;
  const TapeReader tape(scratch.file("a.tape"));
  EXPECT_EQ(births_of(tape, 801), 1u);
  EXPECT_EQ(births_of(tape, 802), 1u);
  EXPECT_EQ(tape.ledger()[Loss::truncated_stacks], 1u) << "the fiber's stack has no outermost frame";
}

TEST(Guest, ThreadsHaveTheirNamesModulesTheirBuildIdsAndRssIsSampled) {
  const ScratchFolder scratch;
  ASSERT_EQ(record(scratch.file("a.tape"), {test_program("named_threads")}).status, 0);
  const TapeReader tape(scratch.file("a.tape"));
  const std::vector<Event> events = events_of(tape);
  const auto birth = std::find_if(events.begin(), events.end(), [](const Event& event) { return event.size == 91; });
  ASSERT_NE(birth, events.end());
  const Thread& thread = tape.threads()[static_cast<std::size_t>(birth->thread)];
  EXPECT_EQ(thread.name, "worker-7");
  EXPECT_NE(thread.tid, tape.meta().pid);
  const auto module =
      std::find_if(tape.modules().begin(), tape.modules().end(), [](const Module& one) { return one.is_executable; });
  ASSERT_NE(module, tape.modules().end());
  EXPECT_EQ(module->path, test_program("named_threads"));
  const Finished notes = run_command({"readelf", "-n", module->path});
  EXPECT_NE(notes.out.find("Build ID: " + module->build_id + "\n"), std::string::npos) << notes.out;
  EXPECT_GE(tape.rss().size(), 5u);
  for (const RssSample& sample : tape.rss()) EXPECT_GT(sample.bytes, 4096u);
}

TEST(Guest, NoBlockIsBornWhileItIsLiveHoweverThreadsReuseAddresses) {
  const ScratchFolder scratch;
  const int pairs = sized(62'500, 625'000);  // of each of 8 threads: 10^6 or 10^7 operations in all
  const Finished run = record(scratch.file("a.tape"), {test_program("reuse_storm"), std::to_string(pairs)});
  ASSERT_EQ(run.status, 0) << run.err;
  const TapeReader tape(scratch.file("a.tape"));
  std::set<std::uint64_t> live;
  std::uint64_t births = 0, wrong = 0;
  tape.for_each([&](std::span<const Event> events) {
    for (const Event& event : events) {
      if (event.kind == EventKind::birth) {
        ++births;
        wrong += live.insert(event.address).second ? 0 : 1;
      }
      if (event.kind == EventKind::release) wrong += live.erase(event.address) == 1 ? 0 : 1;
    }
  });
  EXPECT_GE(births, static_cast<std::uint64_t>(8 * pairs));
  EXPECT_EQ(wrong, 0u);
  EXPECT_FALSE(tape.ledger().lossy());
}

TEST(Guest, StopStartMarkAndFlushWorkAndAFlushedTapeSurvivesAKill) {
  const ScratchFolder scratch;
  const Finished run = record(scratch.file("a.tape"), {test_program("flushes")});
  EXPECT_EQ(run.status, 128 + 9);
  const TapeReader tape(scratch.file("a.tape"));
  std::set<std::uint64_t> sizes;
  std::vector<EventKind> kinds;
  for (const Event& event : events_of(tape)) {
    if (event.kind == EventKind::birth) sizes.insert(event.size);
    if (event.kind != EventKind::birth && event.kind != EventKind::release) kinds.push_back(event.kind);
  }
  EXPECT_TRUE(sizes.contains(501) && sizes.contains(503));
  EXPECT_FALSE(sizes.contains(502));
  EXPECT_EQ(kinds, (std::vector{EventKind::pause, EventKind::resume, EventKind::mark}));
  EXPECT_EQ(tape.ledger()[Loss::earlier_frees], 1u);
  EXPECT_EQ(tape.ledger()[Loss::unmatched_frees], 0u);
  EXPECT_EQ(tape.ending().kind, EndKind::signaled);
}

TEST(Guest, WhatWasFlushedIsInTheFileEvenIfTheDrainDiesNextAndTheProgramGoesOn) {
  const ScratchFolder scratch;
  const PrivatePlace place;
  for (int run = 0; run < 10; ++run) {
    const Finished orphaned =
        record(scratch.file("a.tape"), {test_program("flush_then_orphan")}, {"--force"}, place.options());
    EXPECT_EQ(orphaned.status, 0);  // the program's own
    EXPECT_NE(orphaned.err.find("the drain died"), std::string::npos) << orphaned.err;
    const TapeReader tape(scratch.file("a.tape"));
    EXPECT_EQ(tape.condition(), Condition::cut);
    const std::vector<Event> events = events_of(tape);
    EXPECT_EQ(
        std::count_if(events.begin(), events.end(), [](const Event& event) { return event.kind == EventKind::mark; }),
        1);
  }
}

}  // namespace
}  // namespace heaptape::testing
