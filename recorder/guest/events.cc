#include "recorder/guest/events.h"

#include "recorder/guest/forwarding.h"
#include "recorder/guest/image.h"
#include "recorder/guest/stack.h"

namespace heaptape::guest {
namespace {

// The slot is taken first, then the stamp: a handler in between gets a later slot and an earlier
// stamp, and order goes by stamp. False: there was no room.
bool append(ThreadState& thread, SlotKind kind, std::uint8_t function, std::uint32_t stack, std::uint64_t address,
            std::uint64_t size) noexcept {
  Append record(thread, 1);
  if (!record) {
    count_dropped();
    return false;
  }
  record.head().stamp = event_stamp();
  record.head().address = address;
  record.head().size = size;
  record.commit(kind, function, stack);
  return true;
}

// The same for a call of a hook, which is counted on both sides of the lane.
bool append_call(ThreadState& thread, SlotKind kind, std::uint8_t function, std::uint32_t stack, std::uint64_t address,
                 std::uint64_t size) noexcept {
  thread.tally.count(Counter::calls);
  if (append(thread, kind, function, stack, address, size)) return true;
  thread.tally.count(Counter::dropped_calls);
  return false;
}

void lose_call() noexcept {
  count_without_thread();
  count_dropped();
}

constexpr std::uint8_t code_of(Function function) noexcept { return static_cast<std::uint8_t>(function); }

std::uint64_t number_of(const void* block) noexcept { return reinterpret_cast<std::uint64_t>(block); }

// Whoever leaves births out is found again at once: see leaves_out().
bool is_chosen(ThreadState& thread, std::size_t bytes, std::uint32_t& rate) noexcept {
  const bool taken = thread.choice.takes(bytes, thread.lane, thread.tally, rate);
  if (thread.tally.has_line()) place_of_thread(thread.control_block).store(&thread, std::memory_order_release);
  return taken;
}

}  // namespace

void record_birth(const void* block, std::size_t bytes, Function function, const void* hook) noexcept {
  ThreadState* thread = thread_state();
  if (thread == nullptr) return lose_call();
  if (thread->forwarding.position != 0 && birth_is_forwarded(*thread, block, hook)) [[unlikely]]
    return;
  std::uint32_t rate = 0;
  const bool chosen = image.recorded != nullptr;
  if (chosen && !is_chosen(*thread, bytes, rate)) return;
  const std::uint32_t stack = capture_stack(*thread, hook);
  const auto code = static_cast<std::uint8_t>(code_of(function) | rate << kRateShift);
  if (!append_call(*thread, SlotKind::birth, code, stack, number_of(block), bytes) || !chosen) [[likely]]
    return;
  image.recorded->insert(number_of(block));
  thread->choice.note_newest(number_of(block), thread->tally);
}

bool record_release(const void* block, Function function) noexcept {
  ThreadState* thread = thread_state();
  if (thread == nullptr) {
    lose_call();
    return false;
  }
  if (thread->forwarding.position != 0 && release_is_forwarded(*thread, block)) [[unlikely]]
    return true;
  if (image.recorded != nullptr && !image.recorded->remove(number_of(block))) return false;
  // Whether it was short-lived can't be seen from the tape where births of this thread were left out meanwhile.
  const bool passed = image.recorded != nullptr && thread->choice.passed_since(number_of(block), thread->tally);
  append_call(*thread, SlotKind::release, code_of(function), 0, number_of(block), passed ? 1 : 0);
  return true;
}

void record_restored(const void* block) noexcept {
  ThreadState* thread = thread_state();
  if (thread == nullptr) return lose_call();
  if (thread->forwarding.position != 0 && restored_is_forwarded(*thread)) [[unlikely]]
    return;
  if (image.recorded != nullptr) image.recorded->insert(number_of(block));
  append_call(*thread, SlotKind::restored, code_of(Function::realloc), 0, number_of(block), 0);
}

void record_plain(SlotKind kind, std::uint64_t address, std::uint64_t size) noexcept {
  ThreadState* thread = thread_state();
  if (thread == nullptr) return count_dropped();
  append(*thread, kind, code_of(Function::malloc), 0, address, size);
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
