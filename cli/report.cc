// heaptape report TAPE : the whole run as one page for a browser.
#include <fmt/format.h>

#include <memory>
#include <optional>

#include "analyzer/run_report.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/output_file.h"
#include "cli/progress.h"
#include "cli/terminal.h"
#include "cli/view.h"
#include "render/picture.h"
#include "render/report/report_page.h"
#include "render/units.h"

namespace heaptape::cli {
namespace report_command {
namespace {

struct Options {
  std::string tape, output, title;
  std::vector<std::string> bases;
  Layer layer = Layer::program;
  bool any_program = false, force = false;
  SymbolSources symbols;
};

// All that can be wrong with the output's name is found before the tape is read.
void check_output(const Options& options) {
  const std::string& output = options.output;
  if (!output.ends_with(".html") && !output.ends_with(".htm"))
    throw Failure(kWrongUse, fmt::format("'{}' is no name of a page; end it in .html", output));
  require_no_file(output, options.force);
}

RunComparison comparison_of(std::span<const TapeReader> bases, const TapeReader& tape, const Options& options,
                            Symbols& of_tape) {
  try {
    return compare_runs(bases, tape, {.layer = options.layer, .any_program = options.any_program}, options.symbols,
                        of_tape);
  } catch (const DifferentPrograms& error) {
    throw Failure(kWrongUse, error.what());
  }
}

void run(const Options& options) {
  check_output(options);
  Progress progress("reading " + options.tape);
  const TapeReader tape(options.tape, progress.watch());
  const std::vector<TapeReader> bases = opened(options.bases);
  Symbols symbols(tape, options.symbols);
  const RunReport report = run_report(tape, options.layer, symbols);
  std::optional<RunComparison> comparison;
  if (!bases.empty()) comparison = comparison_of(bases, tape, options, symbols);
  const std::string page = report_page(report, comparison ? &*comparison : nullptr, options.title);
  write_output(options.output, page, options.force);
  put(fmt::format("{}: {} of {}, layer {}; open it in a browser\n", options.output, human_bytes(page.size()),
                  safe(report.summary.program), name_of(options.layer)));
  bool is_damaged = tell_damage(tape, report.caveats);
  for (const TapeReader& base : bases) is_damaged |= tell_damage(base, {});
  if (is_damaged) throw Exit{kBadTape};
}

}  // namespace
}  // namespace report_command

void add_report(Arguments& heaptape) {
  using namespace report_command;
  Arguments& command = heaptape.subcommand("report", "Write the whole run as one page for a browser");
  const auto options = std::make_shared<Options>();
  add_tape(command, options->tape);
  add_layer(command, options->layer);
  command.repeated(
      "--against", "BASE", options->bases,
      "A tape of an older run: the page shows what changed since, too. Given several times medians count, and "
      "what these runs differ by among each other is noise");
  command.flag("--any-program", options->any_program, "Compare tapes of different programs too");
  command.text("-o,--output", "FILE", options->output, "The page: its name ends in .html", Arguments::Need::required);
  command.text("--title", "TEXT", options->title, "Instead of the program's name");
  command.flag("--force", options->force, "Replace an existing page");
  add_symbol_sources(command, options->symbols);
  command.on_run([options] { run(*options); });
}

}  // namespace heaptape::cli
