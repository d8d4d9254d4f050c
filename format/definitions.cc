#include "format/definitions.h"

#include <algorithm>

#include "format/frame_flags.h"
#include "format/stored_column.h"
#include "format/string_budget.h"
#include "format/varint.h"
#include "format/verify_root.h"

namespace heaptape {
namespace {

// Enters the members of one list, if the block has it.
template <typename List, typename Stored, typename Make>
bool add_all(List& list, std::uint32_t first, const Stored* stored, const StringBudget& budget, Make make) {
  if (stored == nullptr || stored->size() == 0) return true;
  if (!list.skip_to(first)) return false;
  for (const auto* item : *stored) {
    list.add(make(item));
    if (budget.is_exceeded()) return false;
  }
  return true;
}

bool rename_threads(std::vector<Thread>& threads, const fb::Definitions& block, StringBudget& budget) {
  if (block.renames() == nullptr) return true;
  for (const auto* rename : *block.renames()) {
    // The thread may lie in a lost block; then its name is lost with it.
    if (rename->thread() < threads.size()) threads[rename->thread()].name = budget.copy(rename->name());
    if (budget.is_exceeded()) return false;
  }
  return true;
}

// Marks the frames, of those from `first` on, whose callers were left out.
bool mark_gaps(std::vector<Frame>& frames, std::uint64_t first, VarintCursor gaps) {
  for (std::uint64_t id = first - 1; !gaps.at_end();) {
    const std::uint64_t step = gaps.next();
    if (step == 0 || step >= frames.size() - id) return false;
    id += step;
    frames[id].gap = true;
  }
  return gaps.consumed();
}

bool add_frames(Definitions& to, const fb::Definitions& block) {
  if (block.frame_count() == 0) return true;
  const Bytes flags = bytes_of(block.frame_flags());
  if (flags.size() != block.frame_count() || !to.frames.skip_to(block.first_frame())) return false;
  VarintCursor parents(bytes_of(block.frame_parents()));
  VarintCursor addresses(bytes_of(block.frame_addresses()));
  VarintCursor modules(bytes_of(block.frame_modules()));
  // At least doubled: a large tape has many such blocks, and each would move all that came before.
  if (std::vector<Frame>& frames = to.frames.items(); frames.capacity() - frames.size() < flags.size())
    frames.reserve(std::max(frames.size() + flags.size(), 2 * frames.capacity()));
  std::uint64_t address = 0;
  for (const std::uint8_t flag : flags) {
    const std::uint64_t id = to.frames.items().size();
    const std::uint64_t up = parents.next();
    if (up == 0 || up > id || flag > (kFrameInProgram | kFrameTruncated)) return false;
    address += unzigzag(addresses.next());
    const std::uint64_t module = modules.next();
    const bool has_module = module != 0;
    const bool is_known = to.frames.knows(id - up) && (!has_module || to.modules.knows(module - 1));
    to.frames.add(Frame{StackId{static_cast<std::uint32_t>(id - up)}, address,
                        has_module && is_known ? ModuleId{static_cast<std::uint32_t>(module - 1)} : kNoModule,
                        (flag & kFrameInProgram) != 0, (flag & kFrameTruncated) != 0, false},
                  is_known);
  }
  return parents.consumed() && addresses.consumed() && modules.consumed() &&
         mark_gaps(to.frames.items(), block.first_frame(), VarintCursor(bytes_of(block.frame_gaps())));
}

}  // namespace

bool Definitions::add_block(Bytes raw, std::string_view& reason) {
  const auto* block = verify_root<fb::Definitions>(raw);
  if (block == nullptr) {
    reason = "is no well-formed block of definitions";
    return false;
  }
  StringBudget text(raw.size());
  const bool fits = add_all(modules, block->first_module(), block->modules(), text,
                            [&](const fb::Module* module) {
                              return Module{text.copy(module->path()),
                                            text.copy(module->build_id()),
                                            module->bias(),
                                            module->begin(),
                                            module->end(),
                                            module->is_executable(),
                                            module->is_system()};
                            }) &&
                    add_all(threads, block->first_thread(), block->threads(), text,
                            [&](const fb::Thread* thread) {
                              return Thread{thread->tid(), text.copy(thread->name())};
                            }) &&
                    rename_threads(threads.items(), *block, text) &&
                    add_all(texts, block->first_text(), block->texts(), text,
                            [&](const flatbuffers::String* string) { return text.copy(string); }) &&
                    add_all(variables, block->first_variable(), block->variables(), text,
                            [&](const fb::Variable* variable) {
                              return Variable{text.copy(variable->name()), text.copy(variable->type()),
                                              text.copy(variable->file()), variable->line()};
                            }) &&
                    add_frames(*this, *block);
  if (!fits) reason = "holds definitions that contradict each other";
  return fits;
}

}  // namespace heaptape
