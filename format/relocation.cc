#include "format/relocation.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "format/address_model.h"

namespace heaptape {
namespace {

// No block is given these: of what was never live; of what was restored and is not what was released.
constexpr std::uint64_t kNowhere = 8, kNotThat = 24;

std::uint32_t number_of(const Event& event) { return static_cast<std::uint32_t>(event.thread); }

}  // namespace

void Relocation::vacate(const Place& place) { free_[AddressModel::units_of(place.size)].push_back(place.address); }

void Relocation::hold(std::uint32_t thread, const Pending& pending) {
  settle(thread);
  pending_[thread] = pending;
  if (pending.place.address == kNowhere) return;
  Held& held = held_[pending.address];
  held.address = pending.place.address;
  ++held.threads;
  held.is_taken = false;
}

void Relocation::settle(std::uint32_t thread) {
  const auto found = pending_.find(thread);
  if (found == pending_.end()) return;
  const Pending pending = found->second;
  pending_.erase(found);
  const auto held = held_.find(pending.address);
  if (pending.place.address == kNowhere || held == held_.end() || --held->second.threads != 0) return;
  if (!held->second.is_taken) vacate(pending.place);
  held_.erase(held);
}

std::uint64_t Relocation::fresh(std::uint64_t size) {
  // A block may be larger than any memory: then addresses need not be that far from each other.
  return std::exchange(next_, next_ + 16 * std::min<std::uint64_t>(AddressModel::units_of(size), 1u << 20));
}

std::uint64_t Relocation::bear(std::uint64_t address, std::uint64_t size) {
  const auto [found, is_new] = live_.try_emplace(address);
  Place& place = found->second;
  place.size = size;
  if (!is_new) return place.address;  // its release was never seen: again the same
  std::vector<std::uint64_t>& free = free_[AddressModel::units_of(size)];
  if (const auto held = held_.find(address); held != held_.end()) {
    held->second.is_taken = true;
    place.address = held->second.address;
  } else if (free.empty()) {
    place.address = fresh(size);
  } else {
    place.address = free.back();
    free.pop_back();
  }
  return place.address;
}

std::uint64_t Relocation::release(const Event& event) {
  const auto found = live_.find(event.address);
  const Place place = found == live_.end() ? Place{kNowhere, 0} : found->second;
  if (found != live_.end()) live_.erase(found);
  if (event.function == Function::realloc)
    hold(number_of(event), {event.address, place});
  else if (const auto held = held_.find(event.address); held != held_.end())
    held->second.is_taken = false;
  else if (place.address != kNowhere)
    vacate(place);
  return place.address;
}

std::uint64_t Relocation::restore(const Event& event) {
  const auto found = pending_.find(number_of(event));
  if (found == pending_.end() || found->second.address != event.address) return kNotThat;
  const Place place = found->second.place;
  if (place.address == kNowhere) {
    pending_.erase(found);
    return kNowhere;
  }
  held_[event.address].is_taken = true;
  settle(number_of(event));
  live_[event.address] = place;
  return place.address;
}

std::uint64_t Relocation::inside(std::uint64_t address) const {
  const auto after = live_.upper_bound(address);
  if (after == live_.begin()) return kNowhere;
  const auto& [begin, place] = *std::prev(after);
  return address - begin < std::max<std::uint64_t>(place.size, 1) ? place.address + (address - begin) : kNowhere;
}

void Relocation::apply(Event& event) {
  switch (event.kind) {
    case EventKind::birth:
      settle(number_of(event));
      event.address = bear(event.address, event.size);
      return;
    case EventKind::release:
      event.address = release(event);
      return;
    case EventKind::restored:
      event.address = restore(event);
      return;
    case EventKind::owns:
      event.address = inside(event.address);
      return;
    case EventKind::scope_begin:
      event.address = 0;  // the variable's own
      return;
    default:
      return;
  }
}

void Relocation::apply(Opening& opening) {
  for (Block& block : opening.live) block.address = bear(block.address, block.size);
  std::sort(opening.live.begin(), opening.live.end(),
            [](const Block& a, const Block& b) { return a.address < b.address; });
  for (std::size_t i = 0; i < opening.threads.size(); ++i) {
    auto& reallocated = opening.threads[i].reallocated;
    if (!reallocated) continue;
    const bool was_live = reallocated->block.birth_event != 0;
    const Place place{was_live ? fresh(reallocated->block.size) : kNowhere, reallocated->block.size};
    hold(static_cast<std::uint32_t>(i), {reallocated->block.address, place});
    reallocated->block.address = place.address;
  }
}

}  // namespace heaptape
