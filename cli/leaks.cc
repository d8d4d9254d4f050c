// heaptape leaks TAPE : what was live at the end, by site, with stacks.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "analyzer/analyze.h"
#include "analyzer/json.h"
#include "analyzer/readable.h"
#include "analyzer/sites.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/selection_options.h"
#include "cli/table.h"
#include "cli/view.h"
#include "render/units.h"

namespace heaptape::cli {
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

std::string group_text(const LeaksReport::Group& group, const Terminal& terminal) {
  std::string text = fmt::format("  {}  {}", terminal.paint(Style::bold, in_words(group.bytes, group.blocks)),
                                 terminal.paint(Style::accent, safe(group.label)));
  text += group.detail.empty() ? "\n" : "  " + terminal.paint(Style::dim, safe(group.detail)) + "\n";
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
  text += figures.text(terminal);
  const std::size_t shown = limit == 0 ? report.groups.size() : std::min(limit, report.groups.size());
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
  std::size_t limit = 20;
  bool json = false;
};

void run(const Options& options) {
  const Terminal terminal = standard_output();
  const TapeReader tape(options.tape);
  Symbols symbols(tape);
  const LeaksReport report = leaks(tape, selection_of(tape, options.choice, symbols), symbols);
  put(options.json ? to_text(to_json(report)) : text_of(report, options.limit, terminal));
  report_damage(tape, report.caveats);
}

}  // namespace

void add_leaks(Arguments& heaptape) {
  auto options = std::make_shared<Options>();
  Arguments& command = heaptape.subcommand("leaks", "What was still live at the end");
  add_tape(command, options->tape);
  add_selection(command, options->choice);
  add_limit(command, options->limit);
  add_json(command, options->json);
  command.on_run([options] { run(*options); });
}

}  // namespace heaptape::cli
