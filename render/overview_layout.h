// One page of it all: figures, timeline, flame, top sites, leaks, ledger.
#pragma once

#include "analyzer/overview.h"
#include "render/chart.h"
#include "render/timeline_layout.h"

namespace heaptape {

struct OverviewLayout : Chart {
  TimelineLayout timeline;  // its page is a part of this one's
  Rect figures, flame, sites, leaks, ledger;
};

inline constexpr Size kOverviewSize{1400, 1000};

OverviewLayout lay_out(const OverviewReport& report, const std::string& title, Size size, const TextRuler& ruler);

}  // namespace heaptape
