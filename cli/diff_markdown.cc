#include <fmt/format.h>

#include "cli/changes.h"
#include "cli/diff_text.h"
#include "cli/markdown.h"
#include "cli/view.h"

namespace heaptape::cli {
namespace {

std::string total_row(const DiffReport& report, const char* name, Cost cost, const Change& change) {
  const std::string noise = change.is_noise() ? " (noise)" : "";
  const bool bold = cost == report.cost && change.is_change();
  const std::string mark = bold ? "**" : "";
  return fmt::format("| {} | {} | {} | {}{}{}{} | {} |\n", name, spread_text(cost, change.base, report.base_margins),
                     spread_text(cost, change.now, report.now_margins), mark, signed_amount(cost, change), noise, mark,
                     percent_of(change));
}

std::string site_row(const DiffReport& report, const DiffReport::Site& site) {
  const Change& change = site.of(report.cost);
  const std::string word = word_of(site.state);
  return fmt::format("| {} | {} | {} | {} | {} | {}{} {} |\n", signed_amount(report.cost, change), percent_of(change),
                     amount(report.cost, change.base.median), amount(report.cost, change.now.median),
                     signed_amount(Cost::count, site.of(Cost::count)), word.empty() ? "" : "*" + word + "* ",
                     code_cell(site.label), code_cell(place_text(site)));
}

std::string lifetime_row(const DiffReport& report, const char* name, const Change& change) {
  return fmt::format("| {} | {} | {} | {} | {} |\n", name, lifetime_text(change.base, report.clock_step_ns),
                     lifetime_text(change.now, report.clock_step_ns), signed_lifetime(change),
                     change.base.runs == 0 ? "" : percent_of(change));
}

std::string lifetimes_markdown(const DiffReport& report, std::size_t limit) {
  const std::vector<DiffReport::Site>& sites = report.by_lifetime;
  if (sites.empty()) return "";
  std::string text =
      "\nHalf of the blocks, or the longest tenth, live twice or half as long, or more so:\n\n"
      "| byte-time | p50 | new | p90 | new | distance | site |\n|--:|--:|--:|--:|--:|--:|---|\n";
  for (std::size_t i = 0; i < shown_of(sites.size(), limit); ++i) {
    const LifetimeChanges& lives = *sites[i].lifetimes;
    const auto time = [&](const Spread& side) { return lifetime_text(side, report.clock_step_ns); };
    text +=
        fmt::format("| {} | {} | {} | {} | {} | {} | {} {} |\n", signed_byte_time(lives.byte_ms),
                    time(lives.p50_ns.base), time(lives.p50_ns.now), time(lives.p90_ns.base), time(lives.p90_ns.now),
                    distance_text(lives.distance), code_cell(sites[i].label), code_cell(place_text(sites[i])));
  }
  if (const std::string more = more_line(sites.size(), limit, "more site"); !more.empty())
    text += "\n-" + more.substr(1);
  return text;
}

}  // namespace

std::string diff_markdown(const DiffReport& report, std::size_t limit) {
  std::string text = fmt::format("### Heap of {}: {} to {}\n\n", code_cell(report.program),
                                 code_cell(runs_text(report.base)), code_cell(runs_text(report.now)));
  if (report.aligned != "end") text += fmt::format("Both at {}.\n\n", code_cell(report.aligned));
  text += fmt::format("| layer {} | base | new | change | |\n|---|--:|--:|--:|--:|\n", name_of(report.layer));
  text += total_row(report, "peak", Cost::peak, report.total(Cost::peak));
  const bool whole = report.aligned == "end";
  text += total_row(report, whole ? "live at end" : "live then", Cost::leaked, report.live_at_end);
  if (whole) text += total_row(report, "leaked", Cost::leaked, report.total(Cost::leaked));
  text += total_row(report, "allocations", Cost::count, report.total(Cost::count));
  text += total_row(report, "allocated", Cost::allocated, report.total(Cost::allocated));
  text += total_row(report, "temporary", Cost::temporary, report.total(Cost::temporary));
  if (report.lifetimes) {
    text += lifetime_row(report, "lifetime p50", report.lifetimes->p50_ns);
    text += lifetime_row(report, "lifetime p90", report.lifetimes->p90_ns);
  }
  const ChangedSites sites = changed_sites(report, limit);
  if (sites.shown.empty()) {
    text += fmt::format("\nNo site changed by {}.\n", title_of_cost(report.cost));
  } else {
    text += fmt::format("\n| {} | | base | new | allocations | site |\n|--:|--:|--:|--:|--:|---|\n",
                        title_of_cost(report.cost));
    for (const DiffReport::Site* site : sites.shown) text += site_row(report, *site);
  }
  const std::vector<std::string> lines = unshown(report, sites);
  if (!lines.empty()) text += "\n";
  for (const std::string& line : lines) text += "- " + line + "\n";
  text += lifetimes_markdown(report, limit);
  if (!report.caveats.empty()) text += "\n";
  for (const Caveat& caveat : report.caveats) text += "> **note**: " + text_cell(caveat.sentence) + "\n";
  return text;
}

}  // namespace heaptape::cli
