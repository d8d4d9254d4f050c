#include "format/relocation.h"

#include <algorithm>
#include <iterator>

#include "format/address_model.h"

namespace heaptape {
namespace {

constexpr std::uint64_t kNowhere = 8;  // what was never live: no block is given this

}  // namespace

void Relocation::vacate(const Place& place) { free_[AddressModel::units_of(place.size)].push_back(place.address); }

void Relocation::settle(ThreadId thread) {
  const auto found = pending_.find(static_cast<std::uint32_t>(thread));
  if (found == pending_.end()) return;
  vacate(found->second.place);
  pending_.erase(found);
}

std::uint64_t Relocation::bear(std::uint64_t address, std::uint64_t size) {
  const std::uint64_t units = AddressModel::units_of(size);
  const auto [found, is_new] = live_.try_emplace(address);
  Place& place = found->second;
  place.size = size;
  if (!is_new) return place.address;  // its release was never seen: again the same
  std::vector<std::uint64_t>& free = free_[units];
  if (free.empty()) {
    place.address = next_;
    // A block may be larger than any memory: then addresses need not be far from each other.
    next_ += 16 * std::min<std::uint64_t>(units, 1u << 20);
  } else {
    place.address = free.back();
    free.pop_back();
  }
  return place.address;
}

std::uint64_t Relocation::release(const Event& event) {
  const auto found = live_.find(event.address);
  if (found == live_.end()) return kNowhere;
  const Place place = found->second;
  live_.erase(found);
  if (event.function == Function::realloc)
    pending_[static_cast<std::uint32_t>(event.thread)] = {event.address, place};
  else
    vacate(place);
  return place.address;
}

std::uint64_t Relocation::restore(const Event& event) {
  const auto found = pending_.find(static_cast<std::uint32_t>(event.thread));
  if (found == pending_.end() || found->second.address != event.address) return kNowhere;
  const Place place = found->second.place;
  pending_.erase(found);
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
      settle(event.thread);
      event.address = bear(event.address, event.size);
      return;
    case EventKind::release:
      settle(event.thread);
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
    const std::uint64_t old = reallocated->block.address;
    if (reallocated->block.birth_event == 0) {
      reallocated->block.address = kNowhere;
      continue;
    }
    // A place of its own, until the thread goes on.
    const Place place{next_, reallocated->block.size};
    next_ += 16 * std::min<std::uint64_t>(AddressModel::units_of(place.size), 1u << 20);
    pending_[static_cast<std::uint32_t>(i)] = {old, place};
    reallocated->block.address = place.address;
  }
}

}  // namespace heaptape
