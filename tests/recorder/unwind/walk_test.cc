// The walk against libunwind's, frame by frame.
#include "recorder/unwind/walk.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <map>
#include <string>

#include "tests/recorder/unwind/cases.h"
#include "tests/recorder/unwind/walking.h"

#define UNW_LOCAL_ONLY
#include <libunwind.h>

#define HEAPTAPE_CASE(how) HEAPTAPE_CASES(how)
#include "unwind_cases.inc"
#undef HEAPTAPE_CASE

namespace heaptape::testing {
namespace {

struct Compilation {
  const char* how;
  std::vector<Shape> (*shapes)();
};
const Compilation kCompilations[] = {
#define HEAPTAPE_CASE(how) {#how, how::shapes},
#include "unwind_cases.inc"
#undef HEAPTAPE_CASE
};

// libunwind's frames from the caller of the caller on, as look-up addresses. It calls the interrupted frame the
// signal frame; the one before it is the trampoline, which nothing called either.
std::vector<std::uint64_t> reference() {
  std::vector<std::uint64_t> frames;
  unw_context_t context;
  unw_cursor_t cursor;
  unw_getcontext(&context);
  unw_init_local(&cursor, &context);
  while (unw_step(&cursor) > 0) {
    unw_word_t ip = 0;
    unw_get_reg(&cursor, UNW_REG_IP, &ip);
    if (ip == 0) break;
    const bool interrupted = unw_is_signal_frame(&cursor) > 0;
    if (interrupted && !frames.empty()) ++frames.back();
    frames.push_back(interrupted ? ip : ip - 1);
  }
  frames.erase(frames.begin());
  return frames;
}

struct Comparison {
  std::uint64_t stacks = 0, truncated = 0, recalled = 0;
  std::vector<std::string> differences;
};
Comparison comparison;

std::string show(const std::uint64_t* frames, std::size_t count) {
  std::string text;
  char number[32];
  for (std::size_t i = 0; i < count; ++i) {
    snprintf(number, sizeof number, " %zx", static_cast<std::size_t>(frames[i]));
    text += number;
  }
  return text;
}

unwind::Recalls& recalls_of_thread() {
  thread_local unwind::Recalls recalls{};
  return recalls;
}

// Stacks by number, from 1.
std::vector<std::vector<std::uint64_t>> remembered;
std::uint32_t remember(const std::vector<std::uint64_t>& stack) {
  remembered.push_back(stack);
  return static_cast<std::uint32_t>(remembered.size());
}

// A recalled stack must be the one that is there now.
void compare_recalled(std::uint64_t frame, const std::vector<std::uint64_t>& expected) {
  const std::uint32_t number = recalls_of_thread().find(frame, 0);
  if (number == 0) return;
  ++comparison.recalled;
  const std::vector<std::uint64_t>& known = remembered[number - 1];
  if (known == expected) return;
  comparison.differences.push_back("recalled:" + show(known.data(), known.size()) +
                                   "\nlibunwind:" + show(expected.data(), expected.size()));
}

[[gnu::noinline]] void compare_here() {
  const std::vector<std::uint64_t> expected = reference();
  static thread_local std::uint64_t frames[unwind::kMaxDepth];
  static thread_local unwind::Trace trace;
  compare_recalled(reinterpret_cast<std::uint64_t>(__builtin_frame_address(0)), expected);
  // Twice: the second walk follows the links that the first one left.
  for (int turn = 0; turn < 2; ++turn) {
    const unwind::Stack walked = unwind::walk(memory_of_thread(), shared_rules(), 0, __builtin_frame_address(0), frames,
                                              unwind::kMaxDepth, trace);
    ++comparison.stacks;
    comparison.truncated += walked.truncated ? 1 : 0;
    if (walked.count == expected.size() && std::equal(expected.begin(), expected.end(), frames)) continue;
    comparison.differences.push_back("ours:" + show(frames, walked.count) +
                                     "\nlibunwind:" + show(expected.data(), expected.size()));
  }
  recalls_of_thread().keep(reinterpret_cast<std::uint64_t>(__builtin_frame_address(0)), 0, trace, remember(expected));
}

class Walk : public ::testing::TestWithParam<Compilation> {};

TEST_P(Walk, GivesLibunwindsFramesForEveryShapeOfCall) {
  std::uint64_t recalled = 0;
  for (const Shape& shape : GetParam().shapes()) {
    comparison = {};
    for (int turn = 0; turn < 3; ++turn) shape.run(compare_here);
    recalled += comparison.recalled;
    EXPECT_GT(comparison.stacks, 0u) << shape.name;
    EXPECT_EQ(comparison.truncated, 0u) << shape.name;
    EXPECT_TRUE(comparison.differences.empty())
        << shape.name << " (" << comparison.differences.size() << " of " << comparison.stacks << " stacks)\n"
        << comparison.differences.front();
  }
  EXPECT_GT(recalled, 0u);
}

INSTANTIATE_TEST_SUITE_P(Compilations, Walk, ::testing::ValuesIn(kCompilations),
                         [](const auto& compilation) { return std::string(compilation.param.how); });

[[gnu::noinline]] int deeper(int depth) {
  if (depth == 0) {
    static std::uint64_t frames[unwind::kMaxDepth];
    static unwind::Trace trace;
    const unwind::Stack walked = unwind::walk(memory_of_thread(), shared_rules(), 0, __builtin_frame_address(0), frames,
                                              unwind::kMaxDepth, trace);
    EXPECT_FALSE(trace.complete);
    EXPECT_FALSE(walked.truncated);
    EXPECT_EQ(walked.count, unwind::kMaxDepth);
    EXPECT_EQ(walked.gap, 384u);
    const std::vector<std::uint64_t> whole = reference();
    EXPECT_TRUE(std::equal(frames + 1, frames + walked.gap, whole.begin() + 1));
    EXPECT_TRUE(std::equal(frames + walked.gap, frames + walked.count, whole.end() - 128));
    return 1;
  }
  volatile int more = deeper(depth - 1);
  return more + 1;
}

TEST(WalkLimits, AStackDeeperThanTheLimitKeepsBothEnds) {
  for (const int depth : {600, 1000, 5000}) EXPECT_EQ(deeper(depth), depth + 1);
}

// A frame whose saved frame pointer and return address are rubbish must end the walk, not the program.
TEST(WalkLimits, RubbishOnTheStackEndsTheWalk) {
  static std::uint64_t frames[unwind::kMaxDepth];
  static unwind::Trace trace;
  for (const std::uint64_t rubbish :
       {std::uint64_t{1}, std::uint64_t{0xdeadbeefdeadbeef}, ~std::uint64_t{0}, std::uint64_t{0x1000}}) {
    std::uint64_t fake[64];
    for (std::uint64_t& word : fake) word = rubbish;
    const unwind::Stack walked =
        unwind::walk(memory_of_thread(), shared_rules(), 0, fake, frames, unwind::kMaxDepth, trace);
    EXPECT_TRUE(walked.truncated);
    EXPECT_LE(walked.count, 2u);
  }
}

TEST(WalkLimits, ANewEpochForgetsRememberedRules) {
  static std::uint64_t one[unwind::kMaxDepth], two[unwind::kMaxDepth];
  static unwind::Trace trace;
  const unwind::Stack first =
      unwind::walk(memory_of_thread(), shared_rules(), 0, __builtin_frame_address(0), one, unwind::kMaxDepth, trace);
  const unwind::Stack second =
      unwind::walk(memory_of_thread(), shared_rules(), 1, __builtin_frame_address(0), two, unwind::kMaxDepth, trace);
  EXPECT_EQ(first.count, second.count);
  EXPECT_TRUE(std::equal(one, one + first.count, two));
  EXPECT_EQ(memory_of_thread().epoch, 1u);
}

// Frames that a recalled walk is told by: a word of the stack that the walk has read, and one that it has not.
TEST(Recall, AnythingThatTheWalkReadTellsItFromAnotherAndNothingElseDoes) {
  static unwind::Recalls recalls;
  std::uint64_t words[16];
  for (std::uint64_t& word : words) word = 1000 + static_cast<std::uint64_t>(&word - words);
  const auto frame = reinterpret_cast<std::uint64_t>(words);
  unwind::Trace trace;
  for (const std::uint64_t read : {1, 4, 9}) trace.add(frame + read * 8);
  EXPECT_EQ(recalls.find(frame, 7), 0u);
  recalls.keep(frame, 7, trace, 42);
  EXPECT_EQ(recalls.find(frame, 7), 42u);
  EXPECT_EQ(recalls.find(frame, 8), 0u);
  for (std::uint64_t i = 2; i < 16; ++i) {
    const std::uint64_t kept = words[i];
    words[i] = 5;
    EXPECT_EQ(recalls.find(frame, 7), i == 4 || i == 9 ? 0u : 42u) << i;
    words[i] = kept;
  }
  recalls.forget();
  EXPECT_EQ(recalls.find(frame, 7), 0u);
  trace.complete = false;
  recalls.keep(frame, 7, trace, 42);
  EXPECT_EQ(recalls.find(frame, 7), 0u);
}

TEST(Recall, AFewWalksFromOnePlaceAreKnownSideBySide) {
  static unwind::Recalls recalls;
  std::uint64_t words[16] = {};
  const auto frame = reinterpret_cast<std::uint64_t>(words);
  unwind::Trace trace;
  for (std::uint64_t i = 1; i < 16; ++i) trace.add(frame + i * 8);
  for (std::uint32_t turn = 0; turn < 2; ++turn)
    for (std::uint32_t walk = 1; walk <= 3; ++walk) {
      words[5] = walk;
      EXPECT_EQ(recalls.find(frame, 0), turn == 0 ? 0u : walk);
      if (turn == 0) recalls.keep(frame, 0, trace, walk);
    }
}

}  // namespace
}  // namespace heaptape::testing
