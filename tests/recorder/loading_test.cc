// Libraries that come and go while stacks are captured, and frames that are left without returning.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "tests/support/recording.h"
#include "tests/support/soak.h"

namespace heaptape::testing {
namespace {

std::string path_of(const TapeReader& tape, const Frame& frame) {
  return frame.module == kNoModule ? "" : tape.modules()[static_cast<std::size_t>(frame.module)].path;
}

TEST(Loading, EveryFrameNamesTheLibraryThatWasThereNotItsSuccessor) {
  const int rounds = sized(1000, 10000);
  const ScratchFolder scratch;
  const std::string first = test_program("libfirst_plugin.so"), second = test_program("libsecond_plugin.so");
  const Finished run =
      record(scratch.file("a.tape"), {test_program("reused_address"), first, second, std::to_string(rounds)});
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_GT(std::stoi(run.out), rounds / 2) << "the second library is meant to lie where the first one was";
  const TapeReader tape(scratch.file("a.tape"));
  const std::map<std::uint64_t, std::string> owners{{1111, first}, {2222, second}};
  std::map<std::uint64_t, int> births;
  for (const Event& event : events_of(tape)) {
    const auto owner = owners.find(event.size);
    if (event.kind != EventKind::birth || owner == owners.end()) continue;
    ++births[event.size];
    const std::vector<Frame> frames = frames_of(tape, event.stack);
    ASSERT_GE(frames.size(), 3u);
    ASSERT_EQ(path_of(tape, frames[0]), owner->second);
    ASSERT_EQ(path_of(tape, frames[1]), test_program("reused_address"));
    ASSERT_FALSE(frames.back().truncated);
  }
  EXPECT_EQ(births, (std::map<std::uint64_t, int>{{1111, rounds}, {2222, rounds}}));
  EXPECT_FALSE(tape.ledger().lossy());
}

TEST(Loading, ThreadsThatLoadLibrariesNeverHoldUpThoseThatAllocate) {
  const ScratchFolder scratch;
  const Finished run =
      record(scratch.file("a.tape"), {"timeout", "60", test_program("loading_threads"),
                                      test_program("libfirst_plugin.so"), test_program("libsecond_plugin.so")});
  ASSERT_EQ(run.status, 0) << run.err;
  std::uint64_t births = 0;
  for (const std::string& name : scratch.names()) {
    const TapeReader tape(scratch.file(name));
    EXPECT_FALSE(tape.ledger().lossy()) << name;
    EXPECT_EQ(tape.ledger()[Loss::truncated_stacks], 0u) << name;
    for (const Event& event : events_of(tape)) births += event.kind == EventKind::birth && event.size == 57 ? 1 : 0;
  }
  EXPECT_EQ(births, 80'000u);
}

TEST(Jumping, ExceptionsAndLongjmpThroughRecordedFramesLeaveStacksExact) {
  const ScratchFolder scratch;
  const Finished run = record(scratch.file("a.tape"), {test_program("jumping_frames")});
  ASSERT_EQ(run.status, 0) << run.err;
  const TapeReader tape(scratch.file("a.tape"));
  std::map<std::uint64_t, std::uint64_t> births;
  std::map<std::uint64_t, std::set<StackId>> stacks;
  for (const Event& event : events_of(tape)) {
    if (event.kind != EventKind::birth) continue;
    ++births[event.size];
    stacks[event.size].insert(event.stack);
  }
  EXPECT_EQ(births[61], 10'000u);
  EXPECT_EQ(births[62], 10'000u);
  EXPECT_EQ(births[63], 1000u);
  EXPECT_EQ(births[333], 1000u);
  EXPECT_EQ(stacks[61].size(), 10u) << "one for each depth";
  EXPECT_EQ(stacks[62].size(), 10u);
  EXPECT_EQ(stacks[63].size(), 1u);
  EXPECT_EQ(stacks[333].size(), 1u);
  EXPECT_EQ(tape.ledger()[Loss::truncated_stacks], 0u);
  EXPECT_FALSE(tape.ledger().lossy());
}

}  // namespace
}  // namespace heaptape::testing
