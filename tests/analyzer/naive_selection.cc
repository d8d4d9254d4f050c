#include "tests/analyzer/naive_selection.h"

namespace heaptape {

std::vector<NaiveLife> live_naively(const std::vector<Event>& events, std::size_t count) {
  std::vector<NaiveLife> lives;
  std::map<std::uint64_t, std::size_t> live;                   // index of the life, by address
  std::map<ThreadId, std::size_t> newest;                      // index of the thread's newest life
  std::map<ThreadId, std::optional<std::size_t>> reallocated;  // index of the life that its last realloc ended
  const auto end = [&](std::uint64_t address, std::size_t number) -> std::optional<std::size_t> {
    const auto found = live.find(address);
    if (found == live.end()) return std::nullopt;
    const std::size_t life = found->second;
    lives[life].is_live = false;
    lives[life].end_ns = events[number].time_ns;
    lives[life].end_number = number + 1;
    lives[life].ended_by = events[number].thread;
    lives[life].was_overwritten = events[number].kind != EventKind::release;
    live.erase(found);
    return life;
  };
  for (std::size_t i = 0; i < count; ++i) {
    const Event& event = events[i];
    if (event.kind == EventKind::passed) newest.erase(event.thread);
    if (event.kind == EventKind::birth) {
      end(event.address, i);
      live[event.address] = newest[event.thread] = lives.size();
      reallocated[event.thread].reset();
      lives.push_back({event, i + 1, std::nullopt});
    } else if (event.kind == EventKind::release) {
      const std::optional<std::size_t> life = end(event.address, i);
      if (life) {
        const auto last = newest.find(event.thread);
        lives[*life].is_temporary = last != newest.end() && last->second == *life;
      }
      if (event.function == Function::realloc) reallocated[event.thread] = life;
    } else if (event.kind == EventKind::restored) {
      const std::optional<std::size_t> life = reallocated[event.thread];
      reallocated[event.thread].reset();
      if (!life || lives[*life].birth.address != event.address) continue;
      end(event.address, i);
      live[event.address] = *life;
      lives[*life].is_live = true;
      lives[*life].is_temporary = false;
      lives[*life].end_ns.reset();
      lives[*life].was_overwritten = false;
    }
  }
  return lives;
}

NaiveSelection select_naively(const std::vector<Event>& events, std::uint64_t begin, std::uint64_t end, bool is_instant,
                              const std::function<bool(const NaiveLife&)>& chooses) {
  const std::vector<NaiveLife> all = live_naively(events, events.size());
  const auto chosen_at = [&](std::uint64_t event) {
    std::vector<NaiveLife> lives = live_naively(events, event);
    std::vector<NaiveLife> chosen;
    for (std::size_t i = 0; i < lives.size(); ++i)
      if (chooses(all[i])) chosen.push_back(lives[i]);
    return chosen;
  };
  NaiveSelection selection;
  std::vector<NaiveLife> at_peak, lives;
  for (std::uint64_t event = is_instant ? end : begin; event <= end; ++event) {
    lives = chosen_at(event);
    std::uint64_t bytes = 0;
    for (const NaiveLife& life : lives) bytes += life.is_live ? life.birth.size : 0;
    selection.live.push_back(bytes);
    if (bytes <= selection.peak) continue;
    selection.peak = bytes;
    selection.peak_event = event;
    at_peak = lives;
  }
  selection.live_at_end = selection.live.back();
  const auto costs_of = [&](const NaiveLife& life) -> Costs& {
    return selection.stacks[static_cast<std::uint32_t>(life.birth.stack)];
  };
  for (const NaiveLife& life : at_peak) {
    if (!life.is_live) continue;
    costs_of(life).peak += life.birth.size;
    ++costs_of(life).peak_blocks;
  }
  for (const NaiveLife& life : lives) {
    if (life.is_live) {
      costs_of(life).live += life.birth.size;
      ++costs_of(life).live_blocks;
    }
    if (life.number <= begin) continue;
    Costs& costs = costs_of(life);
    ++costs.count;
    costs.allocated += life.birth.size;
    costs.temporary += life.is_temporary;
    if (!life.is_live) continue;
    costs.leaked += life.birth.size;
    ++costs.leaked_blocks;
  }
  return selection;
}

}  // namespace heaptape
