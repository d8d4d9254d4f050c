#include "cli/family_text.h"

#include <fmt/format.h>

#include "analyzer/family.h"
#include "cli/table.h"
#include "cli/view.h"
#include "render/units.h"

namespace heaptape::cli {
namespace {

std::string in_short(const Ending& ending) {
  switch (ending.kind) {
    case EndKind::unknown:
      return "no end";
    case EndKind::exited:
      return fmt::format("exited {}", ending.status);
    case EndKind::signaled:
      return fmt::format("signal {}", ending.status);
    case EndKind::execed:
      return "exec";
    case EndKind::gone:
      return "ended";
  }
  return "";
}

// What is worth a line: everything but frees that are no loss, which each forked child has.
std::string notes_of(const std::vector<SummaryReport>& reports, const Terminal& terminal) {
  std::vector<Caveat> all;
  for (const SummaryReport& report : reports) {
    for (Caveat caveat : report.caveats) {
      if (caveat.reason == name_of(Loss::inherited_frees) || caveat.reason == name_of(Loss::earlier_frees)) continue;
      caveat.sentence = fmt::format("{}: {}", report.path, caveat.sentence);
      all.push_back(std::move(caveat));
    }
  }
  return notes(terminal, all);
}

void add_figures(Table& table, std::vector<std::string> front, const Totals& totals) {
  for (std::string cell : {human_bytes(totals.peak_bytes), grouped(totals.allocations), human_bytes(totals.live_bytes)})
    front.push_back(std::move(cell));
  table.add(std::move(front));
}

}  // namespace

std::string family_text(const std::vector<SummaryReport>& reports, Layer layer, const Terminal& terminal) {
  using enum Column::Side;
  Table table({{.title = "process", .style = Style::bold, .shrinks = true},
               {"pid", right},
               {"image", right},
               {"ending"},
               {"peak", right},
               {"allocations", right},
               {"live at end", right}});
  for (const FamilyMember& member : family_of(reports)) {
    const SummaryReport& report = reports[member.report];
    const Origin& origin = report.origin;
    add_figures(table,
                {std::string(2 * member.depth, ' ') + safe(report.program) + (origin.forked ? " (fork)" : ""),
                 std::to_string(origin.pid), std::to_string(origin.image), in_short(report.ending)},
                report.totals);
  }
  const FamilyTotal total = total_of(reports);
  add_figures(table, {"total (largest peak)", "", "", ""}, total.totals);
  return heading(terminal, counted(reports.size(), "tape"), layer, "summary") + table.text(terminal) +
         notes_of(reports, terminal);
}

}  // namespace heaptape::cli
