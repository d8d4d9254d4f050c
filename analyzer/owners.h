// Whose the blocks are that tracked variables reach: the one rule behind layer `user`, the summary and VariablesReport.
//
// A block belongs to the first scope that a reading of its variable reached it by; a later one that reaches it too (a
// copy of a shared_ptr) owns nothing of its own by that. A block may be guessed to be some scope's, until a reading
// reaches it: whoever is read first owns it.
#pragma once

#include <optional>
#include <span>
#include <unordered_map>

#include "analyzer/live_blocks.h"
#include "format/live_replay.h"

namespace heaptape {

class Owners {
 public:
  struct Owner {
    std::uint32_t scope = 0;
    std::uint64_t reading = 0;  // that reached the block last, or that it was guessed after
    bool is_guess = false;
  };
  // What a reading finds at an address.
  struct Reached {
    const Block* block = nullptr;  // null: none; else until the next change
    std::uint32_t owner = 0;       // its scope
    bool is_first = false;         // no reading had reached the block
    bool confirms = false;         // then: it was guessed to be this scope's
    bool is_repeated = false;      // this reading had reached the block
  };

  // What a pass is told.
  void opened(const Opening& opening) { live_.open(opening); }
  void coming(std::span<const Event> events, std::uint64_t before) {
    coming_ = events;
    before_ = before;
  }
  void born(const Block& block) { live_.add(block); }
  // Answers whose it was.
  std::optional<Owner> ended(const Block& block, Moment now) {
    live_.remove(block);
    const auto found = by_birth_.find(block.birth_event);
    if (found == by_birth_.end()) return std::nullopt;
    const Owner owner = found->second;
    by_birth_.erase(found);
    const Event& event = coming_[now.event - before_ - 1];
    if (event.kind == EventKind::release && event.function == Function::realloc)
      resizing_[static_cast<std::uint32_t>(event.thread)] = {block.birth_event, owner};
    return owner;
  }
  // Answers whose it is again.
  std::optional<Owner> restored(const Block& block, Moment now) {
    live_.add(block);
    const auto found = resizing_.find(static_cast<std::uint32_t>(coming_[now.event - before_ - 1].thread));
    if (found == resizing_.end() || found->second.first != block.birth_event) return std::nullopt;
    const Owner owner = found->second.second;
    by_birth_[block.birth_event] = owner;
    resizing_.erase(found);
    return owner;
  }

  // The number of a reading that begins, of all scopes' from 1.
  std::uint64_t begin_reading() { return ++readings_; }
  Reached reach(std::uint64_t address, std::uint32_t scope, std::uint64_t reading) {
    Reached reached{.block = live_.around(address)};
    if (reached.block == nullptr) return reached;
    const auto [found, is_new] = by_birth_.try_emplace(reached.block->birth_event, Owner{scope});
    Owner& owner = found->second;
    reached.is_first = is_new || owner.is_guess;
    reached.confirms = owner.is_guess && owner.scope == scope;
    if (owner.is_guess) owner = {scope};
    reached.owner = owner.scope;
    if (owner.scope != scope) return reached;
    reached.is_repeated = owner.reading == reading;
    owner.reading = reading;
    return reached;
  }

  // The live block that the address lies in, until the next change; null if there is none.
  const Block* around(std::uint64_t address) const { return live_.around(address); }
  bool has_owner(const Block& block) const { return by_birth_.contains(block.birth_event); }
  void guess(const Block& block, std::uint32_t scope, std::uint64_t reading) {
    by_birth_[block.birth_event] = {scope, reading, true};
  }

 private:
  LiveBlocks live_;
  std::unordered_map<std::uint64_t, Owner> by_birth_;  // by birth event; of live blocks
  // By thread, what its newest realloc released: which may turn out to have failed. With its birth event.
  std::unordered_map<std::uint32_t, std::pair<std::uint64_t, Owner>> resizing_;
  std::span<const Event> coming_;
  std::uint64_t before_ = 0, readings_ = 0;
};

}  // namespace heaptape
