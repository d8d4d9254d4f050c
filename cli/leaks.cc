// heaptape leaks TAPE : what was live at the end, by site, with stacks.
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>

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
namespace leaks_command {
namespace {

constexpr std::size_t kStacks = 3;  // of each site

std::string stack_text(const LeaksReport::Stack& stack, const Terminal& terminal) {
  std::string text;
  for (const Location& frame : stack.frames) {
    const std::string detail = safe(detail_of(frame));
    const int room = terminal.columns == 0 ? 0 : std::max(12, terminal.columns - 8 - width_of(detail));
    text += "      " + fit(safe(readable(frame.function)), room);
    text += detail.empty() ? "\n" : "  " + terminal.paint(Style::dim, detail) + "\n";
  }
  return text;
}

// "grows steadily ▁▂▃▄▅▆▇█"; nothing where it tells nothing.
std::string growth_text(const LeaksReport::Group& group) {
  constexpr const char* kBars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const char* words = group.growth == Growth::steady    ? "grows steadily"
                      : group.growth == Growth::one_off ? "came at once"
                      : group.growth == Growth::plateau ? "grew to a level"
                                                        : "over time";
  std::uint64_t highest = 1;
  for (const std::uint64_t level : group.levels) highest = std::max(highest, level);
  std::string bars;
  for (const std::uint64_t level : group.levels) {
    const double share = static_cast<double>(level) / static_cast<double>(highest);
    bars += level == 0 ? " " : kBars[std::min<std::size_t>(7, static_cast<std::size_t>(share * 8))];
  }
  return fmt::format("    {} │{}│\n", words, bars);
}

std::string group_text(const LeaksReport::Group& group, const Terminal& terminal) {
  std::string text = fmt::format("  {}  {}", terminal.paint(Style::bold, in_words(group.bytes, group.blocks)),
                                 terminal.paint(Style::accent, safe(group.label)));
  text += group.detail.empty() ? "\n" : "  " + terminal.paint(Style::dim, safe(group.detail)) + "\n";
  if (!group.levels.empty()) text += terminal.paint(Style::dim, growth_text(group));
  for (std::size_t i = 0; i < std::min(kStacks, group.stacks.size()); ++i) {
    const LeaksReport::Stack& stack = group.stacks[i];
    if (group.stacks.size() > 1) text += fmt::format("    {}, by:\n", in_words(stack.bytes, stack.blocks));
    text += stack_text(stack, terminal);
  }
  if (group.stacks.size() > kStacks) {
    text += fmt::format("    … and {}\n", counted(group.stacks.size() - kStacks, "more stack"));
  }
  return text;
}

std::string suppressed_text(const LeaksReport& report) {
  std::string text;
  for (const LeaksReport::Suppressed& one : report.suppressed)
    text += fmt::format("{}leak:{} ({})", text.empty() ? "" : ", ", safe(one.pattern), counted(one.blocks, "block"));
  return text;
}

std::string title_of(const LeaksReport& report) {
  if (report.ended) return "leaks";
  return report.selection.at || report.selection.to ? "live blocks" : "live at the end";
}

std::string text_of(const LeaksReport& report, std::size_t limit, const Terminal& terminal) {
  std::string text = heading(terminal, report.program, report.layer, report.selection, title_of(report));
  Table figures({{.style = Style::dim}, {}});
  const char* name = report.ended ? "leaked" : "live";
  const std::string margin = human_bytes(report.margins.value_or(Margins{}).live_bytes);
  if (report.blocks != 0)
    figures.add({name, with_margin(in_words(report.bytes, report.blocks), report.margins.has_value(), margin)});
  else
    figures.add({name, report.margins ? fmt::format("nothing that was sampled (at most {})", margin) : "nothing"});
  if (report.residue_blocks > 0)
    figures.add({"kept by the runtime", in_words(report.residue_bytes, report.residue_blocks)});
  if (report.suppressed_blocks > 0)
    figures.add(
        {"suppressed", in_words(report.suppressed_bytes, report.suppressed_blocks) + ": " + suppressed_text(report)});
  text += figures.text(terminal);
  const std::size_t shown = shown_of(report.groups.size(), limit);
  for (std::size_t i = 0; i < shown; ++i) text += "\n" + group_text(report.groups[i], terminal);
  if (shown < report.groups.size()) {
    std::uint64_t bytes = 0;
    for (std::size_t i = shown; i < report.groups.size(); ++i) bytes += report.groups[i].bytes;
    text +=
        fmt::format("\n  … and {} with {}\n", counted(report.groups.size() - shown, "more site"), human_bytes(bytes));
  }
  return text + notes(terminal, report.caveats);
}

struct Options {
  std::string tape;
  Choice choice;
  std::string suppressions;
  std::size_t limit = 20;
  bool json = false, fail = false;
  SymbolSources symbols;
};

Suppressions read_suppressions(const std::string& path) {
  if (path.empty()) return {};
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file.peek() != std::ifstream::traits_type::eof()) text << file.rdbuf();
  if (!file.is_open() || file.bad())
    throw Failure(kWrongUse,
                  fmt::format("can't read suppressions from '{}'; they are lines of leak:PATTERN", safe(path)));
  try {
    return Suppressions(text.str());
  } catch (const std::invalid_argument& error) {
    throw Failure(kWrongUse, fmt::format("{}: {}", safe(path), safe(error.what())));
  }
}

// What --fail-on-leaks answers, said on stderr.
void fail_on_leaks(const LeaksReport& report) {
  if (report.ended && report.blocks != 0)
    throw Failure(kExceeded, fmt::format("{} leaked", in_words(report.bytes, report.blocks)));
  if (!report.ended)
    throw Failure(kInexact, fmt::format("can't tell what leaked: the run {}; let the program end by itself",
                                        in_words(report.ending)));
  if (!report.exact)
    throw Failure(kInexact, "can't tell whether nothing leaked: the tape does not have every block; see its notes");
}

void run(const Options& options) {
  const Terminal terminal = standard_output();
  Progress progress("reading " + options.tape);
  const TapeReader tape(options.tape, progress.watch());
  Symbols symbols(tape, options.symbols);
  const Suppressions suppressions = read_suppressions(options.suppressions);
  const LeaksReport report = leaks(tape, selection_of(tape, options.choice, symbols), symbols, suppressions);
  put(options.json ? to_text(to_json(report)) : text_of(report, options.limit, terminal));
  report_damage(tape, report.caveats);
  if (options.fail) fail_on_leaks(report);
}

}  // namespace
}  // namespace leaks_command

void add_leaks(Arguments& heaptape) {
  using namespace leaks_command;
  auto options = std::make_shared<Options>();
  Arguments& command = heaptape.subcommand("leaks", "What was still live at the end");
  add_tape(command, options->tape);
  add_selection(command, options->choice);
  add_limit(command, options->limit);
  add_json(command, options->json);
  command.text("--suppressions", "FILE", options->suppressions,
               "Leaks that are accepted: lines of leak:PATTERN, as LeakSanitizer takes them");
  command.flag("--fail-on-leaks", options->fail, "End with status 1 if anything leaked, 4 if that can't be told");
  add_symbol_sources(command, options->symbols);
  command.on_run([options] {
    if (options->fail && (options->choice.at || options->choice.to))
      throw Failure(kWrongUse, "--fail-on-leaks asks for the end of the run; leave out --at and --to");
    run(*options);
  });
}

}  // namespace heaptape::cli
