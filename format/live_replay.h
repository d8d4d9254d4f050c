// The rules by which events become lives of blocks: what is live, how each block ended, what a failed realloc takes
// back. They are those of the tape's own totals (accounting.h), with everything that is known of a block.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "format/live_map.h"
#include "format/opening.h"

namespace heaptape {

// A moment of a replay: `event` counts the events up to and with this one.
struct Moment {
  std::uint64_t time_ns = 0;
  std::uint64_t event = 0;
};

// How a block ended.
enum class Fate : std::uint8_t {
  released,
  temporary,    // released by its own thread with no other allocation of that thread between
  overwritten,  // another block was born at its address: its release was never seen
};

// `Sink` has born(block, moment), ended(block, fate, moment), restored(block, fate, moment) and other(event, moment);
// for releases that meet no live block unmatched(), which answers what they are counted as, and
// matched_after_all(loss).
template <typename Sink>
class LiveReplay {
 public:
  // `threads`: how many the tape has, as far as is known.
  LiveReplay(Sink& sink, std::size_t threads) : sink_(sink), threads_(threads) {}

  // Starts where the opening ends.
  void open(const Opening& opening) {
    events_ = opening.events;
    for (const Block& block : opening.live) live_.put(block);
    if (threads_.size() < opening.threads.size()) threads_.resize(opening.threads.size());
    for (std::size_t i = 0; i < opening.threads.size(); ++i) {
      threads_[i].last_birth = opening.threads[i].last_birth;
      threads_[i].reallocated = opening.threads[i].reallocated;
    }
  }
  // Blocks of the tape that can't be read leave a gap in the numbers.
  void continue_at(std::uint64_t events) { events_ = events; }
  std::uint64_t events() const { return events_; }
  const LiveMap& live() const { return live_; }
  // As an opening has them.
  std::vector<OpeningThread> threads() const {
    std::vector<OpeningThread> all;
    for (const Thread& thread : threads_) all.push_back({thread.last_birth, thread.reallocated});
    return all;
  }

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
        thread_of(event).last_birth = 0;
        return;
      default:
        sink_.other(event, now);
    }
  }

 private:
  struct Thread {
    std::uint64_t last_birth = 0;            // its event number
    std::optional<Reallocated> reallocated;  // what the thread's last realloc released
  };

  Thread& thread_of(const Event& event) {
    const auto id = static_cast<std::size_t>(event.thread);
    if (id >= threads_.size()) threads_.resize(id + 1);
    return threads_[id];
  }

  void bear(const Event& event, Moment now) {
    const Block block{event.address, event.size,   event.time_ns,  now.event,
                      event.stack,   event.thread, event.function, interval_};
    const Block old = live_.put(block);
    if (old.birth_event != 0) sink_.ended(old, Fate::overwritten, now);
    Thread& thread = thread_of(event);
    thread.last_birth = now.event;
    thread.reallocated.reset();
    sink_.born(block, now);
  }

  void release(const Event& event, Moment now) {
    const Block block = live_.take(event.address);
    Thread& thread = thread_of(event);
    const bool may_fail = event.function == Function::realloc;
    if (block.birth_event == 0) {
      const Loss loss = sink_.unmatched();
      if (may_fail) thread.reallocated = {.block = {.address = event.address}, .loss = loss};
      return;
    }
    const Fate fate = thread.last_birth == block.birth_event ? Fate::temporary : Fate::released;
    if (may_fail) thread.reallocated = {.block = block, .was_temporary = fate == Fate::temporary};
    sink_.ended(block, fate, now);
  }

  void restore(const Event& event, Moment now) {
    Thread& thread = thread_of(event);
    if (!thread.reallocated) return;
    const auto [block, was_temporary, loss] = *thread.reallocated;
    thread.reallocated.reset();
    if (block.address != event.address) return;
    if (block.birth_event == 0) return sink_.matched_after_all(loss);
    const Block other = live_.put(block);
    if (other.birth_event != 0) sink_.ended(other, Fate::overwritten, now);
    sink_.restored(block, was_temporary ? Fate::temporary : Fate::released, now);
  }

  Sink& sink_;
  std::vector<Thread> threads_;
  LiveMap live_;
  std::uint64_t events_ = 0;
  float interval_ = 0;  // of sampling
};

}  // namespace heaptape
