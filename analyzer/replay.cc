#include "analyzer/replay.h"

#include <algorithm>
#include <vector>

#include "format/block_stream.h"

namespace heaptape {
namespace {

// Shows what happens to all passes.
class Shown {
 public:
  explicit Shown(std::span<Pass* const> passes) : passes_(passes) {}

  void born(const Block& block, Moment now) {
    for (Pass* pass : passes_) pass->born(block, now);
  }
  void ended(const Block& block, Fate fate, Moment now) {
    for (Pass* pass : passes_) pass->ended(block, fate, now);
  }
  void restored(const Block& block, Fate fate, Moment now) {
    for (Pass* pass : passes_) pass->restored(block, fate, now);
  }
  void other(const Event& event, Moment now) {
    for (Pass* pass : passes_) pass->other(event, now);
  }
  // The tape's ledger has them.
  Loss unmatched() { return Loss::unmatched_frees; }
  void matched_after_all(Loss) {}

 private:
  std::span<Pass* const> passes_;
};

}  // namespace

std::size_t most_live(const TapeReader& tape) {
  constexpr std::uint64_t kMost = 1u << 20;
  std::uint64_t most = 0;
  for (const BlockEntry& entry : tape.blocks()) most = std::max(most, entry.at_end.all.live_blocks);
  return std::min({most, tape.events(), kMost});
}

std::vector<Damage> replay(const TapeReader& tape, std::span<Pass* const> passes) {
  Shown shown(passes);
  LiveReplay<Shown> state(shown, tape.threads().size());
  state.reserve(most_live(tape));
  if (tape.opening().events != 0) {
    state.open(tape.opening());
    for (Pass* pass : passes) pass->opened(tape.opening());
  }
  const std::vector<BlockEntry>& blocks = tape.blocks();
  std::vector<Damage> damage;
  BlockStream stream(tape, 0, blocks.size());
  for (const BlockEntry& entry : blocks) {
    const DecodedBlock& block = *stream.next();
    if (block.events.empty()) damage.push_back({entry.offset, "a block of events fails its checks"});
    state.continue_at(entry.first_event);
    for (Pass* pass : passes) pass->coming(block.events, entry.first_event);
    // A block of events that is lost takes releases with it: births may be at addresses that seem live.
    if (damage.empty() && tape.ledger()[Loss::overlapping_births] == 0)
      state.take_paired(block);
    else
      state.take(block.events);
  }
  return damage;
}

}  // namespace heaptape
