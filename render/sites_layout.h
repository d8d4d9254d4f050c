// The list of sites that hold a peak: label, figures, a bar for the share.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "analyzer/reports.h"
#include "render/chart.h"
#include "render/text.h"

namespace heaptape {

struct ShareBar {
  Rect track, fill;
  std::optional<Ink> ink;  // empty: as bars of shares are
};

struct SitesLayout {
  std::vector<TextBox> texts;
  std::vector<ShareBar> bars;
  std::vector<Cell> keys;  // before each label, where sites have inks
};

// The peak's bands, each with its ink; a row tells what all others hold.
SitesLayout lay_out_bands(std::span<const TimelineReport::Band> bands, const std::string& by, const Peak& peak,
                          Rect frame, const TextRuler& ruler);
Ink ink_of_band(std::size_t band);

// As many sites as `frame` holds, largest first; one row tells what all others hold. The shares are of
// `peak.bytes`.
SitesLayout lay_out_sites(std::span<const SiteShare> sites, const Peak& peak, Rect frame, const TextRuler& ruler);

// The height that lets all of `sites` be shown.
double sites_height(std::size_t sites, const TextRuler& ruler);

}  // namespace heaptape
