// The highest instants of a curve that are worth telling apart.
#pragma once

#include <vector>

#include "analyzer/curve.h"

namespace heaptape {

// Steps of the curve: fine enough that two peaks worth telling apart fall into different ones.
inline constexpr std::size_t kPeakSteps = 4096;

// Each with a valley of a tenth of its height towards any higher one. Highest first, the very highest included.
std::vector<Peak> distinct_peaks(const std::vector<CurvePass::Step>& steps, std::size_t limit);

}  // namespace heaptape
