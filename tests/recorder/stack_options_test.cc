// How stacks are cut: by --depth, --unwind and --max-stacks, and how the tape and the reports say so.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "tests/support/recording.h"

namespace heaptape::testing {
namespace {

// Frames of the one birth of that size, innermost first.
std::vector<Frame> stack_of(const TapeReader& tape, std::uint64_t size) {
  for (const Event& event : events_of(tape))
    if (event.kind == EventKind::birth && event.size == size) return frames_of(tape, event.stack);
  return {};
}

// As addresses in the modules' files, which are the same from run to run.
std::vector<std::uint64_t> places_of(const TapeReader& tape, const std::vector<Frame>& frames) {
  std::vector<std::uint64_t> places;
  for (const Frame& frame : frames)
    places.push_back(frame.address - tape.modules().at(static_cast<std::size_t>(frame.module)).bias);
  return places;
}

std::vector<std::uint64_t> part(const std::vector<std::uint64_t>& all, std::size_t begin, std::size_t end) {
  return {all.begin() + static_cast<std::ptrdiff_t>(begin), all.begin() + static_cast<std::ptrdiff_t>(end)};
}

struct Recorded {
  std::vector<Frame> frames;
  std::vector<std::uint64_t> places;
  Ledger ledger;
};

Recorded recursion(const std::string& depth, const std::vector<std::string>& options = {}) {
  const ScratchFolder scratch;
  const Finished run = record(scratch.file("a.tape"), {test_program("deep_recursion"), depth}, options);
  EXPECT_EQ(run.status, 0) << run.err;
  const TapeReader tape(scratch.file("a.tape"));
  EXPECT_FALSE(tape.ledger().lossy());
  const std::vector<Frame> frames = stack_of(tape, 700);
  return {frames, places_of(tape, frames), tape.ledger()};
}

// Checks that `cut` is `whole` without what lies between its ends.
void expect_both_ends(const Recorded& cut, const Recorded& whole, std::size_t innermost, std::size_t outermost) {
  ASSERT_EQ(cut.frames.size(), innermost + outermost);
  ASSERT_GT(whole.places.size(), outermost);
  EXPECT_EQ(part(cut.places, 0, innermost), part(whole.places, 0, innermost));
  EXPECT_EQ(part(cut.places, innermost, innermost + outermost),
            part(whole.places, whole.places.size() - outermost, whole.places.size()));
  for (std::size_t i = 0; i < cut.frames.size(); ++i) EXPECT_EQ(cut.frames[i].gap, i == innermost - 1) << i;
  EXPECT_FALSE(cut.frames.back().truncated) << "the outermost frame is there";
  EXPECT_TRUE(cut.frames.front().in_program);
  EXPECT_GE(cut.ledger[Loss::truncated_stacks], 1u);
}

TEST(StackOptions, ADepthKeepsTheInnermostThreeQuartersAndTheOutermostQuarter) {
  const Recorded whole = recursion("100");
  ASSERT_GT(whole.frames.size(), 101u);
  EXPECT_EQ(whole.ledger[Loss::truncated_stacks], 0u);
  expect_both_ends(recursion("100", {"--depth", "16"}), whole, 12, 4);
  expect_both_ends(recursion("100", {"--depth", "5"}), whole, 4, 1);
}

TEST(StackOptions, ADepthThatAStackJustFitsCutsNothing) {
  const Recorded whole = recursion("100");
  const Recorded fitting = recursion("100", {"--depth", std::to_string(whole.frames.size())});
  EXPECT_EQ(fitting.places, whole.places);
  EXPECT_EQ(fitting.ledger[Loss::truncated_stacks], 0u);
  const Recorded tight = recursion("100", {"--depth", std::to_string(whole.frames.size() - 1)});
  EXPECT_EQ(tight.frames.size(), whole.frames.size() - 1);
  EXPECT_EQ(std::count_if(tight.frames.begin(), tight.frames.end(), [](const Frame& frame) { return frame.gap; }), 1);
}

TEST(StackOptions, ADepthOfOneKeepsTheCallerAlone) {
  const Recorded one = recursion("100", {"--depth", "1"});
  ASSERT_EQ(one.frames.size(), 1u);
  EXPECT_TRUE(one.frames[0].truncated);
}

TEST(StackOptions, RecursionBeyondTheLimitKeepsBothEndsToo) {
  expect_both_ends(recursion("3000"), recursion("400"), 384, 128);
}

TEST(StackOptions, TheInnermostAreLeftOfAStackWhoseEndIsOutOfReach) {
  const Recorded deep = recursion("40000");
  ASSERT_EQ(deep.frames.size(), 384u);
  EXPECT_TRUE(deep.frames.back().truncated);
  EXPECT_EQ(part(deep.places, 0, 300), part(recursion("400").places, 0, 300));
  EXPECT_GE(deep.ledger[Loss::truncated_stacks], 1u);
}

TEST(StackOptions, ReportsShowWhereFramesWereLeftOut) {
  const ScratchFolder scratch;
  const std::string tape = scratch.file("a.tape");
  ASSERT_EQ(record(tape, {test_program("deep_recursion"), "100"}, {"--depth", "16"}).status, 0);
  for (const std::string direction : {"callers", "callees"}) {
    const Finished tree = run_command({heaptape_command(), "top", tape, "--tree", direction, "--cost", "count"});
    EXPECT_NE(tree.out.find("[frames left out]"), std::string::npos) << tree.out;
    EXPECT_NE(tree.out.find("distinct stacks that lack frames"), std::string::npos) << tree.out;
    EXPECT_NE(tree.out.find("main"), std::string::npos) << "the outermost frames are there\n" << tree.out;
  }
}

// deep_recursion is compiled with frame pointers, libc is not.
TEST(StackOptions, FramePointersLeadThroughCodeThatHasThem) {
  const Recorded exact = recursion("100"), walked = recursion("100", {"--unwind", "fp"});
  ASSERT_GE(walked.frames.size(), 101u);
  EXPECT_EQ(part(walked.places, 0, 101), part(exact.places, 0, 101));
}

TEST(StackOptions, WithoutWalkingTheCallerAloneIsKnown) {
  const Recorded exact = recursion("100"), walked = recursion("100", {"--unwind", "none"});
  ASSERT_EQ(walked.frames.size(), 1u);
  EXPECT_EQ(walked.places[0], exact.places[0]);
  EXPECT_TRUE(walked.frames[0].truncated);
  EXPECT_GE(walked.ledger[Loss::truncated_stacks], 1u);
}

TEST(StackOptions, StacksAreCutShorterAsTheirTableFillsAndEachStepIsOnTheTape) {
  const ScratchFolder scratch;
  const Finished run = record(scratch.file("a.tape"), {test_program("many_stacks"), "20000"}, {"--max-stacks", "1000"});
  ASSERT_EQ(run.status, 0) << run.err;
  const TapeReader tape(scratch.file("a.tape"));
  std::vector<std::uint64_t> depths;
  std::uint64_t births = 0, without_stack = 0;
  for (const Event& event : events_of(tape)) {
    if (event.kind == EventKind::depth) depths.push_back(event.size);
    if (event.kind != EventKind::birth) continue;
    births += event.size == 31 ? 1 : 0;
    without_stack += event.stack == kEmptyStack ? 1 : 0;
  }
  EXPECT_EQ(births, 20000u);
  // Where the drain gets to run late there is no event between two steps, and the later one is told.
  const std::vector<std::uint64_t> steps{256, 64, 16, 4};
  EXPECT_TRUE(std::includes(steps.begin(), steps.end(), depths.begin(), depths.end(), std::greater<>()));
  ASSERT_FALSE(depths.empty());
  EXPECT_EQ(depths.back(), 4u);
  EXPECT_EQ(tape.ledger()[Loss::depth_changes], 4u);
  EXPECT_EQ(tape.ledger()[Loss::lost_stacks], without_stack);
}

TEST(StackOptions, BeyondTheLastStackEventsAreKeptWithoutOneAndCounted) {
  const ScratchFolder scratch;
  const Finished run = record(scratch.file("a.tape"), {test_program("many_stacks"), "5000"}, {"--max-stacks", "16"});
  ASSERT_EQ(run.status, 0) << run.err;
  const TapeReader tape(scratch.file("a.tape"));
  const std::vector<Event> events = events_of(tape);
  const auto without_stack = std::count_if(events.begin(), events.end(), [](const Event& event) {
    return event.kind == EventKind::birth && event.stack == kEmptyStack;
  });
  EXPECT_GT(without_stack, 4000);
  EXPECT_EQ(tape.ledger()[Loss::lost_stacks], static_cast<std::uint64_t>(without_stack));
  EXPECT_EQ(tape.totals().all.allocations,
            static_cast<std::uint64_t>(std::count_if(
                events.begin(), events.end(), [](const Event& event) { return event.kind == EventKind::birth; })));
}

TEST(StackOptions, WhatIsNoDepthNoWayToWalkAndNoBufferIsRefused) {
  for (const auto& [option, value] : {std::pair{"--depth", "0"}, std::pair{"--depth", "513"},
                                      std::pair{"--unwind", "guess"}, std::pair{"--buffer", "much"}}) {
    const Finished run = record("/nonexistent/a.tape", {"true"}, {option, value});
    EXPECT_EQ(run.status, 2) << option << ' ' << value;
    EXPECT_NE(run.err.find(option), std::string::npos) << run.err;
  }
}

}  // namespace
}  // namespace heaptape::testing
