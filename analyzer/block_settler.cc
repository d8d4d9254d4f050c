#include "analyzer/block_settler.h"

#include <algorithm>

#include "format/event_unpacker.h"

namespace heaptape {

void BlockSettler::settle(std::size_t index, SettledBlock& to) {
  to_ = &to;
  to.threads.clear();
  to.moments.clear();
  to.others.clear();
  to.across_peak.clear();
  ++block_;
  met_.clear();
  is_plain_ = true;
  to.is_plain = unpack(index) && is_plain_;
  if (!to.is_plain) return;
  const BlockEntry& entry = tape_->blocks()[index];
  cut();
  count(tape_->totals().of(membership_->layer()).peak_event - entry.first_event - 1);
  for (const ThreadId id : met_) to.threads.push_back({id, last_birth(id)});
}

bool BlockSettler::unpack(std::size_t index) {
  const BlockEntry& entry = tape_->blocks()[index];
  EventColumns columns;
  std::string_view reason;
  if (!tape_->unwrap(index, raw_) || !read_columns(raw_, columns, reason) || columns.count != entry.events)
    return false;
  if (record_of_.size() < columns.count) record_of_.resize(columns.count);
  to_->loose.resize(columns.count);
  loose_ = next_ = to_->loose.data();
  to_->change.resize(columns.count);
  std::fill(to_->change.begin(), to_->change.end(), 0);
  return unpack_events(columns, tape_->definitions(), habits_, *this).empty() &&
         to_->moments.front().time_ns == entry.begin_ns && time_ns_ == entry.end_ns;
}

void BlockSettler::cut() {
  to_->cuts.clear();
  if (growth_ == nullptr) return;
  std::size_t step = 0;
  for (const auto& [place, time_ns] : to_->moments) {
    const std::size_t now = growth_->step_of(time_ns);
    if (place == 0 || now != step) to_->cuts.push_back({place, time_ns, {}});
    step = now;
  }
}

// Counts the births, and keeps what is loose. `peak`: the place of the event that the index names, if it is here.
void BlockSettler::count(std::uint64_t peak) {
  LargeVector<SettledBlock::Loose>& all = to_->loose;
  all.resize(static_cast<std::size_t>(next_ - loose_));
  std::size_t kept = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i + kFetchAhead < all.size()) counts_.prefetch(all[i + kFetchAhead].stack);
    if (i + kFetchAhead / 2 < all.size()) counts_.prefetch_counts(all[i + kFetchAhead / 2].stack);
    SettledBlock::Loose& one = all[i];
    const bool is_loose = one.is_release || one.other == SettledBlock::kNone;
    if (!one.is_release && membership_->holds({.stack = one.stack})) {
      StackCounts::Counts& counts = counts_.of(one.stack);
      ++counts.count;
      counts.allocated += one.size;
      counts.temporary += one.is_temporary;
      one.is_held = true;
      to_->change[one.place] = change_of_birth(one.size);
      if (!is_loose) {
        to_->change[one.other] = -change_of_birth(one.size);
        if (one.place <= peak && peak < one.other) to_->across_peak.push_back({one.stack, one.size});
        for (std::size_t n = 1; n < to_->cuts.size(); ++n) {
          SettledBlock::Cut& cut = to_->cuts[n];
          if (one.place < cut.place && cut.place <= one.other) cut.across.push_back({one.stack, one.size});
        }
      }
    }
    all[kept] = one;
    kept += is_loose;
  }
  all.resize(kept);
}

}  // namespace heaptape
