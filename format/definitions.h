// The definitions of a tape as its reader collects them, block by block. Ids of lost blocks stay
// unknown, so that what refers to them is recognised instead of followed.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "format/block.h"
#include "format/tape.h"

namespace heaptape {

// Definitions of one kind, by id. Ids may be missing where a block was lost.
template <typename Item>
class DefinitionList {
 public:
  // Leaves a gap up to `id` if that was not next. False if ids run back or the gap is impossible.
  [[nodiscard]] bool skip_to(std::uint32_t id) {
    if (id < items_.size() || id - items_.size() > kMaxMissing - missing_) return false;
    if (id != items_.size()) {
      missing_ += id - items_.size();
      known_.resize(items_.size(), true);
      known_.resize(id, false);
      items_.resize(id);
    }
    return true;
  }
  void add(Item item) { add(std::move(item), true); }
  void add(Item item, bool is_known) {
    items_.push_back(std::move(item));
    if (!known_.empty() || !is_known) {
      known_.resize(items_.size() - 1, true);
      known_.push_back(is_known);
    }
  }

  // All below are known.
  std::uint64_t known_below() const { return known_.empty() ? items_.size() : 0; }
  bool knows(std::uint64_t id) const { return id < items_.size() && (known_.empty() || known_[id]); }
  const std::vector<Item>& items() const { return items_; }
  std::vector<Item>& items() { return items_; }

 private:
  // The writer seals definitions after a MiB, some 30,000 of them: room for several lost blocks, yet
  // no way to ask for much memory in few bytes.
  static constexpr std::size_t kMaxMissing = 1u << 18;

  std::vector<Item> items_;
  std::size_t missing_ = 0;
  std::vector<bool> known_;  // empty: all are
};

struct Definitions {
  DefinitionList<Frame> frames;  // 0 is the root, there from the start
  DefinitionList<Module> modules;
  DefinitionList<Thread> threads;
  DefinitionList<std::string> texts;
  DefinitionList<Variable> variables;

  Definitions() { frames.add(Frame{}); }

  // Those of tid 0 bear what was done from outside.
  std::uint32_t threads_of_program() const {
    return static_cast<std::uint32_t>(std::count_if(threads.items().begin(), threads.items().end(),
                                                    [](const Thread& thread) { return thread.tid != 0; }));
  }

  // Adds what the block defines. False: the block contradicts itself; what came before its fault
  // may have been added, `reason` says what is wrong.
  [[nodiscard]] bool add_block(Bytes raw, std::string_view& reason);
};

}  // namespace heaptape
