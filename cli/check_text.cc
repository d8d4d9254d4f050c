#include "cli/check_text.h"

#include <fmt/format.h>

#include "cli/check_words.h"
#include "cli/table.h"
#include "cli/view.h"

namespace heaptape::cli {
namespace {

std::string items_text(const CheckReport::Tape& tape, const Terminal& terminal) {
  using enum Column::Side;
  Table table({{.title = "", .style = Style::bold},
               {.title = "figure", .shrinks = true},
               {.title = "value", .side = right},
               {.title = "limit", .side = right}});
  for (const CheckReport::Item& item : tape.items)
    table.add({name_of(item.verdict), safe(figure_text(item)), value_text(item), limit_text(item)});
  return table.text(terminal);
}

std::string reasons_text(const CheckReport::Tape& tape, const Terminal& terminal) {
  std::string text;
  for (const CheckReport::Item& item : tape.items) {
    if (item.why.empty() && item.sites.empty()) continue;
    text += fmt::format("\n  {}{}\n", safe(figure_text(item)), item.why.empty() ? ":" : ": " + safe(item.why));
    Table table({{.title = "", .side = Column::Side::right, .style = Style::bold},
                 {.title = "", .style = Style::accent, .shrinks = true}});
    for (const CheckReport::Share& share : item.sites)
      table.add({"  " + share_text(item.limit.figure, share), safe(site_text(share))});
    text += table.text(terminal);
  }
  return text;
}

}  // namespace

std::string check_text(const CheckReport& report, const Terminal& terminal) {
  std::string text;
  for (const CheckReport::Tape& tape : report.tapes) {
    text += fmt::format("{} · check · {}\n", terminal.paint(Style::bold, safe(tape.program)), safe(tape.path));
    for (const CheckReport::Range& range : tape.ranges) text += "  " + safe(range_text(range)) + "\n";
    text += items_text(tape, terminal) + reasons_text(tape, terminal) + notes(terminal, tape.caveats) + "\n";
  }
  std::vector<Caveat> others = report.caveats;
  for (const std::string& note : allowance_notes(report)) others.push_back({"allowance", 1, note});
  const std::string more = notes(terminal, others);
  if (!more.empty()) text += more.substr(1) + "\n";
  return text + terminal.paint(Style::bold, outcome_text(report)) + "\n";
}

}  // namespace heaptape::cli
