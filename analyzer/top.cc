#include <algorithm>

#include "analyzer/account.h"
#include "analyzer/analyze.h"
#include "analyzer/caveats.h"
#include "analyzer/measure.h"

namespace heaptape {

TopReport top(const TapeReader& tape, const Selection& selection, Cost cost, Symbols& symbols) {
  if (selection.is_instant()) cost = Cost::live;
  Sites sites(tape, symbols);
  const Measured measured = measure(tape, selection, sites);

  auto report = begun_report<TopReport>(tape, selection);
  report.cost = cost;
  report.peak = peak_of(measured.totals);
  for (std::size_t i = 0; i < measured.stacks.size(); ++i) {
    const Costs& costs = measured.stacks[i];
    if (costs.count == 0 && costs.peak_blocks == 0 && costs.live_blocks == 0) continue;
    const std::uint32_t site = sites.of(static_cast<StackId>(i));
    if (site >= report.sites.size()) report.sites.resize(site + 1);
    report.sites[site].costs += costs;
    report.total += costs;
  }
  for (std::size_t i = 0; i < report.sites.size(); ++i) {
    const Site& site = sites[static_cast<std::uint32_t>(i)];
    report.sites[i].label = site.label;
    report.sites[i].detail = site.detail;
    report.sites[i].place = site.place;
  }
  std::stable_sort(report.sites.begin(), report.sites.end(), [&](const TopReport::Site& a, const TopReport::Site& b) {
    return a.costs.of(cost) > b.costs.of(cost);
  });
  report.margins = measured.margins;
  report.caveats = caveats_of(tape, measured.unread, symbols);
  return report;
}

}  // namespace heaptape
