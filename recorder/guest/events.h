// From a hooked call to a committed record. Every event is committed before the program can act on it.
//
// Under malloc, any thread, signal handlers too; errno is kept.
#pragma once

#include <cstddef>
#include <cstdint>

#include "recorder/guest/lane.h"

namespace heaptape::guest {

// `hook`: the frame address of the hooked function, which keeps a frame pointer.
void record_birth(const void* block, std::size_t bytes, Function function, const void* hook) noexcept;
// False: the block's birth was left out, and so is this.
bool record_release(const void* block, Function function) noexcept;
void record_restored(const void* block) noexcept;
// A record without block or payload, or with a text as its payload.
void record_plain(SlotKind kind, std::uint64_t address, std::uint64_t size) noexcept;
void record_text(SlotKind kind, std::uint64_t address, std::uint32_t number, const char* text,
                 std::size_t bytes) noexcept;

}  // namespace heaptape::guest
