#include "analyzer/replay.h"

#include <future>
#include <optional>
#include <utility>
#include <vector>

namespace heaptape {
namespace {

class Replay {
 public:
  Replay(std::span<Pass* const> passes, std::size_t threads) : passes_(passes), threads_(threads) {}

  // Blocks of the tape that can't be read leave a gap in the numbers.
  void continue_at(std::uint64_t events) { events_ = events; }

  void take(const Event& event) {
    const Moment now{event.time_ns, ++events_};
    switch (event.kind) {
      case EventKind::birth:
        return bear(event, now);
      case EventKind::release:
        return release(event, now);
      case EventKind::restored:
        return restore(event, now);
      case EventKind::rate:
        interval_ = static_cast<float>(event.size);
        return;
      case EventKind::passed:
        threads_[static_cast<std::size_t>(event.thread)].last_birth = 0;
        return;
      default:
        for (Pass* pass : passes_) pass->other(event, now);
    }
  }

 private:
  struct Released {
    Block block;
    Fate fate;
  };
  struct ThreadState {
    std::uint64_t last_birth = 0;         // its event number
    std::optional<Released> reallocated;  // what the thread's last realloc released
  };

  void bear(const Event& event, Moment now) {
    const Block block{event.address, event.size,   event.time_ns,  now.event,
                      event.stack,   event.thread, event.function, interval_};
    const Block old = live_.put(block);
    if (old.birth_event != 0) tell_ended(old, Fate::overwritten, now);
    ThreadState& thread = threads_[static_cast<std::size_t>(event.thread)];
    thread.last_birth = now.event;
    thread.reallocated.reset();
    for (Pass* pass : passes_) pass->born(block, now);
  }

  void release(const Event& event, Moment now) {
    const Block block = live_.take(event.address);
    ThreadState& thread = threads_[static_cast<std::size_t>(event.thread)];
    if (event.function == Function::realloc) thread.reallocated.reset();
    if (block.birth_event == 0) return;
    const Fate fate = thread.last_birth == block.birth_event ? Fate::temporary : Fate::released;
    if (event.function == Function::realloc) thread.reallocated = {block, fate};
    tell_ended(block, fate, now);
  }

  void restore(const Event& event, Moment now) {
    ThreadState& thread = threads_[static_cast<std::size_t>(event.thread)];
    if (!thread.reallocated) return;
    const auto [block, fate] = *thread.reallocated;
    thread.reallocated.reset();
    if (block.address != event.address) return;
    const Block other = live_.put(block);
    if (other.birth_event != 0) tell_ended(other, Fate::overwritten, now);
    for (Pass* pass : passes_) pass->restored(block, fate, now);
  }

  void tell_ended(const Block& block, Fate fate, Moment now) {
    for (Pass* pass : passes_) pass->ended(block, fate, now);
  }

  std::span<Pass* const> passes_;
  std::vector<ThreadState> threads_;
  LiveMap live_;
  std::uint64_t events_ = 0;
  float interval_ = 0;
};

}  // namespace

// The next block is decoded while this one is shown: decoding and replay cost about the same.
std::vector<Damage> replay(const TapeReader& tape, std::span<Pass* const> passes) {
  Replay state(passes, tape.threads().size());
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
