// The colours of a picture. Told apart by people with any of the common colour blindnesses: warm against
// cool hues, and lightness wherever two colours touch.
#pragma once

#include <array>
#include <cstdint>

#include "render/icicle_layout.h"
#include "render/ink.h"
#include "render/legend.h"
#include "render/text.h"

namespace heaptape {

struct Colour {
  double red = 0, green = 0, blue = 0;
};

struct Theme {
  Colour background, panel, panel_edge;
  Colour text, quiet_text, bar_text;
  Colour grid, axis, mark, peak, caution;
  Colour live_low, live_high, rss, share, share_track;
  std::array<Colour, kProgramShades> program;
  std::array<Colour, kSystemShades> system;
  Colour folded;
  std::array<Colour, kSeriesInks> series;  // after Okabe and Ito, paler, since text stands on them
  std::array<Colour, kHeatInks> heat;
  std::array<Colour, kChangeInks> grown, shrunk;
  Colour same;

  const Colour& ink_of(TextRole role) const;
  const Colour& of(Key key) const;
  const Colour& of(const IcicleBar& bar) const;
  const Colour& of(Ink ink) const;
};

const Theme& light_theme();
const Theme& dark_theme();

}  // namespace heaptape
