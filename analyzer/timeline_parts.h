// What timelines are made of.
#pragma once

#include <vector>

#include "analyzer/curve.h"
#include "analyzer/reports.h"

namespace heaptape {

inline constexpr std::size_t kPeakSites = 12;

// The highest sample of each of `count` equal stretches, where there are more than that.
std::vector<RssSample> thinned(const std::vector<RssSample>& samples, std::size_t count);
void take_steps(TimelineReport& report, const std::vector<CurvePass::Step>& steps);

}  // namespace heaptape
