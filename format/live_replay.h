// The rules by which events become lives of blocks: what is live, how each block ended, what a failed realloc takes
// back. They are those of the tape's own totals (accounting.h), with everything that is known of a block.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "format/decoded_block.h"
#include "format/large_memory.h"
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

  // Makes room for that many live blocks at once.
  void reserve(std::size_t blocks) { live_.reserve(blocks); }
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

  void take(std::span<const Event> events) {
    for (std::size_t i = 0; i < events.size(); ++i) {
      if (i + kFetchAhead < events.size()) live_.prefetch(events[i + kFetchAhead].address);
      take(events[i]);
    }
  }

  // A block of events at once. What is born and released within it never comes into the map, which is most of the work:
  // its release names it. Only for tapes on which no birth is at an address that is still live: that would pass unseen.
  void take_paired(const DecodedBlock& block) {
    const std::span<const Event> events = block.events;
    is_open_.assign(events.size(), false);
    std::size_t settled = 0;
    const std::uint64_t before = events_;
    const auto block_at = [&](std::size_t place) {
      return block_of(events[place], {events[place].time_ns, before + place + 1});
    };
    const auto settle = [&](std::size_t end) {
      for (; settled < end; ++settled) {
        if (settled + kFetchAhead < end && is_open_[settled + kFetchAhead])
          live_.prefetch(events[settled + kFetchAhead].address);
        if (!is_open_[settled]) continue;
        live_.put(block_at(settled));
        is_open_[settled] = false;
      }
    };
    // Releases of what was born earlier: their place in the map is fetched, then what it names.
    const auto is_earlier = [&](std::size_t i) {
      return i < events.size() && block.births[i] == DecodedBlock::kElsewhere && events[i].kind == EventKind::release;
    };
    for (std::size_t i = 0; i < events.size(); ++i) {
      if (is_earlier(i + 2 * kFetchAhead)) live_.prefetch(events[i + 2 * kFetchAhead].address);
      if (is_earlier(i + kFetchAhead)) live_.prefetch_block(events[i + kFetchAhead].address);
      if (i + kFetchAhead < events.size() && block.births[i + kFetchAhead] < i)
        __builtin_prefetch(&events[block.births[i + kFetchAhead]]);
      const Event& event = events[i];
      if (event.kind == EventKind::birth) {
        const Moment now{event.time_ns, ++events_};
        is_open_[i] = true;
        bear(block_of(event, now), now);
      } else if (event.kind == EventKind::release) {
        const Moment now{event.time_ns, ++events_};
        const std::uint32_t birth = block.births[i];
        if (birth < i && is_open_[birth]) {
          is_open_[birth] = false;
          release(event, block_at(birth), now);
          continue;
        }
        Block old = live_.take(event.address);
        if (old.birth_event == 0 && settled < i) {  // it may be of this block, and was not named
          settle(i);
          old = live_.take(event.address);
        }
        release(event, old, now);
      } else {
        settle(i);  // a failed realloc or a new rate: what is open must not see it
        take(event);
      }
    }
    settle(events.size());
  }

  void take(const Event& event) {
    const Moment now{event.time_ns, ++events_};
    switch (event.kind) {
      case EventKind::birth: {
        const Block block = block_of(event, now);
        const Block old = live_.put(block);
        if (old.birth_event != 0) sink_.ended(old, Fate::overwritten, now);
        return bear(block, now);
      }
      case EventKind::release:
        return release(event, live_.take(event.address), now);
      case EventKind::restored:
        return restore(event, now);
      case EventKind::rate:
        interval_ = static_cast<float>(event.size);
        return;
      case EventKind::passed:
        thread_of(event.thread).last_birth = 0;
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

  Thread& thread_of(ThreadId thread) {
    const auto id = static_cast<std::size_t>(thread);
    if (id >= threads_.size()) threads_.resize(id + 1);
    return threads_[id];
  }

  Block block_of(const Event& birth, Moment now) const {
    return {birth.address, birth.size, birth.time_ns, now.event, birth.stack, birth.thread, birth.function, interval_};
  }

  void bear(const Block& block, Moment now) {
    Thread& thread = thread_of(block.thread);
    thread.last_birth = now.event;
    thread.reallocated.reset();
    sink_.born(block, now);
  }

  // `block`: what was live at the address; birth_event 0: nothing.
  void release(const Event& event, const Block& block, Moment now) {
    Thread& thread = thread_of(event.thread);
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
    Thread& thread = thread_of(event.thread);
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
  std::vector<std::uint8_t> is_open_;  // by place in a block of events: born there, live, and not in the map yet
  std::uint64_t events_ = 0;
  float interval_ = 0;  // of sampling
};

}  // namespace heaptape
