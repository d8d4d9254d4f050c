#include "analyzer/kept_pages.h"

#include <algorithm>

namespace heaptape {

KeptPages::Stretch* KeptPages::stretch_of(std::uint64_t page) {
  const std::uint64_t number = page >> (kStretchBits - kPageBits);
  if (number == last_number_) return last_;
  auto found = stretches_.find(number);
  if (found == stretches_.end()) {
    if (stretches_.size() == kMostStretches) return nullptr;
    found = stretches_.emplace(number, std::make_unique<Stretch>()).first;
  }
  last_number_ = number;
  return last_ = found->second.get();
}

void KeptPages::change(std::uint64_t address, std::uint64_t size, std::uint32_t by) {
  const auto pages_of = [](std::uint64_t bytes) { return (std::max<std::uint64_t>(bytes, 1) - 1) / kPage + 1; };
  if (size >= kLarge) {
    large_pages_ += by == 1 ? pages_of(size) : -pages_of(size);
    return;
  }
  const std::uint64_t first = address >> kPageBits,
                      pages = pages_of(address % kPage + std::max<std::uint64_t>(size, 1));
  for (std::uint64_t page = first; page < first + pages; ++page) {
    Stretch* const stretch = stretch_of(page);
    if (stretch == nullptr) {
      large_pages_ += by == 1 ? 1 : UINT64_MAX;
      continue;
    }
    std::uint32_t& blocks = (*stretch)[page % stretch->size()];
    if (by == 1 && blocks == 0) ++pages_;
    if (by != 1 && blocks == 1) --pages_;
    blocks += by;
  }
}

std::uint64_t KeptPages::span_bytes() const {
  std::uint64_t pages = large_pages_;
  const auto is_kept = [](std::uint32_t blocks) { return blocks != 0; };
  for (const auto& [number, stretch] : stretches_) {
    const auto first = std::find_if(stretch->begin(), stretch->end(), is_kept);
    if (first == stretch->end()) continue;
    const auto last = std::find_if(stretch->rbegin(), stretch->rend(), is_kept).base();
    pages += static_cast<std::uint64_t>(last - first);
  }
  return pages << kPageBits;
}

}  // namespace heaptape
