#include "analyzer/replay.h"

#include <future>
#include <utility>
#include <vector>

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

// The next block is decoded while this one is shown: decoding and replay cost about the same.
std::vector<Damage> replay(const TapeReader& tape, std::span<Pass* const> passes) {
  Shown shown(passes);
  LiveReplay<Shown> state(shown, tape.threads().size());
  if (tape.opening().events != 0) {
    state.open(tape.opening());
    for (Pass* pass : passes) pass->opened(tape.opening());
  }
  const std::vector<BlockEntry>& blocks = tape.blocks();
  const auto decode = [&tape](std::size_t index, std::vector<Event> events) {
    if (!tape.decode(index, events)) events.clear();
    return events;
  };
  std::vector<Damage> damage;
  std::vector<Event> spare;
  std::future<std::vector<Event>> next;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    std::vector<Event> events = next.valid() ? next.get() : decode(i, {});
    if (i + 1 < blocks.size()) next = std::async(std::launch::async, decode, i + 1, std::move(spare));
    if (events.empty()) damage.push_back({blocks[i].offset, "a block of events fails its checks"});
    state.continue_at(blocks[i].first_event);
    for (const Event& event : events) state.take(event);
    spare = std::move(events);
  }
  return damage;
}

}  // namespace heaptape
