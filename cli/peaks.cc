// heaptape peaks TAPE : the highest instant, who was live then, and the next highest ones.
#include <fmt/format.h>

#include <memory>

#include "analyzer/analyze.h"
#include "analyzer/json.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "cli/selection_options.h"
#include "cli/table.h"
#include "cli/view.h"
#include "render/units.h"

namespace heaptape::cli {
namespace peaks_command {
namespace {

constexpr std::size_t kOthers = 5;

struct Options {
  std::string tape;
  Choice choice;
  std::size_t limit = 20;
  bool json = false;
  SymbolSources symbols;
};

std::string sites(const PeaksReport& report, std::size_t limit, const Terminal& terminal) {
  using enum Column::Side;
  Table table({{.title = "share", .side = right},
               {.title = "bytes", .side = right, .style = Style::bold},
               {.title = "blocks", .side = right},
               {.title = "live at the peak", .style = Style::accent, .shrinks = true}});
  std::uint64_t not_shown = report.peak.bytes;
  std::size_t shown = 0;
  for (const SiteShare& site : report.sites) {
    if (limit != 0 && shown == limit) break;
    ++shown;
    not_shown -= site.bytes;
    table.add(
        {share_of(site.bytes, report.peak.bytes), human_bytes(site.bytes), grouped(site.blocks), safe(site.label)});
  }
  if (table.empty()) return nothing(report.layer, report.selection, "nothing was live");
  std::string text = table.text(terminal);
  if (shown < report.sites.size()) {
    text += fmt::format("  … and {} with {} ({})\n", counted(report.sites.size() - shown, "more site"),
                        human_bytes(not_shown), share_of(not_shown, report.peak.bytes));
  }
  return text;
}

std::string others(const PeaksReport& report, const Terminal& terminal) {
  using enum Column::Side;
  if (report.others.empty()) return "";
  Table table({{"next peaks", right}, {"of the highest", right}, {"blocks", right}, {"time", right}});
  for (const Peak& peak : report.others) {
    table.add({human_bytes(peak.bytes), share_of(peak.bytes, report.peak.bytes), grouped(peak.blocks),
               human_time(peak.time_ns)});
  }
  return "\n" + table.text(terminal);
}

void run(const Options& options) {
  const Terminal terminal = standard_output();
  Progress progress("reading " + options.tape);
  const TapeReader tape(options.tape, progress.watch());
  Symbols symbols(tape, options.symbols);
  const PeaksReport report = peaks(tape, selection_of(tape, options.choice, symbols), kOthers, symbols);
  if (options.json) {
    put(to_text(to_json(report)));
  } else {
    put(heading(terminal, report.program, report.layer, report.selection, "peaks") + "  peak  " +
        with_margin(in_words(report.peak), report.margins.has_value(),
                    human_bytes(report.margins.value_or(Margins{}).peak_bytes)) +
        "\n\n" + sites(report, options.limit, terminal) + others(report, terminal) + notes(terminal, report.caveats));
  }
  report_damage(tape, report.caveats);
}

}  // namespace
}  // namespace peaks_command

void add_peaks(Arguments& heaptape) {
  using namespace peaks_command;
  auto options = std::make_shared<Options>();
  Arguments& command = heaptape.subcommand("peaks", "The highest instants and who was live then");
  add_tape(command, options->tape);
  add_range_selection(command, options->choice);
  add_limit(command, options->limit);
  add_json(command, options->json);
  add_symbol_sources(command, options->symbols);
  command.on_run([options] { run(*options); });
}

}  // namespace heaptape::cli
