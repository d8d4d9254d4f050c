// Gives each distinct stack of a process one node in its tape's tree of frames, and says which layer
// it belongs to.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "format/definitions.h"
#include "format/writer.h"

namespace heaptape {

class StackInterner {
 public:
  // `entry`: address of the executable's _start, whose frame does not make a stack the program's.
  StackInterner(TapeWriter& writer, std::string executable, std::uint64_t entry);

  // A module noted at `epoch`. Told again, it stays one.
  ModuleId add_module(Module module, std::uint32_t epoch);
  // Takes over what a tape has defined. `epochs`: first and last, of those modules of which they are known.
  void resume(const Definitions& known, const std::map<ModuleId, std::pair<std::uint32_t, std::uint32_t>>& epochs);
  // `addresses`: look-up addresses, innermost first. `cut`: see pack_cut() in mapping.h. The empty stack: the tree has
  // no room for it.
  StackId intern(std::span<const std::uint64_t> addresses, std::uint32_t epoch, std::uint64_t cut);
  bool in_program(StackId stack) const { return nodes_[static_cast<std::size_t>(stack)].in_program; }
  // Stacks interned that lack frames.
  std::uint64_t truncated() const { return truncated_; }
  // Of the tree; at most kMostNodes.
  std::uint64_t nodes() const { return nodes_.size(); }
  static constexpr std::uint64_t kMostNodes = std::uint64_t{1} << 22;  // 200 MiB

 private:
  struct Loaded {
    Module module;
    std::uint32_t first_epoch, last_epoch;
  };
  // Nearest epoch first; of equals the one noted last.
  ModuleId find_module(std::uint64_t address, std::uint32_t epoch);
  // A frame of the path that is being interned. Its hash is that of the path from the outermost frame to it.
  struct Step {
    std::uint64_t address, hash;
    StackId node;
    bool gap;  // frames between this one and the one further out were left out
  };
  StackId child_of(StackId parent, const Step& step, std::uint32_t epoch, bool truncated);
  // Where a path of that hash is, or goes.
  struct Entry {
    std::uint32_t tag;  // of the hash, so that few nodes are looked at in vain
    StackId node;       // kEmptyStack: free
  };
  Entry* first_entry(std::uint64_t hash) { return &table_[hash & (table_.size() - 1)]; }
  Entry* next_entry(Entry* entry) { return ++entry == table_.data() + table_.size() ? table_.data() : entry; }
  void grow_table();

  TapeWriter& writer_;
  std::string executable_;
  std::uint64_t entry_;
  std::vector<Loaded> modules_;        // by ModuleId
  std::vector<Frame> nodes_;           // by StackId; 0 is the root
  std::vector<std::uint64_t> hashes_;  // by StackId
  std::vector<Entry> table_;           // open addressing over nodes_, at most half full
  std::size_t last_module_ = 0;        // that an address was found in; none: their number

  // The stack interned last, outermost first: the next one mostly shares its outer frames.
  std::vector<Step> last_;
  std::uint32_t last_epoch_ = 0;
  bool last_truncated_ = false;
  std::uint64_t truncated_ = 0;
};

}  // namespace heaptape
