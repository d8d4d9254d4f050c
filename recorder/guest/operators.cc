#include "recorder/guest/operators.h"

#include <dlfcn.h>

#include <cstdint>
#include <utility>

#include "recorder/guest/events.h"
#include "recorder/guest/forwarding.h"
#include "recorder/guest/image.h"
#include "recorder/guest/operator_entries.h"
#include "recorder/guest/own_symbols.h"

namespace heaptape::guest {
namespace {

// Every variant has at most three arguments, size or block first: all three are handed on as they came, whatever they
// mean.
using Operator = void* (*)(std::uintptr_t, std::uintptr_t, std::uintptr_t);
Operator next_operators[kOperators];

// Not noexcept: bad_alloc passes through, and leaves a Forwarding behind that is recognised by its position.
template <int kIndex>
[[gnu::noinline]] void* record_new(std::uintptr_t bytes, std::uintptr_t second, std::uintptr_t third) {
  const NextAllocator* next = next_allocator();
  if (next == nullptr) [[unlikely]]
    return pool_allocate(bytes);
  if (next_operators[kIndex] == nullptr) [[unlikely]]
    return next->malloc(bytes);
  ThreadState* thread = is_recording() ? thread_state() : nullptr;
  if (thread == nullptr) return next_operators[kIndex](bytes, second, third);
  const Forwarding outer = begin_forwarding(*thread, frame_position(), nullptr);
  void* block = next_operators[kIndex](bytes, second, third);
  const bool recorded = thread->forwarding.block == block;
  thread->forwarding = outer;
  if (block != nullptr && !recorded) record_birth(block, bytes, Function::operator_new, __builtin_frame_address(0));
  return block;
}

template <int kIndex>
[[gnu::noinline]] void* record_delete(std::uintptr_t block, std::uintptr_t second, std::uintptr_t third) {
  auto* const pointer = reinterpret_cast<void*>(block);
  if (pointer == nullptr || in_pool(pointer)) [[unlikely]]
    return nullptr;
  const NextAllocator* next = next_allocator();
  if (next == nullptr) [[unlikely]]
    return nullptr;
  if (next_operators[kIndex] == nullptr) [[unlikely]] {
    next->free(pointer);
    return nullptr;
  }
  ThreadState* thread = is_recording() ? thread_state() : nullptr;
  if (thread == nullptr) return next_operators[kIndex](block, second, third);
  record_release(pointer, Function::operator_delete);
  const Forwarding outer = begin_forwarding(*thread, frame_position(), pointer);
  next_operators[kIndex](block, second, third);
  thread->forwarding = outer;
  return nullptr;
}

template <int... kIndices>
constexpr auto recorders_of(std::integer_sequence<int, kIndices...>) noexcept {
  struct Recorders {
    Operator of[kOperators];
  };
  return Recorders{{(kIndices < kNewOperators ? record_new<kIndices> : record_delete<kIndices>)...}};
}
constexpr auto kRecorders = recorders_of(std::make_integer_sequence<int, kOperators>());

}  // namespace

void find_operators(const NextAllocator& next) noexcept {
  bool withdrawn[kOperators];
  // A program without C++ has none of them; each vain search would cost an error message.
  const bool any = dlsym(RTLD_NEXT, kOperatorNames[0]) != nullptr;
  for (int i = 0; i < kOperators; ++i) {
    void* found = any ? dlsym(RTLD_NEXT, kOperatorNames[i]) : nullptr;
    next_operators[i] = reinterpret_cast<Operator>(found);
    const bool own = found != nullptr && next.code.holds(found);
    withdrawn[i] = !own;
    heaptape_operator_targets[i] = found == nullptr || own ? reinterpret_cast<void*>(kRecorders.of[i]) : found;
  }
  withdraw(kOperatorNames, withdrawn, kOperators);
}

}  // namespace heaptape::guest

extern "C" void* heaptape_first_operator(std::uintptr_t index) noexcept {
  using namespace heaptape::guest;
  // Not null while the symbols are looked up: whoever calls meanwhile is served from the pool.
  return next_allocator() == nullptr ? reinterpret_cast<void*>(kRecorders.of[index]) : heaptape_operator_targets[index];
}
