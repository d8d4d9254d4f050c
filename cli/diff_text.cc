#include "cli/diff_text.h"

#include <fmt/format.h>

#include "cli/changes.h"
#include "cli/table.h"
#include "cli/view.h"
#include "render/units.h"

namespace heaptape::cli {
namespace {

std::string title_of(const DiffReport& report) {
  const std::string title = fmt::format("diff by {}", title_of_cost(report.cost));
  return report.aligned == "end" ? title : fmt::format("{}, at {}", title, safe(report.aligned));
}

std::string change_cell(Cost cost, const Change& change) {
  return change.is_noise() ? signed_amount(cost, change) + " (noise)" : signed_amount(cost, change);
}

std::string totals(const DiffReport& report, const Terminal& terminal) {
  using enum Column::Side;
  Table table({{.title = "", .style = Style::dim},
               {.title = "base", .side = right},
               {.title = "new", .side = right},
               {.title = "change", .side = right, .style = Style::bold},
               {.title = "", .side = right}});
  const auto add = [&](const char* name, Cost cost, const Change& change) {
    table.add({name, spread_text(cost, change.base, report.base_margins),
               spread_text(cost, change.now, report.now_margins), change_cell(cost, change), percent_of(change)});
  };
  add("peak", Cost::peak, report.total(Cost::peak));
  add(report.aligned == "end" ? "live at end" : "live then", Cost::leaked, report.live_at_end);
  if (report.aligned == "end") add("leaked", Cost::leaked, report.total(Cost::leaked));
  add("allocations", Cost::count, report.total(Cost::count));
  add("allocated", Cost::allocated, report.total(Cost::allocated));
  add("temporary", Cost::temporary, report.total(Cost::temporary));
  const auto add_lifetime = [&](const char* name, const Change& change) {
    table.add({name, lifetime_text(change.base, report.clock_step_ns), lifetime_text(change.now, report.clock_step_ns),
               signed_lifetime(change), change.base.runs == 0 ? "" : percent_of(change)});
  };
  if (report.lifetimes) {
    add_lifetime("lifetime p50", report.lifetimes->p50_ns);
    add_lifetime("lifetime p90", report.lifetimes->p90_ns);
  }
  return table.text(terminal);
}

std::string lifetimes_of(const DiffReport& report, std::size_t limit, const Terminal& terminal) {
  using enum Column::Side;
  const std::vector<DiffReport::Site>& sites = report.by_lifetime;
  if (sites.empty()) return "";
  Table table({{.title = "byte-time", .side = right, .style = Style::bold},
               {.title = "p50 base", .side = right},
               {.title = "new", .side = right},
               {.title = "p90 base", .side = right},
               {.title = "new", .side = right},
               {.title = "distance", .side = right},
               {.title = "site", .style = Style::accent, .shrinks = true},
               {.title = "at", .style = Style::dim, .shrinks = true}});
  for (std::size_t i = 0; i < shown_of(sites.size(), limit); ++i) {
    const LifetimeChanges& lives = *sites[i].lifetimes;
    const auto time = [&](const Spread& side) { return lifetime_text(side, report.clock_step_ns); };
    table.add({signed_byte_time(lives.byte_ms), time(lives.p50_ns.base), time(lives.p50_ns.now),
               time(lives.p90_ns.base), time(lives.p90_ns.now), distance_text(lives.distance), safe(sites[i].label),
               safe(place_text(sites[i]))});
  }
  return fmt::format("\n  {}: half of the blocks, or the longest tenth, live twice or half as long, or more so\n\n",
                     terminal.paint(Style::bold, "Lifetimes")) +
         table.text(terminal) + more_line(sites.size(), limit, "more site");
}

std::string table_of(const DiffReport& report, const ChangedSites& sites, const Terminal& terminal) {
  using enum Column::Side;
  Table table({{.title = "change", .side = right, .style = Style::bold},
               {.title = "", .side = right},
               {.title = "base", .side = right},
               {.title = "new", .side = right},
               {.title = report.cost == Cost::count ? "allocated" : "allocations", .side = right},
               {.title = "", .style = Style::warning},
               {.title = "site", .style = Style::accent, .shrinks = true},
               {.title = "at", .style = Style::dim, .shrinks = true}});
  const Cost beside = report.cost == Cost::count ? Cost::allocated : Cost::count;
  for (const DiffReport::Site* site : sites.shown) {
    const Change& change = site->of(report.cost);
    table.add({signed_amount(report.cost, change), percent_of(change), amount(report.cost, change.base.median),
               amount(report.cost, change.now.median), signed_amount(beside, site->of(beside)), word_of(site->state),
               safe(site->label), safe(place_text(*site))});
  }
  return table.empty() ? "" : "\n" + table.text(terminal);
}

}  // namespace

std::string diff_text(const DiffReport& report, std::size_t limit, const Terminal& terminal) {
  std::string text = heading(terminal, report.program, report.layer, title_of(report));
  Table sides({{.style = Style::dim}, {.shrinks = true}});
  sides.add({"base", runs_text(report.base)});
  sides.add({"new", runs_text(report.now)});
  const ChangedSites sites = changed_sites(report, limit);
  text += sides.text(terminal) + "\n" + totals(report, terminal) + table_of(report, sites, terminal);
  if (sites.shown.empty()) text += fmt::format("\n  no site changed by {}\n", title_of_cost(report.cost));
  for (const std::string& line : unshown(report, sites)) text += "  " + line + "\n";
  text += lifetimes_of(report, limit, terminal);
  return text + notes(terminal, report.caveats);
}

}  // namespace heaptape::cli
