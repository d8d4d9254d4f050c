#include "tests/analyzer/naive_costs.h"

#include <optional>

namespace heaptape {
namespace {

struct Live {
  Event birth;
  std::size_t number;
};
struct Undo {
  Live block;
  bool temporary;
};

}  // namespace

NaiveCosts cost_naively(const std::vector<Event>& events, const std::function<bool(const Event&)>& counts) {
  NaiveCosts costs;
  std::map<std::uint64_t, Live> live;
  std::map<std::uint64_t, Live> at_peak;
  std::map<ThreadId, std::size_t> newest;
  std::map<ThreadId, std::optional<Undo>> undos;
  std::uint64_t peak = 0;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const Event& event = events[i];
    if (event.kind == EventKind::passed) newest.erase(event.thread);
    if (event.kind == EventKind::birth) {
      live[event.address] = {event, i};
      newest[event.thread] = i;
      undos[event.thread].reset();
      if (counts(event)) {
        Costs& own = costs.stacks[static_cast<std::uint32_t>(event.stack)];
        ++own.count;
        own.allocated += event.size;
      }
    } else if (event.kind == EventKind::release) {
      std::optional<Undo> undo;
      if (const auto found = live.find(event.address); found != live.end()) {
        const auto last = newest.find(event.thread);
        undo = Undo{found->second, last != newest.end() && last->second == found->second.number};
        if (counts(undo->block.birth)) {
          costs.stacks[static_cast<std::uint32_t>(undo->block.birth.stack)].temporary += undo->temporary;
        }
        live.erase(found);
      }
      if (event.function == Function::realloc) undos[event.thread] = undo;
    } else if (event.kind == EventKind::restored) {
      const std::optional<Undo> undo = undos[event.thread];
      undos[event.thread].reset();
      if (undo && undo->block.birth.address == event.address) {
        live[event.address] = undo->block;
        if (counts(undo->block.birth)) {
          costs.stacks[static_cast<std::uint32_t>(undo->block.birth.stack)].temporary -= undo->temporary;
        }
      }
    }
    std::uint64_t bytes = 0;
    for (const auto& [address, block] : live) bytes += counts(block.birth) ? block.birth.size : 0;
    costs.live.push_back(bytes);
    if (bytes > peak) {
      peak = bytes;
      at_peak = live;
      costs.peak_event = i + 1;
    }
  }
  for (const auto& [address, block] : at_peak) {
    if (!counts(block.birth)) continue;
    Costs& own = costs.stacks[static_cast<std::uint32_t>(block.birth.stack)];
    own.peak += block.birth.size;
    ++own.peak_blocks;
  }
  for (const auto& [address, block] : live) {
    if (!counts(block.birth)) continue;
    Costs& own = costs.stacks[static_cast<std::uint32_t>(block.birth.stack)];
    own.leaked += block.birth.size;
    ++own.leaked_blocks;
  }
  return costs;
}

}  // namespace heaptape
