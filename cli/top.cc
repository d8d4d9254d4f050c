// heaptape top TAPE : the sites that cost most, or the tree of calls behind them.
#include <fmt/format.h>

#include <memory>

#include "analyzer/analyze.h"
#include "analyzer/json.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "cli/selection_options.h"
#include "cli/table.h"
#include "cli/tree_text.h"
#include "cli/view.h"
#include "render/units.h"

namespace heaptape::cli {
namespace top_command {
namespace {

struct Options {
  std::string tape;
  Choice choice;
  Cost cost = Cost::peak;
  std::optional<TreeReport::Direction> tree;
  double threshold = 1;
  std::size_t limit = 20;
  bool json = false;
  SymbolSources symbols;
};

std::string title_of(Cost cost) { return cost == Cost::live ? "top" : fmt::format("top by {}", name_of(cost)); }

std::string total_line(Cost cost, std::uint64_t total, std::uint64_t blocks, const std::optional<Margins>& margins) {
  const std::string margin = margins ? amount(cost, margins->of(cost)) : "";
  const std::string text = is_bytes(cost) ? in_words(total, blocks) : counted(total, "block") + " in all";
  return fmt::format("  {}\n\n", with_margin(text, margins.has_value(), margin));
}

// Where nearly all is one site's, a wrapper of malloc as a rule, its callers tell more.
std::string hint(const TopReport& report, const Terminal& terminal) {
  const std::uint64_t total = report.total.of(report.cost);
  if (report.sites[0].costs.of(report.cost) < total - total / 5) return "";
  return fmt::format("\n{}: nearly all is one site's; --tree callers shows who calls it\n",
                     terminal.paint(Style::accent, "hint"));
}

std::string text_of(const TopReport& report, std::size_t limit, const Terminal& terminal) {
  using enum Column::Side;
  const std::string head = heading(terminal, report.program, report.layer, report.selection, title_of(report.cost));
  const std::uint64_t total = report.total.of(report.cost);
  std::vector<Column> columns{{.title = "share", .side = right},
                              {.title = name_of(report.cost), .side = right, .style = Style::bold}};
  if (is_bytes(report.cost)) columns.push_back({.title = "blocks", .side = right});
  columns.push_back({.title = "site", .style = Style::accent, .shrinks = true});
  columns.push_back({.title = "at", .style = Style::dim, .shrinks = true});
  Table table(std::move(columns));
  std::size_t shown = 0;
  std::size_t left_out = 0;
  std::uint64_t folded = 0;
  for (const TopReport::Site& site : report.sites) {
    const std::uint64_t value = site.costs.of(report.cost);
    const std::uint64_t blocks = site.costs.blocks_of(report.cost);
    if (blocks == 0) continue;
    if (limit != 0 && shown == limit) {
      ++left_out;
      folded += value;
      continue;
    }
    ++shown;
    std::vector<std::string> cells{share_of(value, total), amount(report.cost, value)};
    if (is_bytes(report.cost)) cells.push_back(grouped(blocks));
    cells.push_back(safe(site.label));
    cells.push_back(safe(site.detail));
    table.add(std::move(cells));
  }
  if (table.empty())
    return head + nothing(report.layer, report.selection, "nothing to count") + notes(terminal, report.caveats);
  std::string text =
      head + total_line(report.cost, total, report.total.blocks_of(report.cost), report.margins) + table.text(terminal);
  if (left_out > 0) {
    text += fmt::format("  … and {} with {} ({})\n", counted(left_out, "more site"), amount(report.cost, folded),
                        share_of(folded, total));
  }
  return text + notes(terminal, report.caveats) + hint(report, terminal);
}

std::string text_of(const TreeReport& report, double threshold, const Terminal& terminal) {
  const bool down = report.direction == TreeReport::Direction::callees;
  const std::string head = heading(terminal, report.program, report.layer, report.selection,
                                   title_of(report.cost) + (down ? ", callees" : ", callers"));
  if (report.nodes.size() == 1) {
    return head + nothing(report.layer, report.selection, "nothing to count") + notes(terminal, report.caveats);
  }
  return head + total_line(report.cost, report.total, report.nodes[0].blocks, report.margins) +
         tree_text(report, threshold, terminal) + notes(terminal, report.caveats);
}

void run(const Options& options) {
  const Terminal terminal = standard_output();
  Progress progress("reading " + options.tape);
  const TapeReader tape(options.tape, progress.watch());
  Symbols symbols(tape, options.symbols);
  const Selection selection = selection_of(tape, options.choice, symbols);
  if (options.tree) {
    const TreeReport report = call_tree(tape, selection, options.cost, *options.tree, symbols);
    put(options.json ? to_text(to_json(report)) : text_of(report, options.threshold, terminal));
    report_damage(tape, report.caveats);
  } else {
    const TopReport report = top(tape, selection, options.cost, symbols);
    put(options.json ? to_text(to_json(report)) : text_of(report, options.limit, terminal));
    report_damage(tape, report.caveats);
  }
}

}  // namespace
}  // namespace top_command

void add_top(Arguments& heaptape) {
  using namespace top_command;
  auto options = std::make_shared<Options>();
  Arguments& command = heaptape.subcommand("top", "The sites that cost most");
  add_tape(command, options->tape);
  add_selection(command, options->choice);
  add_cost(command, options->cost);
  const auto parse = [options](const std::string& word) {
    if (word != "callers" && word != "callees") {
      throw BadValue(fmt::format("'{}' is no direction: callers or callees", word));
    }
    options->tree = word == "callers" ? TreeReport::Direction::callers : TreeReport::Direction::callees;
  };
  command.parsed("--tree", "callers|callees", parse, "From the sites up, or from main down");
  command.real("--threshold", "PERCENT", options->threshold, 0, 100,
               fmt::format("Fold branches of the tree below this share (default: {})", options->threshold));
  add_limit(command, options->limit);
  add_json(command, options->json);
  add_symbol_sources(command, options->symbols);
  command.on_run([&command, options] {
    if (options->choice.at && command.was_given("--cost"))
      throw Failure(kWrongUse, "--at shows what was live then; leave out --cost");
    run(*options);
  });
}

}  // namespace heaptape::cli
