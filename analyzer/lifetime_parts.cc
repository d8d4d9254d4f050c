#include "analyzer/lifetime_parts.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "analyzer/rounding.h"

namespace heaptape {
namespace {

double in_bytes(WideCount parts) { return std::ldexp(static_cast<double>(parts), -kPartBits); }

template <class Cells>
auto in_order(const Cells& cells) {
  std::vector<const typename Cells::value_type*> order;
  for (const auto& cell : cells) order.push_back(&cell);
  std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) { return a->first < b->first; });
  return order;
}

std::int64_t rounded(std::int64_t parts) { return (parts + (std::int64_t{1} << (kPartBits - 1))) >> kPartBits; }

template <class Cells>
std::vector<BlocksCell> blocks_of(const Cells& cells) {
  std::vector<BlocksCell> all;
  std::int64_t sum = 0;  // in parts: what rounding takes from one the next one gets
  for (const auto* cell : in_order(cells)) {
    const std::int64_t before = rounded(sum), blocks = rounded(sum += cell->second) - before;
    if (blocks != 0) all.push_back({cell->first >> 16, cell->first & 0xFFFF, blocks});
  }
  return all;
}

}  // namespace

LifetimeCollector::LifetimeCollector(const TimeBuckets& buckets, std::uint64_t clock_step_ns, std::uint64_t first_event,
                                     std::vector<std::vector<char>> chosen)
    : buckets_(&buckets), step_ns_(clock_step_ns), first_event_(first_event), chosen_(std::move(chosen)) {
  for (const std::vector<char>& groups : chosen_) groups_.emplace_back(groups.size());
}

void LifetimeCollector::lived(const Life& life, std::span<const std::uint32_t> groups) {
  if (life.block.birth_event <= first_event_) return;
  const std::size_t birth = buckets_->of(life.block.birth_ns);
  const std::size_t end = life.end_ns ? buckets_->of(*life.end_ns) : buckets_->size();
  for (std::size_t i = 0; i < groups.size(); ++i)
    if (groups[i] < chosen_[i].size() && chosen_[i][groups[i]] != 0) add(groups_[i][groups[i]], life, birth, end);
  if (!life.is_temporary) return;
  auto& cells = temporary_[static_cast<std::uint32_t>(life.block.stack)];
  const Key key = key_of(birth, end);
  if (cells.empty() || cells.back().first != key) cells.emplace_back(key, 0);
  cells.back().second += static_cast<std::int64_t>(life.weight.blocks);
}

void LifetimeCollector::add(Group& group, const Life& life, std::size_t birth, std::size_t end) const {
  const Key key = key_of(birth, end);
  if (group.newest_parts == nullptr || group.newest != key) {
    group.newest = key;
    group.newest_parts = &group.cells[key];
  }
  Parts& parts = *group.newest_parts;
  const Weight& weight = life.weight;
  parts.blocks += weight.blocks;
  parts.bytes += weight.bytes;
  const double bytes = in_bytes(weight.bytes);
  parts.since += bytes * static_cast<double>(life.block.birth_ns - buckets_->borders()[birth]);
  if (life.orphaned_ns) {
    const auto blocks = static_cast<std::int64_t>(weight.blocks);
    group.outlived[key_of(birth, buckets_->of(*life.orphaned_ns))] += blocks;
    if (life.end_ns && !life.was_seen) group.outlived[key_of(birth, end)] -= blocks;
  }
  if (!life.end_ns) return;
  const std::uint64_t lifetime = *life.end_ns - life.block.birth_ns;
  parts.lived += bytes * static_cast<double>(lifetime);
  if (!life.was_seen) return;
  if (life.is_temporary) parts.temporary += weight.blocks;
  if (life.is_elsewhere) parts.elsewhere += weight.blocks;
  const auto age = static_cast<std::uint32_t>(AgeClasses::of(lifetime / step_ns_));
  const auto at = std::find_if(parts.ages.begin(), parts.ages.end(), [&](const auto& one) { return one.first >= age; });
  if (at == parts.ages.end() || at->first != age)
    parts.ages.insert(at, {age, weight.blocks});
  else
    at->second += weight.blocks;
}

LifetimeParts LifetimeCollector::take(std::size_t grouping, std::uint32_t number) {
  LifetimeParts all;
  if (number >= groups_[grouping].size() || chosen_[grouping][number] == 0) return all;
  all.is_known = true;
  const Group group = std::move(groups_[grouping][number]);
  Rounding blocks, bytes, temporary, elsewhere, aged;
  for (const auto* cell : in_order(group.cells)) {
    const auto& [key, parts] = *cell;
    LifetimeCell& to = all.cells.emplace_back(LifetimeCell{.birth = key >> 16,
                                                           .end = key & 0xFFFF,
                                                           .blocks = blocks(parts.blocks),
                                                           .bytes = bytes(parts.bytes),
                                                           .temporary = temporary(parts.temporary),
                                                           .freed_elsewhere = elsewhere(parts.elsewhere),
                                                           .lived = parts.lived,
                                                           .since = parts.since,
                                                           .ages = {}});
    for (const auto& [age, count] : parts.ages)
      if (const std::uint64_t whole_count = aged(count); whole_count != 0) to.ages.emplace_back(age, whole_count);
  }
  all.outlived = blocks_of(group.outlived);
  return all;
}

std::vector<BlocksCell> LifetimeCollector::temporary(std::span<const StackId> stacks) const {
  std::map<Key, std::int64_t> sums;
  for (const StackId stack : stacks) {
    const auto known = temporary_.find(static_cast<std::uint32_t>(stack));
    if (known == temporary_.end()) continue;
    for (const auto& [key, parts] : known->second) sums[key] += parts;
  }
  return blocks_of(sums);
}

}  // namespace heaptape
