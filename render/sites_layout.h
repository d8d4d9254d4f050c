// The list of sites that hold a peak: label, figures, a bar for the share.
#pragma once

#include <span>
#include <vector>

#include "analyzer/reports.h"
#include "render/text.h"

namespace heaptape {

struct ShareBar {
  Rect track, fill;
};

struct SitesLayout {
  std::vector<TextBox> texts;
  std::vector<ShareBar> bars;
};

// As many sites as `frame` holds, largest first; one row tells what all others hold. The shares are of
// `peak.bytes`.
SitesLayout lay_out_sites(std::span<const SiteShare> sites, const Peak& peak, Rect frame, const TextRuler& ruler);

// The height that lets all of `sites` be shown.
double sites_height(std::size_t sites, const TextRuler& ruler);

}  // namespace heaptape
