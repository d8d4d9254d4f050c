// Lifetimes stay whole where they are hard to follow: between threads, short of memory, at a thread's end.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "tests/support/recording.h"
#include "tests/support/soak.h"

namespace heaptape::testing {
namespace {

TEST(Lifetimes, DoNotOverlapWhereThreadsResizeAndFreeEachOthersBlocks) {
  const ScratchFolder scratch;
  const int operations = sized(100'000, 1'250'000);
  const Finished run = record(scratch.file("a.tape"), {test_program("resize_storm"), std::to_string(operations)});
  ASSERT_EQ(run.status, 0) << run.err;
  const TapeReader tape(scratch.file("a.tape"));
  std::map<std::uint64_t, bool> is_live;
  std::uint64_t births = 0, wrong = 0;
  for (const Event& event : events_of(tape)) {
    if (event.kind != EventKind::birth && event.kind != EventKind::release) continue;
    const bool is_birth = event.kind == EventKind::birth;
    births += is_birth ? 1 : 0;
    bool& live = is_live[event.address];
    wrong += live == is_birth ? 1 : 0;
    live = is_birth;
  }
  EXPECT_EQ(wrong, 0u);
  EXPECT_GE(births, 8u * static_cast<unsigned>(operations));
  EXPECT_FALSE(tape.ledger().lossy());
}

TEST(Lifetimes, EndWithTheBlockWhereRequestsFailForWantOfMemory) {
  const ScratchFolder scratch;
  const Finished run = record(scratch.file("a.tape"), {test_program("short_of_memory")});
  ASSERT_EQ(run.status, 0) << run.err;
  std::uint64_t given = 0, failed = 0;
  std::istringstream(run.out) >> given >> failed;
  EXPECT_GT(given, 1000u);
  EXPECT_GT(failed, 1000u);
  const TapeReader tape(scratch.file("a.tape"));
  EXPECT_FALSE(tape.ledger().lossy());
  EXPECT_EQ(tape.totals().program.allocations, given);
  EXPECT_EQ(tape.totals().program.frees, given);
  EXPECT_EQ(tape.totals().program.live_bytes, 0u);
}

TEST(Lifetimes, EndOnTheThreadThatFreesFromADestructorOrACleanUp) {
  const ScratchFolder scratch;
  const Finished run = record(scratch.file("a.tape"), {test_program("thread_ends")});
  ASSERT_EQ(run.status, 0) << run.err;
  const TapeReader tape(scratch.file("a.tape"));
  EXPECT_FALSE(tape.ledger().lossy());
  std::map<std::uint64_t, Event> live;
  std::map<std::uint64_t, int> ended;  // by size
  for (const Event& event : events_of(tape)) {
    if (event.kind == EventKind::birth) live[event.address] = event;
    if (event.kind != EventKind::release || !live.contains(event.address)) continue;
    const Event& birth = live[event.address];
    if (birth.size >= 601 && birth.size <= 604) {
      ++ended[birth.size];
      EXPECT_EQ(event.thread, birth.thread) << birth.size;
      const bool on_main = tape.threads()[static_cast<std::size_t>(event.thread)].tid == tape.meta().pid;
      EXPECT_EQ(on_main, birth.size == 604) << birth.size;
    }
    live.erase(event.address);
  }
  EXPECT_EQ(ended, (std::map<std::uint64_t, int>{{601, 1}, {602, 1}, {603, 1}, {604, 10}}));
}

}  // namespace
}  // namespace heaptape::testing
