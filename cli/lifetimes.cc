// heaptape lifetimes TAPE : how long blocks live, by site or by thread, and who ends them.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "analyzer/analyze.h"
#include "analyzer/json.h"
#include "analyzer/readable.h"
#include "analyzer/sites.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "cli/selection_options.h"
#include "cli/table.h"
#include "cli/view.h"
#include "render/units.h"

namespace heaptape::cli {
namespace lifetimes_command {
namespace {

using Figures = LifetimesReport::Figures;
using Group = LifetimesReport::Group;

struct Options {
  std::string tape;
  Choice choice;
  LifetimesReport::By by = LifetimesReport::By::site;
  std::size_t limit = 10;
  bool json = false;
  SymbolSources symbols;
};

std::string place_text(const Location& place) {
  const std::string detail = detail_of(place);
  return detail.empty() ? readable(place.function) : fmt::format("{} ({})", readable(place.function), detail);
}

std::string byte_seconds(double value) {
  constexpr double kMost = 9e18;
  return human_bytes(static_cast<std::uint64_t>(std::min(value, kMost))) + "·s";
}

std::string time_or_none(const Figures& figures, std::uint64_t time_ns, std::uint64_t clock_step_ns) {
  if (figures.count == figures.live) return "–";
  return time_ns == 0 && clock_step_ns > 1 ? "<" + human_time(clock_step_ns) : human_time(time_ns);
}

std::string groups_text(const LifetimesReport& report, std::size_t limit, const Terminal& terminal) {
  using enum Column::Side;
  const bool by_site = report.by == LifetimesReport::By::site;
  Table table({{.title = "byte-time", .side = right, .style = Style::bold},
               {.title = "blocks", .side = right},
               {.title = "live", .side = right},
               {.title = "p50", .side = right},
               {.title = "p90", .side = right},
               {.title = "p99", .side = right},
               {.title = "longest", .side = right},
               {.title = "distance", .side = right},
               {.title = by_site ? "site" : "thread", .style = Style::accent, .shrinks = true},
               {.title = by_site ? "at" : "tid", .style = Style::dim, .shrinks = true}});
  for (std::size_t i = 0; i < shown_of(report.groups.size(), limit); ++i) {
    const Group& group = report.groups[i];
    const Figures& figures = group.figures;
    const auto time = [&](std::uint64_t ns) { return time_or_none(figures, ns, report.clock_step_ns); };
    const LifetimesReport::Quantile& lifetime = figures.lifetime_ns;
    table.add({byte_seconds(figures.byte_seconds), grouped(figures.count), grouped(figures.live), time(lifetime.p50),
               time(lifetime.p90), time(lifetime.p99), time(lifetime.longest),
               figures.count == figures.live ? "–" : grouped(figures.distance.p50), safe(group.label),
               safe(group.detail)});
  }
  return table.text(terminal) + more_line(report.groups.size(), limit, by_site ? "more site" : "more thread");
}

std::string loops_text(const LifetimesReport& report, std::size_t limit, const Terminal& terminal) {
  using enum Column::Side;
  if (report.loops.empty()) return "";
  Table table({{.title = "temporary", .side = right, .style = Style::bold},
               {.title = "share", .side = right},
               {.title = "site", .style = Style::accent, .shrinks = true},
               {.title = "called by", .style = Style::dim, .shrinks = true}});
  for (std::size_t i = 0; i < shown_of(report.loops.size(), limit); ++i) {
    const LifetimesReport::Loop& loop = report.loops[i];
    table.add({grouped(loop.temporary), share_of(loop.temporary, report.total.temporary), safe(place_text(loop.site)),
               loop.caller.function.empty() ? "" : safe(place_text(loop.caller))});
  }
  return fmt::format("\n  {}: freed by their own thread before it allocated again\n\n",
                     terminal.paint(Style::bold, "Temporary")) +
         table.text(terminal) + more_line(report.loops.size(), limit, "more loop");
}

std::string freed_by_text(const Figures& figures) {
  constexpr std::size_t kNamed = 3;
  std::string text;
  std::uint64_t others = figures.freed_by_others;
  for (std::size_t i = 0; i < figures.freed_by.size(); ++i) {
    const LifetimesReport::FreedBy& one = figures.freed_by[i];
    if (i >= kNamed)
      others += one.blocks;
    else
      text += fmt::format("{}{}{}: {}", text.empty() ? "" : ", ",
                          safe(one.thread.name + (one.thread.name.empty() ? "" : " ")), one.thread.tid,
                          grouped(one.blocks));
  }
  return others == 0 ? text : fmt::format("{}, others: {}", text, grouped(others));
}

// Those groups that have the most of a figure.
template <class Figure>
std::string threads_text(const LifetimesReport& report, std::size_t limit, const Terminal& terminal,
                         const std::string& title, Figure figure, bool tells_who) {
  using enum Column::Side;
  std::vector<const Group*> groups;
  for (const Group& group : report.groups)
    if (group.figures.*figure != 0) groups.push_back(&group);
  if (groups.empty()) return "";
  std::stable_sort(groups.begin(), groups.end(),
                   [&](const Group* a, const Group* b) { return a->figures.*figure > b->figures.*figure; });
  std::vector<Column> columns{{.title = "blocks", .side = right, .style = Style::bold},
                              {.title = "of", .side = right},
                              {.title = "allocated by", .style = Style::accent, .shrinks = true}};
  if (tells_who) columns.push_back({.title = "freed by", .style = Style::dim, .shrinks = true});
  Table table(std::move(columns));
  for (std::size_t i = 0; i < shown_of(groups.size(), limit); ++i) {
    const Group& group = *groups[i];
    std::vector<std::string> cells{
        grouped(group.figures.*figure), grouped(group.figures.count),
        safe(group.detail.empty() ? group.label : fmt::format("{} ({})", group.label, group.detail))};
    if (tells_who) cells.push_back(freed_by_text(group.figures));
    table.add(std::move(cells));
  }
  return "\n  " + title + "\n\n" + table.text(terminal) +
         more_line(groups.size(), limit, report.by == LifetimesReport::By::site ? "more site" : "more thread");
}

std::string text_of(const LifetimesReport& report, std::size_t limit, const Terminal& terminal) {
  std::string text = heading(terminal, report.program, report.layer, report.selection, "lifetimes");
  if (report.groups.empty())
    return text + nothing(report.layer, report.selection, "nothing to count") + notes(terminal, report.caveats);
  const Figures& total = report.total;
  const auto margin = [&](std::uint64_t Margins::*one) {
    return report.margins ? grouped(report.margins.value().*one) : "";
  };
  const std::string counts =
      fmt::format("{}, {} temporary, {} still live",
                  with_margin(counted(total.count, "block"), report.margins.has_value(), margin(&Margins::allocations)),
                  with_margin(grouped(total.temporary), report.margins.has_value(), margin(&Margins::temporary)),
                  with_margin(grouped(total.live), report.margins.has_value(), margin(&Margins::live_blocks)));
  text += fmt::format("  {}\n\n", counts);
  text += groups_text(report, limit, terminal) + loops_text(report, limit, terminal);
  text += threads_text(
      report, limit, terminal,
      terminal.paint(Style::bold, "Outlive their thread") + ": released, or still live, behind its last event",
      &Figures::outlived, false);
  text += threads_text(report, limit, terminal, terminal.paint(Style::bold, "Freed by another thread"),
                       &Figures::freed_elsewhere, true);
  return text + notes(terminal, report.caveats);
}

void run(const Options& options) {
  const Terminal terminal = standard_output();
  Progress progress("reading " + options.tape);
  const TapeReader tape(options.tape, progress.watch());
  Symbols symbols(tape, options.symbols);
  const LifetimesReport report = lifetimes(tape, selection_of(tape, options.choice, symbols), options.by, symbols);
  put(options.json ? to_text(to_json(report)) : text_of(report, options.limit, terminal));
  report_damage(tape, report.caveats);
}

}  // namespace
}  // namespace lifetimes_command

void add_lifetimes(Arguments& heaptape) {
  using namespace lifetimes_command;
  auto options = std::make_shared<Options>();
  Arguments& command = heaptape.subcommand("lifetimes", "How long blocks live, and who ends them");
  add_tape(command, options->tape);
  const auto parse = [options](const std::string& word) {
    if (word != "site" && word != "thread") throw BadValue(fmt::format("'{}' is neither site nor thread", word));
    options->by = word == "site" ? LifetimesReport::By::site : LifetimesReport::By::thread;
  };
  command.parsed("--by", "site|thread", parse,
                 "What blocks are grouped by: where, or by which thread, they were allocated");
  add_selection(command, options->choice);
  add_limit(command, options->limit);
  add_json(command, options->json);
  add_symbol_sources(command, options->symbols);
  command.on_run([options] { run(*options); });
}

}  // namespace heaptape::cli
