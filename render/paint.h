// Layouts onto a canvas, one for one: all that had to be decided is in the layout.
#pragma once

#include "render/canvas.h"
#include "render/chart.h"
#include "render/icicle_layout.h"
#include "render/overview_layout.h"
#include "render/timeline_layout.h"

namespace heaptape {

void paint(Canvas& canvas, const TimelineLayout& layout, const Theme& theme);
void paint(Canvas& canvas, const IcicleLayout& layout, const Theme& theme);
void paint(Canvas& canvas, const Chart& chart, const Theme& theme);
void paint(Canvas& canvas, const OverviewLayout& layout, const Theme& theme);

}  // namespace heaptape
