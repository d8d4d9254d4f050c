// Preloaded into real programs: every n-th malloc of theirs is walked and compared with libunwind's frames.
//
// Environment: STACK_CHECK_EVERY, n; STACK_CHECK_OUT, the file that gets a line "stacks mismatches truncated" when the
// program ends, and the first stacks that differ.
#include <elf.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <atomic>

#include "recorder/unwind/walk.h"

#define UNW_LOCAL_ONLY
#include <libunwind.h>

extern "C" void* __libc_malloc(std::size_t bytes);

namespace {

using heaptape::unwind::kMaxDepth;

constexpr std::uint32_t kMostReference = 20000;
constexpr int kShown = 3;

// All of it under one lock: who does not get it at once goes without a check.
std::atomic_flag busy = ATOMIC_FLAG_INIT;
heaptape::unwind::Memory memory;
heaptape::unwind::Trace trace;
std::uint64_t reference[kMostReference], walked[kMaxDepth];
std::uint64_t stacks, mismatches, truncated;
char differences[kShown][4096];

heaptape::unwind::SharedRules* rules() {
  static void* const made = mmap(nullptr, sizeof(heaptape::unwind::SharedRules), PROT_READ | PROT_WRITE,
                                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return static_cast<heaptape::unwind::SharedRules*>(made);
}

std::uint32_t epoch() {
  std::uint32_t unloaded = 0;
  dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* answer) {
        *static_cast<std::uint32_t*>(answer) = static_cast<std::uint32_t>(info->dlpi_subs);
        return 1;
      },
      &unloaded);
  return unloaded;
}

// libunwind's frames from the caller of the caller of this function on, as look-up addresses; see walk_test.cc.
[[gnu::noinline]] std::uint32_t take_reference() {
  unw_context_t context;
  unw_cursor_t cursor;
  unw_getcontext(&context);
  unw_init_local(&cursor, &context);
  std::uint32_t count = 0;
  int inside = 2;  // check() and malloc()
  while (unw_step(&cursor) > 0 && count < kMostReference) {
    unw_word_t ip = 0;
    unw_get_reg(&cursor, UNW_REG_IP, &ip);
    if (ip == 0) break;
    const bool interrupted = unw_is_signal_frame(&cursor) > 0;
    if (inside > 0) {
      --inside;
      continue;
    }
    if (interrupted && count != 0) ++reference[count - 1];
    reference[count++] = interrupted ? ip : ip - 1;
  }
  return count;
}

bool equals_reference(const heaptape::unwind::Stack& stack, std::uint32_t count) {
  if (stack.gap == 0) return stack.count == count && memcmp(walked, reference, count * sizeof *walked) == 0;
  const std::uint32_t outermost = stack.count - stack.gap;
  return count > stack.count && memcmp(walked, reference, stack.gap * sizeof *walked) == 0 &&
         memcmp(walked + stack.gap, reference + count - outermost, outermost * sizeof *walked) == 0;
}

std::size_t show(char* text, std::size_t room, const char* name, const std::uint64_t* frames, std::uint32_t count) {
  std::size_t at = static_cast<std::size_t>(snprintf(text, room, "%s", name));
  for (std::uint32_t i = 0; i < count && at + 20 < room; ++i)
    at += static_cast<std::size_t>(snprintf(text + at, room - at, " %lx", static_cast<unsigned long>(frames[i])));
  return at;
}

[[gnu::noinline]] void check(const void* hook) {
  const std::uint32_t count = take_reference();
  const std::uint32_t now = epoch();
  for (int turn = 0; turn < 2; ++turn) {  // the second walk follows the links that the first one left
    const heaptape::unwind::Stack stack = heaptape::unwind::walk(memory, *rules(), now, hook, walked, kMaxDepth, trace);
    ++stacks;
    truncated += stack.truncated ? 1 : 0;
    if (equals_reference(stack, count)) continue;
    if (mismatches < kShown) {
      char* text = differences[mismatches];
      const std::size_t half = sizeof differences[0] / 2;
      const std::size_t at = show(text, half, "ours:", walked, stack.count);
      show(text + at, half, "\nlibunwind:", reference, count);
    }
    ++mismatches;
  }
}

std::uint64_t every() {
  static const std::uint64_t n = [] {
    const char* wanted = getenv("STACK_CHECK_EVERY");
    return wanted == nullptr ? 1 : strtoull(wanted, nullptr, 10);
  }();
  return n == 0 ? 1 : n;
}

[[gnu::destructor]] void report() {
  const char* path = getenv("STACK_CHECK_OUT");
  if (path == nullptr) return;
  while (busy.test_and_set()) {
  }  // no more checks
  FILE* file = fopen(path, "w");
  if (file == nullptr) return;
  fprintf(file, "%lu %lu %lu\n", static_cast<unsigned long>(stacks), static_cast<unsigned long>(mismatches),
          static_cast<unsigned long>(truncated));
  for (std::uint64_t i = 0; i < mismatches && i < kShown; ++i) fprintf(file, "%s\n", differences[i]);
  fclose(file);
}

}  // namespace

extern "C" [[gnu::visibility("default")]] void* malloc(std::size_t bytes) {
  static std::atomic<std::uint64_t> calls{0};
  if (calls.fetch_add(1, std::memory_order_relaxed) % every() == 0 && !busy.test_and_set(std::memory_order_acquire)) {
    memory.has_bounds = false;  // another thread's, perhaps
    check(__builtin_frame_address(0));
    busy.clear(std::memory_order_release);
  }
  return __libc_malloc(bytes);
}
