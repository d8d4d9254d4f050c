#include "analyzer/addresses.h"

#include <algorithm>
#include <unordered_set>

#include "analyzer/account.h"
#include "analyzer/caveats.h"

namespace heaptape {
namespace {

constexpr std::size_t kMostPieces = 65'536;
constexpr std::size_t kMostRegions = 24;

std::uint64_t span_of(const Block& block) { return std::max<std::uint64_t>(block.size, 1); }
std::uint64_t last_of(const Block& block) {
  return span_of(block) - 1 > UINT64_MAX - block.address ? UINT64_MAX : block.address + span_of(block) - 1;
}

// The pieces of the address space that some chosen block lay in.
class PiecesPass : public RangedPass {
 public:
  void born(const Block& block, Moment) override {
    const std::uint64_t last = last_of(block);
    while ((last >> shift_) - (block.address >> shift_) >= kMostPieces) coarsen();
    for (std::uint64_t piece = block.address >> shift_; piece <= last >> shift_; ++piece) add(piece);
  }
  void range_begins() override {}

  int shift() const { return shift_; }
  std::vector<std::uint64_t> pieces() const {
    std::vector<std::uint64_t> sorted(pieces_.begin(), pieces_.end());
    std::sort(sorted.begin(), sorted.end());
    return sorted;
  }

 private:
  void add(std::uint64_t piece) {
    std::uint64_t& recent = recent_[piece % kRecent];
    if (recent == piece + 1) return;
    recent = piece + 1;
    pieces_.insert(piece);
    if (pieces_.size() > kMostPieces) coarsen();
  }
  void coarsen() {
    std::unordered_set<std::uint64_t> larger;
    for (const std::uint64_t piece : pieces_) larger.insert(piece >> 1);
    pieces_ = std::move(larger);
    ++shift_;
    std::fill(std::begin(recent_), std::end(recent_), 0);
  }

  static constexpr std::size_t kRecent = 4096;
  int shift_ = 8;  // of a piece: 256 bytes at first
  std::unordered_set<std::uint64_t> pieces_;
  std::uint64_t recent_[kRecent]{};  // by place: plus 1; most births are where one was shortly before
};

using Region = AddressesReport::Region;

// A gap as wide as a twentieth of all that is used parts two regions.
void find_regions(AddressesReport& report, const std::vector<std::uint64_t>& pieces, int shift, std::size_t rows) {
  const std::uint64_t gap = std::max<std::uint64_t>(pieces.size() / 20, 4);
  struct Found {
    std::uint64_t first, last, used;
  };
  std::vector<Found> found;
  for (const std::uint64_t piece : pieces) {
    if (found.empty() || piece - found.back().last > gap)
      found.push_back({piece, piece, 1});
    else
      found.back() = {found.back().first, piece, found.back().used + 1};
  }
  std::stable_sort(found.begin(), found.end(), [](const Found& a, const Found& b) { return a.used > b.used; });
  const std::size_t most = std::min(kMostRegions, std::max<std::size_t>(rows / 4, 1));
  for (std::size_t i = most; i < found.size(); ++i) {
    ++report.folded_regions;
    report.folded_bytes += (found[i].last - found[i].first + 1) << shift;
  }
  if (found.size() > most) found.resize(most);
  std::sort(found.begin(), found.end(), [](const Found& a, const Found& b) { return a.first < b.first; });
  std::uint64_t spanned = 0;
  for (const Found& one : found) spanned += one.last - one.first + 1;
  const std::uint64_t spare = rows > found.size() ? rows - found.size() : 1;
  const std::uint64_t per_row = std::max<std::uint64_t>((spanned + spare - 1) / spare, 1);
  report.row_bytes = per_row << shift;
  for (const Found& one : found) {
    Region region{one.first << shift, (one.last + 1) << shift, report.rows, 0};
    region.rows = static_cast<std::size_t>((one.last - one.first + per_row) / per_row);
    report.rows += region.rows;
    report.regions.push_back(region);
  }
}

// Live bytes of each row, noted at each column's end.
class GridPass : public RangedPass {
 public:
  explicit GridPass(AddressesReport& report) : report_(&report), live_(report.rows) {
    report.used.assign(report.rows * report.columns, 0);
  }
  void born(const Block& block, Moment now) override {
    reach(now);
    const bool is_peak = all_.bear(weigh(block), now.time_ns, now.event);
    change(block, 1);
    if (is_peak) peak_rows_ = used_rows_;
  }
  void ended(const Block& block, Fate fate, Moment now) override {
    reach(now);
    if (fate == Fate::overwritten)
      all_.drop(weigh(block));
    else
      all_.release(weigh(block), false);
    change(block, -1);
  }
  void restored(const Block& block, Fate, Moment now) override {
    reach(now);
    const bool is_peak = all_.restore(weigh(block), false, now.time_ns, now.event);
    change(block, 1);
    if (is_peak) peak_rows_ = used_rows_;
  }
  void range_begins() override {
    all_.begin_peak(report_->begin_ns, 0);
    peak_rows_ = used_rows_;
  }

  void finish() {
    while (column_ < report_->columns) note();
    report_->peak = peak_of(all_.estimate().totals);
    report_->spanned_at_peak = peak_rows_ * report_->row_bytes;
  }

 private:
  void reach(Moment now) {
    if (now.time_ns <= report_->begin_ns) return;
    const std::uint64_t length = std::max<std::uint64_t>(report_->end_ns - report_->begin_ns, 1);
    const auto column =
        static_cast<std::size_t>(WideCount{now.time_ns - report_->begin_ns} * report_->columns / length);
    while (column_ < std::min(column, report_->columns - 1)) note();
  }
  void note() {
    for (std::size_t row = 0; row < live_.size(); ++row)
      report_->used[row * report_->columns + column_] =
          static_cast<float>(std::min(1.0, static_cast<double>(live_[row]) / static_cast<double>(report_->row_bytes)));
    ++column_;
  }
  const Region* region_of(std::uint64_t address) {
    if (recent_ != nullptr && address >= recent_->begin && address < recent_->end) return recent_;
    const auto& regions = report_->regions;
    auto after = std::upper_bound(regions.begin(), regions.end(), address,
                                  [](std::uint64_t value, const Region& region) { return value < region.begin; });
    if (after == regions.begin()) return nullptr;
    --after;
    return address < after->end ? recent_ = &*after : nullptr;
  }
  void change(const Block& block, std::int64_t sign) {
    const Region* region = region_of(block.address);
    if (region == nullptr) return;
    const std::uint64_t begin = block.address - region->begin;
    const std::uint64_t end = std::min(last_of(block), region->end - 1) - region->begin + 1;
    const std::uint64_t bytes = report_->row_bytes;
    for (std::uint64_t row = begin / bytes; row * bytes < end && row < region->rows; ++row) {
      const std::uint64_t from = std::max(begin, row * bytes), to = std::min(end, (row + 1) * bytes);
      std::int64_t& live = live_[region->first_row + row];
      const bool was_used = live > 0;
      live += sign * static_cast<std::int64_t>(to - from);
      used_rows_ = used_rows_ + (live > 0) - was_used;
    }
  }

  AddressesReport* report_;
  std::vector<std::int64_t> live_;
  const Region* recent_ = nullptr;
  std::size_t column_ = 0;
  std::uint64_t used_rows_ = 0, peak_rows_ = 0;  // that hold something; did at the peak
  Estimator all_;
};

}  // namespace

AddressesReport addresses(const TapeReader& tape, const Selection& selection, std::size_t rows, std::size_t columns) {
  auto report = begun_report<AddressesReport>(tape, selection);
  report.begin_ns = selection.begin_ns();
  report.end_ns = std::max(selection.end_ns(), report.begin_ns);
  report.columns = std::max<std::size_t>(columns, 1);

  PiecesPass pieces;
  const std::vector<Damage> unread = replay(tape, selection, pieces);
  find_regions(report, pieces.pieces(), pieces.shift(), std::max<std::size_t>(rows, 1));

  GridPass grid(report);
  static_cast<void>(replay(tape, selection, grid));  // the first reading has told what is damaged
  grid.finish();
  report.unknown = unknown_births(tape, selection);
  report.caveats = caveats_of(tape, unread);
  return report;
}

}  // namespace heaptape
