#include "format/block_stream.h"

#include <algorithm>

namespace heaptape {
namespace {

// The definitions are there before anybody decodes: reading them may throw, which a helper must not.
const TapeReader& with_definitions(const TapeReader& tape) {
  static_cast<void>(tape.definitions());
  return tape;
}

}  // namespace

BlockStream::BlockStream(const TapeReader& tape, std::size_t first, std::size_t last)
    : BlockStream(with_definitions(tape), first, last, Ahead::workers_for(last - first)) {}

BlockStream::BlockStream(const TapeReader& tape, std::size_t first, std::size_t last, std::size_t workers)
    : tape_(tape),
      blocks_(Ahead::seats_for(workers)),
      all_(last - first),
      ahead_(first, last, workers, [this](std::size_t index, std::size_t seat, std::size_t) {
        static_cast<void>(tape_.decode(index, blocks_[seat]));  // a damaged one has no events
      }) {}

const DecodedBlock* BlockStream::next() {
  if (shown_ == all_) return nullptr;
  tape_.tell_watch(shown_, all_);
  ++shown_;
  return &blocks_[*ahead_.next()];
}

void for_each_run(const TapeReader& tape, std::uint64_t begin, std::uint64_t end,
                  const std::function<void(const BlockEntry&, std::uint64_t, std::span<const Event>)>& take) {
  const auto& blocks = tape.blocks();
  const auto first = std::partition_point(
      blocks.begin(), blocks.end(), [&](const BlockEntry& entry) { return entry.first_event + entry.events <= begin; });
  const auto last =
      std::partition_point(first, blocks.end(), [&](const BlockEntry& entry) { return entry.first_event < end; });
  BlockStream stream(tape, static_cast<std::size_t>(first - blocks.begin()),
                     static_cast<std::size_t>(last - blocks.begin()));
  for (auto entry = first; entry != last; ++entry) {
    const std::span<const Event> events = stream.next()->events;
    const std::uint64_t number = std::max(begin, entry->first_event);
    const std::uint64_t behind = std::min(end, entry->first_event + entry->events);
    take(*entry, number, events.empty() ? events : events.subspan(number - entry->first_event, behind - number));
  }
}

}  // namespace heaptape
