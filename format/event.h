// The nouns of a tape: what happened, to which block, on which thread, from where.
//
// Plain types without behaviour: safe to include anywhere, under malloc too.
#pragma once

#include <cstdint>

namespace heaptape {

// Index of a thread in its tape, in order of first event.
enum class ThreadId : std::uint32_t {};

// Index of a module (executable or shared library, as loaded at one place) in its tape.
enum class ModuleId : std::uint32_t {};
inline constexpr ModuleId kNoModule{0xffff'ffff};

// A stack is a path in the tape's tree of frames, named by its innermost node. Node 0 is the root,
// the empty stack: what an event bears that has no stack.
enum class StackId : std::uint32_t {};
inline constexpr StackId kEmptyStack{0};

// Index of a string in its tape.
enum class TextId : std::uint32_t {};

// Index of a place marked with HEAPTAPE_TRACK in its tape.
enum class VariableId : std::uint32_t {};

enum class EventKind : std::uint8_t {
  birth = 0,     // a block came to life: address, size, stack, function
  release,       // a block is given back (committed before the real call): address, function
  restored,      // the realloc whose release came before on this thread failed: the block lives on
  mark,          // heaptape_mark(): text
  scope_begin,   // a tracked variable enters its scope: scope, variable, address, size (sizeof)
  scope_read,    // its ownership is read; the `owns` events of that scope and thread follow
  owns,          // one owned block: scope, address (may lie inside the block), size = use count
  scope_end,     // the tracked variable leaves its scope: scope
  pause,         // recording stops here (heaptape_stop())
  resume,        // recording goes on here (heaptape_start())
  rate,          // births from here on are a sample: size = mean bytes between two, 0: every birth is there
  depth,         // stacks from here on keep at most this many frames: size
  passed,        // births of this thread were left out since its newest one on the tape
};
inline constexpr int kEventKinds = 13;

// The entry point that a birth or release came through. A failed realloc and realloc(p, 0) are told
// from an ordinary one by their events, not by this.
enum class Function : std::uint8_t {
  malloc = 0, calloc, realloc, aligned_alloc, memalign, posix_memalign, valloc, pvalloc,
  free, cfree, free_sized, free_aligned_sized,
  operator_new, operator_delete,  // of an allocator that brings its own; libstdc++'s call malloc and free
  extended_alloc, extended_free,  // an allocator's own names: mallocx, tc_malloc, mi_malloc …
};
inline constexpr int kFunctions = 16;

// One event as the writer takes it and the reader gives it. Fields that the kind does not name are 0.
struct Event {
  std::uint64_t time_ns = 0;  // since the start of recording; never decreases along a tape
  std::uint64_t address = 0;
  std::uint64_t size = 0;     // bytes as requested; `owns`: use count (0: sole owner by type)
  StackId stack = kEmptyStack;
  ThreadId thread{};
  std::uint32_t scope = 0;    // number of a tracked scope, unique in its tape
  std::uint32_t reference = 0;  // `mark`: TextId; `scope_begin`: VariableId
  EventKind kind = EventKind::birth;
  Function function = Function::malloc;

  friend bool operator==(const Event&, const Event&) = default;
};

// Three views of one tape. `program`: some frame lies in the executable or in a library that is not
// the system's, _start and the loader apart. `user`: blocks owned by tracked variables.
enum class Layer : std::uint8_t { user = 0, program, all };

}  // namespace heaptape
