// heaptape variables TAPE : what the variables marked with HEAPTAPE_TRACK owned over time.
#include "analyzer/variables.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "analyzer/json.h"
#include "analyzer/readable.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "cli/selection_options.h"
#include "cli/table.h"
#include "cli/view.h"
#include "render/selection_words.h"
#include "render/units.h"

namespace heaptape::cli {
namespace variables_command {
namespace {

using Variable = VariablesReport::Variable;
using Scope = VariablesReport::Scope;
using Point = VariablesReport::Point;

struct Options {
  std::string tape, name;
  Choice choice{.layer = Layer::user};
  std::size_t limit = 10;
  bool history = false, json = false;
  SymbolSources symbols;
};

std::string use_count_text(std::uint64_t count) { return count == 0 ? "–" : grouped(count); }

std::string place_of(const Variable& variable) {
  return safe(fmt::format("{}:{}", base_name(variable.file), variable.line));
}

std::string overview(const VariablesReport& report, std::size_t shown, const Terminal& terminal) {
  using enum Column::Side;
  Table table({{.title = "most at once", .side = right, .style = Style::bold},
               {.title = "blocks", .side = right},
               {.title = report.selection.is_whole() ? "ever" : "came to own", .side = right},
               {.title = "use count", .side = right},
               {.title = "scopes", .side = right},
               {.title = "variable", .style = Style::accent, .shrinks = true},
               {.title = "type", .shrinks = true},
               {.title = "at", .style = Style::dim, .shrinks = true}});
  for (std::size_t i = 0; i < shown; ++i) {
    const Variable& variable = report.variables[i];
    table.add({human_bytes(variable.peak_bytes), grouped(variable.peak_blocks),
               fmt::format("{} in {}", human_bytes(variable.bytes), counted(variable.blocks, "block")),
               use_count_text(variable.max_use_count), grouped(variable.scopes), safe(variable.name),
               safe(readable(variable.type)), place_of(variable)});
  }
  return table.text(terminal);
}

std::string how_text(const Point& point) {
  switch (point.how) {
    case VariablesReport::How::tracked:
      return "tracked";
    case VariablesReport::How::read:
      return "read again";
    case VariablesReport::How::mark:
      return safe("mark " + point.mark);
    case VariablesReport::How::scope_end:
      return "end of scope";
    case VariablesReport::How::released:
      return "inferred: a block was released";
    case VariablesReport::How::replaced:
      return "inferred: a larger block took its place";
  }
  return "";
}

std::string sharing_text(const Scope& scope) {
  std::string text;
  for (const VariablesReport::Shared& shared : scope.shared) {
    text += fmt::format("    shares {} with {}, which owns {}\n", in_words(shared.bytes, shared.blocks),
                        shared.owner.empty() ? "a variable that is out of scope" : safe(shared.owner),
                        shared.blocks == 1 ? "it" : "them");
  }
  return text;
}

std::string history_text(const Variable& variable, const Scope& scope, const Terminal& terminal) {
  using enum Column::Side;
  std::string text = fmt::format("\n  {} ({}), {} {}{}\n", terminal.paint(Style::bold, safe(variable.name)),
                                 place_of(variable), human_time(scope.begin_ns),
                                 scope.end_ns ? "to " + human_time(*scope.end_ns) : "to the end of the tape",
                                 scope.thread.empty() ? "" : ", on thread " + safe(scope.thread));
  Table table({{.title = "time", .side = right},
               {.title = "owned", .side = right, .style = Style::bold},
               {.title = "blocks", .side = right},
               {.title = "use count", .side = right},
               {.title = "known by"}});
  for (const Point& point : scope.history)
    table.add({human_time(point.time_ns), (point.is_inferred() ? "~ " : "") + human_bytes(point.bytes),
               grouped(point.blocks), use_count_text(point.use_count), how_text(point)});
  text += table.text(terminal);
  if (scope.points_left_out != 0)
    text += fmt::format("    … {} left out between these\n", counted(scope.points_left_out, "change"));
  return text + sharing_text(scope);
}

std::string histories(const VariablesReport& report, std::size_t shown, std::size_t limit, const Terminal& terminal) {
  std::string text;
  for (std::size_t i = 0; i < shown; ++i) {
    const Variable& variable = report.variables[i];
    const std::size_t scopes = shown_of(variable.details.size(), limit);
    for (std::size_t k = 0; k < scopes; ++k) text += history_text(variable, variable.details[k], terminal);
    if (variable.scopes > scopes)
      text += fmt::format("    … and {} of it\n", counted(variable.scopes - scopes, "more scope"));
  }
  return text;
}

std::string sharing(const VariablesReport& report, std::size_t shown) {
  std::string text;
  for (std::size_t i = 0; i < shown; ++i)
    for (const Scope& scope : report.variables[i].details)
      for (const VariablesReport::Shared& shared : scope.shared)
        if (text.size() < 2000)
          text += fmt::format("  {} shares {} with {}\n", safe(report.variables[i].name),
                              in_words(shared.bytes, shared.blocks), safe(shared.owner));
  return text.empty() ? "" : "\n" + text;
}

std::string guesses(const VariablesReport& report) {
  std::uint64_t inferred = 0, confirmed = 0;
  for (const Variable& variable : report.variables) {
    inferred += variable.inferred;
    confirmed += variable.confirmed;
  }
  if (inferred == 0) return "";
  return fmt::format(
      "\n  Between readings {} inferred to take the place of a smaller one; readings found {} of them.\n",
      inferred == 1 ? "1 block was" : grouped(inferred) + " blocks were", grouped(confirmed));
}

std::string no_variables(const VariablesReport& report, const Options& options) {
  if (!options.name.empty()) return "  no tracked variable has that name\n";
  return report.selection.is_whole() ? "  no variable was tracked; mark some with HEAPTAPE_TRACK(variable)\n"
                                     : "  no tracked variable is in scope in this selection\n";
}

std::string text_of(const VariablesReport& report, const Options& options, const Terminal& terminal) {
  const std::size_t all = report.variables.size();
  std::string text = fmt::format("{} · variables", terminal.paint(Style::bold, safe(report.program)));
  for (const std::string& words : words_of(report.selection)) text += " · " + terminal.paint(Style::accent, words);
  text += "\n";
  if (all == 0) return text + no_variables(report, options) + notes(terminal, report.caveats);
  const std::size_t shown = shown_of(all, options.limit);
  text += "\n" + overview(report, shown, terminal);
  text += more_line(all, options.limit, "more variable");
  text += options.history ? histories(report, shown, options.limit, terminal) : sharing(report, shown);
  return text + guesses(report) + notes(terminal, report.caveats);
}

// Most owned at once first.
void choose(VariablesReport& report, const std::string& name) {
  if (!name.empty()) std::erase_if(report.variables, [&](const Variable& one) { return one.name != name; });
  std::stable_sort(report.variables.begin(), report.variables.end(),
                   [](const Variable& a, const Variable& b) { return a.peak_bytes > b.peak_bytes; });
}

void run(const Options& options) {
  const Terminal terminal = standard_output();
  Progress progress("reading " + options.tape);
  const TapeReader tape(options.tape, progress.watch());
  Symbols symbols(tape, options.symbols);
  const bool is_whole = !options.choice.from && !options.choice.to;  // then no layer needs a reading of its own
  VariablesReport report =
      is_whole ? variables(tape, symbols) : variables(tape, selection_of(tape, options.choice, symbols), symbols);
  choose(report, options.name);
  put(options.json ? to_text(to_json(report)) : text_of(report, options, terminal));
  report_damage(tape, report.caveats);
}

}  // namespace
}  // namespace variables_command

void add_variables(Arguments& heaptape) {
  using namespace variables_command;
  auto options = std::make_shared<Options>();
  Arguments& command = heaptape.subcommand("variables", "What tracked variables own over time");
  add_tape(command, options->tape);
  add_range(command, options->choice, "--to", "From there on", "As if the tape ended there");
  command.text("--name", "NAME", options->name, "Only variables of this name");
  command.flag("--history", options->history, "Each reading and each change between them, by scope");
  add_limit(command, options->limit);
  add_json(command, options->json);
  add_symbol_sources(command, options->symbols);
  command.on_run([options] { run(*options); });
}

}  // namespace heaptape::cli
