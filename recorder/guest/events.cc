#include "recorder/guest/events.h"

#include "recorder/guest/forwarding.h"
#include "recorder/guest/image.h"
#include "recorder/guest/stack.h"

namespace heaptape::guest {
namespace {

// The slot is taken first, then the stamp: a handler in between gets a later slot and an earlier
// stamp, and order goes by stamp.
void append(ThreadState& thread, SlotKind kind, Function function, std::uint32_t stack, std::uint64_t address,
            std::uint64_t size) noexcept {
  Append record(thread, 1);
  if (!record) return count_dropped();
  record.head().stamp = event_stamp();
  record.head().address = address;
  record.head().size = size;
  record.commit(kind, static_cast<std::uint8_t>(function), stack);
}

std::uint64_t number_of(const void* block) noexcept { return reinterpret_cast<std::uint64_t>(block); }

}  // namespace

void record_birth(const void* block, std::size_t bytes, Function function, const void* hook) noexcept {
  ThreadState* thread = thread_state();
  if (thread == nullptr) return count_dropped();
  if (thread->forwarding.position != 0 && birth_is_forwarded(*thread, block, hook)) [[unlikely]]
    return;
  const std::uint32_t stack = capture_stack(*thread, hook);
  append(*thread, SlotKind::birth, function, stack, number_of(block), bytes);
}

void record_release(const void* block, Function function) noexcept {
  ThreadState* thread = thread_state();
  if (thread == nullptr) return count_dropped();
  if (thread->forwarding.position != 0 && release_is_forwarded(*thread, block)) [[unlikely]]
    return;
  append(*thread, SlotKind::release, function, 0, number_of(block), 0);
}

void record_restored(const void* block) noexcept {
  ThreadState* thread = thread_state();
  if (thread == nullptr) return count_dropped();
  if (thread->forwarding.position != 0 && restored_is_forwarded(*thread)) [[unlikely]]
    return;
  append(*thread, SlotKind::restored, Function::realloc, 0, number_of(block), 0);
}

void record_plain(SlotKind kind, std::uint64_t address, std::uint64_t size) noexcept {
  ThreadState* thread = thread_state();
  if (thread == nullptr) return count_dropped();
  append(*thread, kind, Function::malloc, 0, address, size);
}

void record_text(SlotKind kind, std::uint64_t address, std::uint32_t number, const char* text,
                 std::size_t bytes) noexcept {
  ThreadState* thread = thread_state();
  if (thread == nullptr) return count_dropped();
  Append record(*thread, 1 + payload_slots(bytes));
  if (!record) return count_dropped();
  record.head().stamp = event_stamp();
  record.head().address = address;
  record.head().size = std::uint64_t{bytes} << 32 | number;
  record.payload(0, text, bytes);
  record.commit(kind, 0, 0);
}

}  // namespace heaptape::guest
