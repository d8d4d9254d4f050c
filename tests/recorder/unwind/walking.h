// What a walk needs of a process and of a thread.
#pragma once

#include <sys/mman.h>

#include "recorder/unwind/walk.h"

namespace heaptape::testing {

inline unwind::SharedRules& shared_rules() {
  static auto* rules =
      static_cast<unwind::SharedRules*>(mmap(nullptr, sizeof(unwind::SharedRules), PROT_READ | PROT_WRITE,
                                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
  return *rules;
}

inline unwind::Memory& memory_of_thread() {
  thread_local unwind::Memory memory{};
  return memory;
}

}  // namespace heaptape::testing
