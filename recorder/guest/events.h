// From a hooked call to a committed record. Every event is committed before the program can act on it.
//
// Under malloc, any thread, signal handlers too; errno is kept.
#pragma once

#include <cstddef>
#include <cstdint>

#include "recorder/guest/image.h"
#include "recorder/guest/lane.h"

namespace heaptape::guest {

// Where filters or sampling are on, most births and releases are seen to be left out by these two, inlined into the
// hooks. False: record_…() is to be asked, which knows exactly.
inline bool leaves_out_birth(std::size_t bytes) noexcept {
  if (image.recorded == nullptr) [[likely]]
    return false;
  ThreadState* thread = noted_thread();
  return thread != nullptr && thread->forwarding.position == 0 &&
         thread->choice.passes_over(bytes, image.least_size, image.is_sampled, thread->tally);
}
inline bool leaves_out_release(const void* block) noexcept {
  return image.recorded != nullptr && !image.recorded->may_hold(reinterpret_cast<std::uint64_t>(block));
}

// Not inlined: the hooks would save registers for them where nothing is recorded.
// `hook`: the frame address of the hooked function, which keeps a frame pointer.
[[gnu::noinline]] void record_birth(const void* block, std::size_t bytes, Function function, const void* hook) noexcept;
// False: the block's birth was left out, and so is this.
[[gnu::noinline]] bool record_release(const void* block, Function function) noexcept;
[[gnu::noinline]] void record_restored(const void* block) noexcept;
// A record without block or payload, or with a text as its payload.
void record_plain(SlotKind kind, std::uint64_t address, std::uint64_t size) noexcept;
void record_text(SlotKind kind, std::uint64_t address, std::uint32_t number, const char* text,
                 std::size_t bytes) noexcept;

}  // namespace heaptape::guest
