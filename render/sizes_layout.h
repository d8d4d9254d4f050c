// How large blocks are: two histograms over one axis of sizes, by blocks and by bytes. Sizes are on a log scale: a bar
// for each power of two.
#pragma once

#include "analyzer/sizes.h"
#include "render/chart.h"

namespace heaptape {

struct SizesLayout : Chart {
  Rect blocks_plot, bytes_plot;
};

inline constexpr Size kSizesSize{1000, 620};

SizesLayout lay_out(const SizesReport& report, const std::string& title, Size size, const TextRuler& ruler);

// "1,523,553 blocks of 1.21 GiB (1,269,760 bytes)".
std::string total_of(const SizesReport& report);

}  // namespace heaptape
