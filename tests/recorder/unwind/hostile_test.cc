// Stacks that are not what a walk expects: smashed frames, code without unwind tables. A walk ends, the program goes
// on.
#include <gtest/gtest.h>
#include <string.h>
#include <sys/mman.h>

#include <random>

#include "recorder/unwind/walk.h"
#include "tests/recorder/unwind/walking.h"
#include "tests/support/soak.h"

namespace heaptape::testing {
namespace {

// Words that lead somewhere: into the stack, into code, into nothing.
class Rubbish {
 public:
  explicit Rubbish(std::uint64_t stack) : stack_(stack) {}
  std::uint64_t word() {
    const std::uint64_t any = random_();
    switch (any % 8) {
      case 0:
        return stack_ + any / 8 % 8192;
      case 1:
        return (stack_ + any / 8 % 65536) & ~std::uint64_t{7};
      case 2:
        return stack_ - any / 8 % 65536;
      case 3:
        return reinterpret_cast<std::uint64_t>(&shared_rules) + any / 8 % 100'000;
      case 4:
        return reinterpret_cast<std::uint64_t>(&qsort) + any / 8 % 500'000;
      case 5:
        return any / 8 % 100'000;
      case 6:
        return 0xffff'8000'0000'0000 | any;
      default:
        return any;
    }
  }

 private:
  std::uint64_t stack_;
  std::mt19937_64 random_{12345};
};

TEST(HostileStack, SmashedFramesEndTheWalkAndNothingElse) {
  const int rounds = sized(20'000, 1'000'000);
  static std::uint64_t frames[unwind::kMaxDepth];
  static unwind::Trace trace;
  std::uint64_t fake[512];
  Rubbish rubbish(reinterpret_cast<std::uint64_t>(fake));
  std::uint64_t walked = 0;
  for (int round = 0; round < rounds; ++round) {
    for (std::uint64_t& word : fake) word = rubbish.word();
    const auto* frame = fake + round % 256;
    const std::uint32_t depth = 1 + static_cast<std::uint32_t>(round) % unwind::kMaxDepth;
    walked += unwind::walk(memory_of_thread(), shared_rules(), 0, frame, frames, depth, trace).count;
    walked += unwind::walk_by_frame_pointers(memory_of_thread(), frame, frames, depth).count;
  }
  EXPECT_GT(walked, static_cast<std::uint64_t>(rounds));
}

// Code made at run time, as a compiler of scripts makes it.
class MadeCode {
 public:
  explicit MadeCode(const std::vector<unsigned char>& bytes) {
    page_ = mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memcpy(page_, bytes.data(), bytes.size());
  }
  ~MadeCode() { munmap(page_, 4096); }
  MadeCode(const MadeCode&) = delete;
  MadeCode& operator=(const MadeCode&) = delete;
  // Inlined, so that no frame of its own lies between.
  [[gnu::always_inline]] void call(void (*leaf)()) const { reinterpret_cast<void (*)(void (*)())>(page_)(leaf); }
  bool holds(std::uint64_t address) const { return address - reinterpret_cast<std::uint64_t>(page_) < 4096; }

 private:
  void* page_;
};

std::uint64_t frames_here[unwind::kMaxDepth];
unwind::Stack stack_here;
unwind::Trace trace_here;
[[gnu::noinline]] void walk_here() {
  stack_here = unwind::walk(memory_of_thread(), shared_rules(), 0, __builtin_frame_address(0), frames_here,
                            unwind::kMaxDepth, trace_here);
}

TEST(HostileStack, CodeWithoutUnwindTablesIsCrossedByItsFramePointer) {
  // push %rbp; mov %rsp,%rbp; call *%rdi; pop %rbp; ret
  const MadeCode code({0x55, 0x48, 0x89, 0xe5, 0xff, 0xd7, 0x5d, 0xc3});
  walk_here();
  const unwind::Stack direct = stack_here;
  const std::vector<std::uint64_t> expected(frames_here, frames_here + direct.count);
  code.call(walk_here);
  ASSERT_EQ(stack_here.count, direct.count + 1);
  EXPECT_FALSE(stack_here.truncated);
  EXPECT_TRUE(code.holds(frames_here[0]));
  EXPECT_TRUE(std::equal(expected.begin() + 1, expected.end(), frames_here + 2));
}

TEST(HostileStack, CodeWithNeitherTablesNorFramePointerCutsTheWalk) {
  // push %rbp; mov $0x1234567,%ebp; call *%rdi; pop %rbp; ret
  const MadeCode code({0x55, 0xbd, 0x67, 0x45, 0x23, 0x01, 0xff, 0xd7, 0x5d, 0xc3});
  code.call(walk_here);
  EXPECT_EQ(stack_here.count, 1u);
  EXPECT_TRUE(stack_here.truncated);
  EXPECT_TRUE(code.holds(frames_here[0]));
}

}  // namespace
}  // namespace heaptape::testing
