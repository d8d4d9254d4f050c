#include "analyzer/lifetime_parts.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "analyzer/rounding.h"

namespace heaptape {
namespace {

// The item of a key in a short sorted list; most are at its end.
template <class Item, class Key, class Make>
Item& item_at(std::vector<Item>& items, std::uint32_t at, const Key& key, const Make& make) {
  auto place = items.end();
  while (place != items.begin() && key(*(place - 1)) > at) --place;
  if (place != items.begin() && key(*(place - 1)) == at) return *(place - 1);
  return *items.insert(place, make(at));
}

void add_to(std::vector<std::pair<std::uint32_t, std::uint64_t>>& counts, std::uint32_t at, std::uint64_t parts) {
  using Count = std::pair<std::uint32_t, std::uint64_t>;
  item_at(
      counts, at, [](const Count& one) { return one.first; },
      [](std::uint32_t key) {
        return Count{key, 0};
      })
      .second += parts;
}

}  // namespace

void LifetimeCollector::lived(const Life& life, std::span<const std::uint32_t> groups) {
  if (life.block.birth_event <= first_event_) return;
  const auto bucket = static_cast<std::uint32_t>(buckets_->of(life.block.birth_ns));
  for (std::size_t i = 0; i < groups.size(); ++i) {
    auto known = groups_[i].find(groups[i]);
    if (known == groups_[i].end()) {
      if (groups_[i].size() >= kMostGroups) continue;
      known = groups_[i].try_emplace(groups[i]).first;
    }
    add(item_at(
            known->second, bucket, [](const Part& part) { return part.bucket; },
            [](std::uint32_t at) { return Part{.bucket = at}; }),
        life);
  }
  if (life.is_temporary) add_to(temporary_[static_cast<std::uint32_t>(life.block.stack)], bucket, life.weight.blocks);
}

void LifetimeCollector::add(Part& part, const Life& life) const {
  const Weight& weight = life.weight;
  const std::uint64_t end_ns = life.end_ns.value_or(std::max(end_ns_, life.block.birth_ns));
  part.blocks += weight.blocks;
  part.byte_time += weight.bytes * (end_ns - life.block.birth_ns);
  if (life.is_outlived) part.outlived += weight.blocks;
  if (!life.end_ns) part.live += weight.blocks;
  if (!life.end_ns || !life.was_seen) return;
  if (life.is_temporary) part.temporary += weight.blocks;
  if (life.is_elsewhere) part.elsewhere += weight.blocks;
  add_to(part.ages, static_cast<std::uint32_t>(AgeClasses::of((end_ns - life.block.birth_ns) / step_ns_)),
         weight.blocks);
}

std::vector<LifetimePart> LifetimeCollector::parts(std::size_t grouping, std::uint32_t group) const {
  std::vector<LifetimePart> all;
  const auto known = groups_[grouping].find(group);
  if (known == groups_[grouping].end()) return all;
  Rounding blocks, live, temporary, outlived, elsewhere, aged;
  for (const Part& part : known->second) {
    LifetimePart& to =
        all.emplace_back(LifetimePart{.bucket = part.bucket,
                                      .blocks = blocks(part.blocks),
                                      .live = live(part.live),
                                      .temporary = temporary(part.temporary),
                                      .outlived = outlived(part.outlived),
                                      .freed_elsewhere = elsewhere(part.elsewhere),
                                      .byte_time = std::ldexp(static_cast<double>(part.byte_time), -kPartBits),
                                      .ages = {}});
    for (const auto& [age, count] : part.ages)
      if (const std::uint64_t number = aged(count); number != 0) to.ages.emplace_back(age, number);
  }
  return all;
}

std::vector<TemporaryPart> LifetimeCollector::temporary(std::span<const StackId> stacks) const {
  std::map<std::uint32_t, WideCount> sums;
  for (const StackId stack : stacks) {
    const auto known = temporary_.find(static_cast<std::uint32_t>(stack));
    if (known == temporary_.end()) continue;
    for (const auto& [bucket, parts] : known->second) sums[bucket] += parts;
  }
  std::vector<TemporaryPart> all;
  Rounding blocks;
  for (const auto& [bucket, parts] : sums)
    if (const std::uint64_t number = blocks(parts); number != 0) all.push_back({bucket, number});
  return all;
}

}  // namespace heaptape
