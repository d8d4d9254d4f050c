// heaptape waste TAPE : memory and work that is paid for without being used.
#include "analyzer/waste.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "analyzer/caveats.h"
#include "analyzer/json.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "cli/selection_options.h"
#include "cli/table.h"
#include "cli/view.h"
#include "render/units.h"

namespace heaptape::cli {
namespace waste_command {
namespace {

using SiteFigures = WasteReport::SiteFigures;
using Step = WasteReport::Step;
using enum Column::Side;

struct Options {
  std::string tape;
  Choice choice;
  std::size_t limit = 5;
  bool json = false;
  SymbolSources symbols;
};

struct Figure {
  const char* title;
  std::string (*text)(const SiteFigures& site);
};

// The sites that have most of a figure; nothing where none has any.
std::string ranking(const WasteReport& report, const Options& options, const Terminal& terminal,
                    const std::string& title, std::uint64_t SiteFigures::*by, const std::vector<Figure>& figures) {
  std::vector<const SiteFigures*> sites;
  for (const SiteFigures& site : report.sites)
    if (site.*by != 0) sites.push_back(&site);
  if (sites.empty()) return "";
  std::stable_sort(sites.begin(), sites.end(),
                   [by](const SiteFigures* a, const SiteFigures* b) { return a->*by > b->*by; });
  std::vector<Column> columns;
  for (const Figure& figure : figures)
    columns.push_back({.title = figure.title, .side = right, .style = columns.empty() ? Style::bold : Style::plain});
  columns.push_back({.title = "site", .style = Style::accent, .shrinks = true});
  columns.push_back({.title = "at", .style = Style::dim, .shrinks = true});
  Table table(std::move(columns));
  const std::size_t shown = shown_of(sites.size(), options.limit);
  for (std::size_t i = 0; i < shown; ++i) {
    std::vector<std::string> cells;
    for (const Figure& figure : figures) cells.push_back(figure.text(*sites[i]));
    cells.push_back(safe(sites[i]->label));
    cells.push_back(safe(sites[i]->detail));
    table.add(std::move(cells));
  }
  return "\n  " + title + "\n\n" + table.text(terminal) + more_line(sites.size(), options.limit, "more site");
}

std::string rankings(const WasteReport& report, const Options& options, const Terminal& terminal) {
  const auto bold = [&](const char* text) { return terminal.paint(Style::bold, text); };
  const Figure allocations{"allocations", [](const SiteFigures& site) { return grouped(site.allocations); }};
  std::string text =
      ranking(report, options, terminal, bold("Rounding") + ": what glibc's malloc adds to the requests",
              &SiteFigures::rounding_bytes,
              {{"added", [](const SiteFigures& site) { return human_bytes(site.rounding_bytes); }},
               {"of", [](const SiteFigures& site) { return human_bytes(site.allocated_bytes + site.rounding_bytes); }},
               allocations});
  text += ranking(report, options, terminal,
                  bold("Copying") + ": blocks that realloc moved (large ones may be remapped instead)",
                  &SiteFigures::moved_bytes,
                  {{"moved", [](const SiteFigures& site) { return human_bytes(site.moved_bytes); }},
                   {"times", [](const SiteFigures& site) { return grouped(site.moved); }},
                   {"reallocs", [](const SiteFigures& site) { return grouped(site.resized); }},
                   {"longest chain", [](const SiteFigures& site) { return grouped(site.longest_chain); }}});
  text += ranking(report, options, terminal, bold("Blocks of no bytes"), &SiteFigures::zero_length,
                  {{"blocks", [](const SiteFigures& site) { return grouped(site.zero_length); }}, allocations});
  text += ranking(report, options, terminal,
                  bold("Storms") + ": blocks of one size from one place, in quick succession; a pool would serve them",
                  &SiteFigures::in_storms,
                  {{"blocks", [](const SiteFigures& site) { return grouped(site.in_storms); }},
                   {"largest", [](const SiteFigures& site) { return grouped(site.storm); }},
                   {"of", [](const SiteFigures& site) { return human_bytes(site.storm_size); }},
                   {"within", [](const SiteFigures& site) { return human_time(site.storm_ns); }},
                   {"live at once", [](const SiteFigures& site) { return grouped(site.storm_live); }}});
  return text;
}

std::string percent_used(std::uint64_t live, std::uint64_t kept) {
  return kept == 0 ? "–" : share_of(std::min(live, kept), kept);
}

void add_row(Table& table, const std::string& when, const Step& step, bool is_glibc) {
  table.add({when, human_bytes(step.live_bytes), is_glibc ? human_bytes(step.usable_bytes) : "–",
             human_bytes(step.page_bytes), percent_used(step.live_bytes, step.page_bytes), human_bytes(step.span_bytes),
             step.rss_bytes == 0 ? "–" : human_bytes(step.rss_bytes)});
}

std::string fragmentation(const WasteReport& report, const Terminal& terminal) {
  Table table({{.title = "time", .side = right},
               {.title = "live", .side = right, .style = Style::bold},
               {.title = "usable", .side = right},
               {.title = "in pages of", .side = right},
               {.title = "used", .side = right},
               {.title = "span", .side = right},
               {.title = "resident", .side = right}});
  constexpr std::size_t kRows = 8;
  const std::size_t every = std::max<std::size_t>(report.steps.size() / kRows, 1);
  for (std::size_t i = every - 1; i < report.steps.size(); i += every)
    add_row(table, human_time(report.steps[i].time_ns), report.steps[i], report.is_glibc);
  add_row(table, "peak, " + human_time(report.at_peak.time_ns), report.at_peak, report.is_glibc);
  return fmt::format("\n  {}: live bytes of all layers, and what they keep\n\n",
                     terminal.paint(Style::bold, "Fragmentation")) +
         table.text(terminal);
}

std::string rate(const WasteReport& report) {
  if (report.steps.size() < 2) return "";
  const auto busiest = std::max_element(report.steps.begin(), report.steps.end(),
                                        [](const Step& a, const Step& b) { return a.births < b.births; });
  std::uint64_t births = 0;
  for (const Step& step : report.steps) births += step.births;
  const std::uint64_t duration_ns = report.duration_ns - report.begin_ns;
  const double seconds = std::max<double>(static_cast<double>(duration_ns) / 1e9, 1e-9);
  const auto per_second = [](double count, double time) {
    return grouped(static_cast<std::uint64_t>(count / std::max(time, 1e-9)));
  };
  return fmt::format("  {} allocations a second; {} in the busiest {}, up to {}\n",
                     per_second(static_cast<double>(births), seconds),
                     per_second(static_cast<double>(busiest->births), seconds / WasteReport::kSteps),
                     human_time(duration_ns / WasteReport::kSteps), human_time(busiest->time_ns));
}

std::string text_of(const WasteReport& report, const Options& options, const Terminal& terminal) {
  std::string text = heading(terminal, report.program, report.layer, report.selection, "waste");
  if (report.steps.empty()) return text + "  nothing was recorded\n" + notes(terminal, report.caveats);
  return text + rate(report) + rankings(report, options, terminal) + fragmentation(report, terminal) +
         notes(terminal, report.caveats);
}

void run(const Options& options) {
  const Terminal terminal = standard_output();
  Progress progress("reading " + options.tape);
  const TapeReader tape(options.tape, progress.watch());
  if (is_sample(tape))
    throw Failure(kInexact,
                  "can't tell what is wasted: the tape holds a sample; record without --sample or --max-tape");
  Symbols symbols(tape, options.symbols);
  const WasteReport report = waste(tape, selection_of(tape, options.choice, symbols), symbols);
  put(options.json ? to_text(to_json(report)) : text_of(report, options, terminal));
  report_damage(tape, report.caveats);
}

}  // namespace
}  // namespace waste_command

void add_waste(Arguments& heaptape) {
  using namespace waste_command;
  auto options = std::make_shared<Options>();
  Arguments& command = heaptape.subcommand("waste", "Rounding, copying, storms of blocks, and fragmentation");
  add_tape(command, options->tape);
  add_range_selection(command, options->choice);
  add_limit(command, options->limit);
  add_json(command, options->json);
  add_symbol_sources(command, options->symbols);
  command.on_run([options] { run(*options); });
}

}  // namespace heaptape::cli
