#include "recorder/guest/extended.h"

#include <dlfcn.h>
#include <string.h>

#include <cstdint>

#include "recorder/guest/events.h"
#include "recorder/guest/extended_names.h"
#include "recorder/guest/forwarding.h"
#include "recorder/guest/image.h"
#include "recorder/guest/next_allocator.h"
#include "recorder/guest/own_symbols.h"

// Arguments are handed on as they came: five words, of which a function takes as many as it has.
#define HEAPTAPE_PARAMETERS std::uintptr_t a, std::uintptr_t b, std::uintptr_t c, std::uintptr_t d, std::uintptr_t e
#define HEAPTAPE_HOOK extern "C" [[gnu::visibility("default")]]

namespace heaptape::guest {
namespace {

using Word = std::uintptr_t;
using Extended = Word (*)(HEAPTAPE_PARAMETERS);
constexpr int kNone = -1;

// The next definition of each name, beside it.
#define HEAPTAPE_ROW_1(name) name##_row,
#define HEAPTAPE_ROW_3(name, size, times) name##_row,
#define HEAPTAPE_ROW_4(name, block, size, times) name##_row,
enum Row : int {
  HEAPTAPE_EXTENDED_ALLOCS(HEAPTAPE_ROW_3) HEAPTAPE_EXTENDED_REALLOCS(HEAPTAPE_ROW_4)
      HEAPTAPE_EXTENDED_FREES(HEAPTAPE_ROW_1) xallocx_row,
  kRows
};
#define HEAPTAPE_NAME_1(name) #name,
#define HEAPTAPE_NAME_3(name, size, times) #name,
#define HEAPTAPE_NAME_4(name, block, size, times) #name,
constexpr const char* kNames[kRows] = {HEAPTAPE_EXTENDED_ALLOCS(HEAPTAPE_NAME_3) HEAPTAPE_EXTENDED_REALLOCS(
    HEAPTAPE_NAME_4) HEAPTAPE_EXTENDED_FREES(HEAPTAPE_NAME_1) "xallocx"};
constinit Extended next[kRows]{};

// The next definition; the first call may come before any other allocation.
Extended next_of(Row row) noexcept {
  next_allocator();
  return next[row];
}

std::size_t size_of(const Word (&arguments)[5], int size, int times) noexcept {
  return times == kNone ? arguments[size] : arguments[size] * arguments[times];
}

void* pointer(Word word) noexcept { return reinterpret_cast<void*>(word); }

// Calls the next definition. Other hooks that it calls for the same block don't count.
Word call(Extended function, const Word (&words)[5], const void* released, Word frame, bool& recorded) {
  ThreadState* thread = is_recording() ? thread_state() : nullptr;
  if (thread == nullptr) return function(words[0], words[1], words[2], words[3], words[4]);
  const Forwarding outer = begin_forwarding(*thread, frame, released);
  const Word result = function(words[0], words[1], words[2], words[3], words[4]);
  recorded = result != 0 && thread->forwarding.block == pointer(result) && pointer(result) != released;
  thread->forwarding = outer;
  return result;
}

Word allocate(Row row, const Word (&words)[5], int size, int times, const void* hook) {
  const Extended function = next_of(row);
  if (function == nullptr) return 0;
  bool recorded = false;
  const Word block = call(function, words, nullptr, reinterpret_cast<Word>(hook), recorded);
  if (block != 0 && !recorded && is_recording())
    record_birth(pointer(block), size_of(words, size, times), Function::extended_alloc, hook);
  return block;
}

Word reallocate(Row row, const Word (&words)[5], int block, int size, int times, const void* hook) {
  const Extended function = next_of(row);
  if (function == nullptr) return 0;
  void* const old = pointer(words[block]);
  const bool was_told = old != nullptr && is_recording() && record_release(old, Function::realloc);
  bool recorded = false;
  const Word moved = call(function, words, old, reinterpret_cast<Word>(hook), recorded);
  if (moved != 0 && !recorded && is_recording())
    record_birth(pointer(moved), size_of(words, size, times), Function::realloc, hook);
  if (moved == 0 && words[size] != 0 && was_told) record_restored(old);
  return moved;
}

Word release(Row row, const Word (&words)[5], const void* hook) {
  const Extended function = next_of(row);
  if (function == nullptr) return 0;
  void* const block = pointer(words[0]);
  if (block != nullptr && is_recording()) record_release(block, Function::extended_free);
  bool recorded = false;
  return call(function, words, block, reinterpret_cast<Word>(hook), recorded);
}

}  // namespace

void find_extended() noexcept {
  bool withdrawn[kRows];
  // Each vain search costs an error message: whose first name is absent has none.
  const auto is_there = [](const char* name) { return dlsym(RTLD_NEXT, name) != nullptr; };
  const bool tcmalloc = is_there("tc_malloc"), mimalloc = is_there("mi_malloc"), jemalloc = is_there("mallocx");
  for (int i = 0; i < kRows; ++i) {
    const bool any = strncmp(kNames[i], "tc_", 3) == 0   ? tcmalloc
                     : strncmp(kNames[i], "mi_", 3) == 0 ? mimalloc
                                                         : jemalloc;
    next[i] = any ? reinterpret_cast<Extended>(dlsym(RTLD_NEXT, kNames[i])) : nullptr;
    withdrawn[i] = next[i] == nullptr;
  }
  withdraw(kNames, withdrawn, kRows);
}

}  // namespace heaptape::guest

#define HEAPTAPE_ALLOC(name, size, times)                                                  \
  HEAPTAPE_HOOK std::uintptr_t name(HEAPTAPE_PARAMETERS) {                                 \
    using namespace heaptape::guest;                                                       \
    return allocate(name##_row, {a, b, c, d, e}, size, times, __builtin_frame_address(0)); \
  }
#define HEAPTAPE_REALLOC(name, block, size, times)                                                  \
  HEAPTAPE_HOOK std::uintptr_t name(HEAPTAPE_PARAMETERS) {                                          \
    using namespace heaptape::guest;                                                                \
    return reallocate(name##_row, {a, b, c, d, e}, block, size, times, __builtin_frame_address(0)); \
  }
#define HEAPTAPE_FREE(name)                                                  \
  HEAPTAPE_HOOK std::uintptr_t name(HEAPTAPE_PARAMETERS) {                   \
    using namespace heaptape::guest;                                         \
    return release(name##_row, {a, b, c, d, e}, __builtin_frame_address(0)); \
  }

HEAPTAPE_EXTENDED_ALLOCS(HEAPTAPE_ALLOC)
HEAPTAPE_EXTENDED_REALLOCS(HEAPTAPE_REALLOC)
HEAPTAPE_EXTENDED_FREES(HEAPTAPE_FREE)

// Resizes in place and answers the size that the block has then: less than was asked for if it could not grow.
HEAPTAPE_HOOK std::uintptr_t xallocx(std::uintptr_t block, std::uintptr_t bytes, std::uintptr_t extra,
                                     std::uintptr_t flags) {
  using namespace heaptape::guest;
  const auto function = reinterpret_cast<Extended>(next_of(xallocx_row));
  if (function == nullptr) return 0;
  void* const pointer = reinterpret_cast<void*>(block);
  const bool was_told = is_recording() && record_release(pointer, heaptape::Function::realloc);
  const std::uintptr_t usable = function(block, bytes, extra, flags, 0);
  if (usable < bytes && was_told) record_restored(pointer);
  if (usable >= bytes && is_recording())
    record_birth(pointer, bytes, heaptape::Function::realloc, __builtin_frame_address(0));
  return usable;
}
