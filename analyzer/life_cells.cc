#include "analyzer/life_cells.h"

#include <algorithm>
#include <tuple>

#include "analyzer/rounding.h"

namespace heaptape {
namespace {

constexpr unsigned kBucketBits = 8;

std::uint64_t cell_key(std::uint32_t group, std::size_t birth, std::size_t end) {
  return std::uint64_t{group} << 2 * kBucketBits | birth << kBucketBits | end;
}

std::int64_t as_signed(std::uint64_t value) { return static_cast<std::int64_t>(value); }
__extension__ using SignedWide = __int128;
WideCount widened(std::uint64_t parts) { return static_cast<WideCount>(SignedWide{as_signed(parts)}); }

}  // namespace

LifeCellsPass::LifeCellsPass(const Membership& membership, const TimeBuckets& buckets,
                             const std::vector<std::uint32_t>& group_of, std::size_t groups)
    : membership_(&membership),
      buckets_(&buckets),
      group_of_(&group_of),
      groups_(groups),
      columns_(groups * buckets.size()) {}

std::size_t LifeCellsPass::reach(std::uint64_t time_ns) {
  while (current_ + 1 < buckets_->size() && buckets_->borders()[current_ + 1] <= time_ns) ++current_;
  return current_;
}

void LifeCellsPass::born(const Block& block, Moment now) {
  if (!counts(block)) return;
  const Weight weight = weigh(block);
  Parts& born = column(reach(now.time_ns), group(block)).born;
  born.bytes += weight.bytes;
  born.blocks += weight.blocks;
}

LifeCellsPass::Parts& LifeCellsPass::end_of(const Block& block, std::size_t bucket) {
  const std::size_t birth = buckets_->of(block.birth_ns);
  if (birth >= bucket) return column(bucket, group(block)).ended;
  return later_[cell_key(group(block), birth, bucket)];
}

void LifeCellsPass::ended(const Block& block, Fate fate, Moment now) {
  if (!counts(block)) return;
  const Weight weight = weigh(block);
  Parts& end = end_of(block, reach(now.time_ns));
  end.bytes += weight.bytes;
  end.blocks += weight.blocks;
  if (fate == Fate::temporary) end.temporary += weight.blocks;
}

void LifeCellsPass::restored(const Block& block, Fate fate, Moment now) {
  if (!counts(block)) return;
  const Weight weight = weigh(block);
  // Ended in one bucket, and taken back in another: one less ends there, so that both add up at any later border.
  Parts& end = end_of(block, reach(now.time_ns));
  end.bytes -= weight.bytes;
  end.blocks -= weight.blocks;
  if (fate == Fate::temporary) end.temporary -= weight.blocks;
}

std::vector<std::vector<LifeCell>> LifeCellsPass::take_cells() {
  struct Cell {
    std::uint32_t birth, end;
    Parts parts;
  };
  std::vector<std::vector<Cell>> cells(groups_);
  for (std::size_t bucket = 0; bucket < buckets_->size(); ++bucket) {
    for (std::uint32_t group = 0; group < groups_; ++group) {
      const Column& column = columns_[bucket * groups_ + group];
      const auto at = static_cast<std::uint32_t>(bucket);
      if (column.ended.blocks != 0) cells[group].push_back({at, at, column.ended});
      const Parts on{column.born.bytes - column.ended.bytes, column.born.blocks - column.ended.blocks, 0};
      if (on.blocks != 0) cells[group].push_back({at, static_cast<std::uint32_t>(buckets_->size()), on});
    }
  }
  for (const auto& [key, parts] : later_) {
    if (parts.blocks == 0) continue;
    const auto birth = static_cast<std::uint32_t>(key >> kBucketBits & ((1U << kBucketBits) - 1));
    const auto end = static_cast<std::uint32_t>(key & ((1U << kBucketBits) - 1));
    cells[static_cast<std::size_t>(key >> 2 * kBucketBits)].push_back({birth, end, parts});
  }
  std::vector<std::vector<LifeCell>> all(groups_);
  Rounding bytes, blocks, temporary;
  for (std::size_t group = 0; group < groups_; ++group) {
    std::sort(cells[group].begin(), cells[group].end(),
              [](const Cell& a, const Cell& b) { return std::tie(a.birth, a.end) < std::tie(b.birth, b.end); });
    // What lives on is what was born less all that ended later.
    for (std::size_t i = 0; i < cells[group].size();) {
      std::size_t last = i;
      while (last + 1 < cells[group].size() && cells[group][last + 1].birth == cells[group][i].birth) ++last;
      Cell& on = cells[group][last];
      if (on.end == buckets_->size()) {
        for (std::size_t j = i; j < last; ++j) {
          if (cells[group][j].end == cells[group][j].birth) continue;
          on.parts.bytes -= cells[group][j].parts.bytes;
          on.parts.blocks -= cells[group][j].parts.blocks;
        }
      }
      i = last + 1;
    }
    for (const Cell& cell : cells[group]) {
      if (cell.parts.blocks == 0) continue;
      all[group].push_back({cell.birth, cell.end, as_signed(bytes(cell.parts.bytes)),
                            as_signed(blocks(widened(cell.parts.blocks))),
                            as_signed(temporary(widened(cell.parts.temporary)))});
    }
  }
  return all;
}

}  // namespace heaptape
