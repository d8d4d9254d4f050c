// When blocks live: tracked variables and the top sites as bars from birth to release, as high as what they own at the
// time, and all blocks as a heat map of birth and age. A variable that reaches another one's blocks is linked to it.
#pragma once

#include "analyzer/lifespans.h"
#include "render/chart.h"

namespace heaptape {

struct LifetimesLayout : Chart {
  Rect variables, sites, ages;  // the plots; one time axis goes for all
  std::size_t shown_variables = 0, shown_sites = 0;
};

inline constexpr double kLifetimesWidth = 1200;

// A height of 0 is chosen from what there is.
LifetimesLayout lay_out(const LifespansReport& report, const std::string& title, Size size, const TextRuler& ruler);

}  // namespace heaptape
