#include "recorder/guest/forwarding.h"

#include "recorder/guest/next_allocator.h"

namespace heaptape::guest {
namespace {

bool is_allocators(const void* caller) noexcept {
  const NextAllocator* next = next_allocator();
  // The allocator jumps to us instead of calling: then the caller seems to be our own outer hook.
  return next->code.holds(caller) || next->own_code.holds(caller);
}

}  // namespace

bool birth_is_forwarded(ThreadState& thread, const void* block, const void* hook) noexcept {
  if (!was_left(thread.forwarding.position, frame_position()) && is_allocators(static_cast<void* const*>(hook)[1]))
    return true;
  // Other code runs: the allocator was left by an exception or siglongjmp, or calls back. It is not waited for any
  // longer; but if this block is what the outer hook gets in the end, it is recorded already.
  thread.forwarding = {0, block};
  return false;
}

bool restored_is_forwarded(const ThreadState& thread) noexcept {
  return !was_left(thread.forwarding.position, frame_position());
}

bool release_is_forwarded(ThreadState& thread, const void* block) noexcept {
  if (thread.forwarding.block != block) return false;
  thread.forwarding.block = nullptr;  // once
  return true;
}

}  // namespace heaptape::guest
