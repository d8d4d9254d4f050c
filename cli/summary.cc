// heaptape summary TAPE… : the figures of a tape, from its index; of several, their processes as a tree.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "analyzer/account.h"
#include "analyzer/analyze.h"
#include "analyzer/json.h"
#include "cli/commands.h"
#include "cli/family_text.h"
#include "cli/options.h"
#include "cli/siblings.h"
#include "cli/sparkline.h"
#include "cli/table.h"
#include "cli/view.h"
#include "render/units.h"

namespace heaptape::cli {
namespace {

struct Options {
  std::vector<std::string> tapes;
  Layer layer = Layer::program;
  bool json = false;
  bool drawn = false, no_unicode = false;
};

// What is drawn beside the figures.
struct Drawing {
  bool wanted = false, unicode = true;
  std::vector<std::uint64_t> outline;  // of live bytes; empty: the index has no curve
};
constexpr int kDrawingColumns = 48;

std::string figures(const SummaryReport& report, const Terminal& terminal) {
  const Totals& totals = report.totals;
  Table table({{.style = Style::dim}, {.shrinks = true}});
  if (!report.command.empty()) table.add({"command", safe(report.command)});
  table.add({"duration", human_time(report.duration_ns)});
  table.add({"ending", in_words(report.ending)});
  const bool sampled = report.margins.has_value();
  const Margins margins = report.margins.value_or(Margins{});
  const auto number = [&](std::uint64_t value, std::uint64_t margin) {
    return with_margin(grouped(value), sampled, grouped(margin));
  };
  const auto bytes = [&](const std::string& text, std::uint64_t margin) {
    return with_margin(text, sampled, human_bytes(margin));
  };
  if (!report.filters.empty()) table.add({"recorded with", report.filters});
  table.add({"allocations", fmt::format("{}, in all {}", number(totals.allocations, margins.allocations),
                                        bytes(both_bytes(totals.allocated_bytes), margins.allocated_bytes))});
  table.add({"frees", number(totals.frees, margins.frees)});
  table.add({"temporary", fmt::format("{} ({})", number(totals.temporary, margins.temporary),
                                      share_of(totals.temporary, totals.allocations))});
  table.add({"peak", bytes(cli::in_words(peak_of(totals)), margins.peak_bytes)});
  table.add({"live at end", bytes(cli::in_words(totals.live_bytes, totals.live_blocks), margins.live_bytes)});
  table.add({"threads", grouped(report.threads)});
  table.add({"RSS peak", report.rss_peak == 0 ? "not sampled" : human_bytes(report.rss_peak)});
  table.add({"ledger", report.ledger.lossy() ? "figures are not exact, see the notes"
                       : sampled             ? "nothing lost; figures are estimates"
                                             : "nothing lost"});
  const bool untracked = report.layer == Layer::user && !report.user;
  return table.text(terminal) + (untracked ? nothing(report.layer, {}, "no tracked variables") : "");
}

void add_layer_row(Table& table, const char* name, const Totals& totals) {
  table.add({name, grouped(totals.allocations), grouped(totals.frees), human_bytes(totals.allocated_bytes),
             grouped(totals.temporary), human_bytes(totals.peak_bytes), human_bytes(totals.live_bytes)});
}

std::string layers(const SummaryReport& report, const Terminal& terminal) {
  using enum Column::Side;
  Table table({{"layer"},
               {"allocations", right},
               {"frees", right},
               {"allocated", right},
               {"temporary", right},
               {"peak", right},
               {"live at end", right}});
  if (report.user) add_layer_row(table, "user", *report.user);
  add_layer_row(table, "program", report.layers.program);
  add_layer_row(table, "all", report.layers.all);
  return "\n" + table.text(terminal);
}

std::string use_count(const VariableReport& variable) {
  if (variable.max_use_count == 0) return "-";
  if (variable.max_use_count == variable.use_count) return grouped(variable.use_count);
  return fmt::format("{} (max {})", variable.use_count, variable.max_use_count);
}

std::string variables(const SummaryReport& report, const Terminal& terminal) {
  using enum Column::Side;
  if (report.variables.empty()) return "";
  Table table({{.title = "variable", .style = Style::bold},
               {.title = "type", .shrinks = true},
               {.title = "place", .style = Style::dim, .shrinks = true},
               {"address", right},
               {"blocks", right},
               {"bytes", right},
               {"use count", right},
               {"scope"}});
  for (const VariableReport& variable : report.variables) {
    table.add({safe(variable.name), safe(variable.type),
               safe(fmt::format("{}:{}", base_name(variable.file), variable.line)),
               fmt::format("{:#x}", variable.address), grouped(variable.blocks), grouped(variable.bytes),
               use_count(variable), variable.end_ns ? "ended" : "live"});
  }
  return "\n" + table.text(terminal);
}

std::string drawing_text(const SummaryReport& report, const Drawing& drawing, const Terminal& terminal) {
  if (!drawing.wanted) return "";
  const Totals& totals = report.totals;
  const std::uint64_t whole = std::max({totals.peak_bytes, totals.live_bytes, report.rss_peak});
  if (whole == 0) return "";
  Table table({{.style = Style::dim}, {.style = Style::accent}, {}});
  if (!drawing.outline.empty())
    table.add({"live bytes", sparkline(drawing.outline, drawing.unicode), "0 to " + human_time(report.duration_ns)});
  const auto add = [&](const char* name, std::uint64_t bytes) {
    table.add({name, bar(bytes, whole, kDrawingColumns, drawing.unicode), human_bytes(bytes)});
  };
  add("peak", totals.peak_bytes);
  add("live at end", totals.live_bytes);
  if (report.rss_peak != 0) add("RSS peak", report.rss_peak);
  return "\n" + table.text(terminal);
}

std::string hint(const SummaryReport& report, const Terminal& terminal) {
  const Layer layer = report.layer == Layer::all ? Layer::all : Layer::program;
  const std::optional<Sibling> sibling = heaviest_sibling(report.path, layer);
  const Totals& own = report.layers.of(layer);
  if (!sibling || sibling->peak_bytes <= own.peak_bytes) return "";
  return fmt::format("\n{}: {} (peak {}) is the heaviest process that this one started; see {}\n",
                     terminal.paint(Style::accent, "hint"), safe(sibling->program), human_bytes(sibling->peak_bytes),
                     safe(sibling->path));
}

std::string text_of(const SummaryReport& report, const Drawing& drawing, const Terminal& terminal) {
  return heading(terminal, report.program, report.layer, "summary") + figures(report, terminal) +
         drawing_text(report, drawing, terminal) + layers(report, terminal) + variables(report, terminal) +
         notes(terminal, report.caveats) + hint(report, terminal);
}

void run(const Options& options) {
  const Terminal terminal = standard_output();
  std::vector<SummaryReport> reports;
  // Scripts see the same text as ever.
  Drawing drawing{.wanted = options.drawn || terminal.columns != 0, .unicode = !options.no_unicode, .outline = {}};
  bool is_damaged = false;
  const bool all_read = show_each(options.tapes, [&](const std::string& path) {
    const TapeReader tape(path);
    reports.push_back(summary(tape, options.layer));
    if (drawing.wanted) drawing.outline = outline_of(tape, options.layer, kDrawingColumns);
    is_damaged |= tell_damage(tape, reports.back().caveats);
  });
  std::string text;
  if (options.json) {
    text = to_text(options.tapes.size() == 1 ? to_json(reports[0]) : to_json(reports));
  } else if (options.tapes.size() == 1) {
    text = text_of(reports[0], drawing, terminal);
  } else {
    text = family_text(reports, options.layer, terminal);
  }
  put(text);
  if (is_damaged || !all_read) throw Exit{kBadTape};
}

}  // namespace

void add_summary(Arguments& heaptape) {
  auto options = std::make_shared<Options>();
  Arguments& command =
      heaptape.subcommand("summary", "Totals, peak and what was lost; of several tapes, the tree of their processes");
  command.texts("tape", "TAPE", options->tapes, "The tapes to read", Arguments::Need::required);
  add_layer(command, options->layer);
  add_json(command, options->json);
  command.flag("--draw", options->drawn, "Draw the live bytes and bars where the output is no terminal, too");
  command.flag("--no-unicode", options->no_unicode, "Draw with ASCII characters alone");
  for (const char* option :
       {"--at", "--from", "--to", "--thread", "--module", "--function", "--file", "--size", "--lifetime"})
    command.refused(option, fmt::format("a summary is of the whole run, as the tape's index has it; for a part of it "
                                        "ask 'heaptape top', which takes {}",
                                        option));
  command.on_run([options] { run(*options); });
}

}  // namespace heaptape::cli
