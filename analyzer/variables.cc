#include "analyzer/variables.h"

#include "analyzer/caveats.h"
#include "analyzer/ownership.h"

namespace heaptape {

const char* name_of(VariablesReport::How how) {
  switch (how) {
    case VariablesReport::How::tracked:
      return "tracked";
    case VariablesReport::How::read:
      return "read";
    case VariablesReport::How::mark:
      return "mark";
    case VariablesReport::How::scope_end:
      return "scope_end";
    case VariablesReport::How::released:
      return "released";
    case VariablesReport::How::replaced:
      return "replaced";
  }
  return "unknown";
}

VariablesReport variables(const TapeReader& tape, const Selection& selection, Symbols& symbols) {
  VariablesReport report;
  report.selection = selection.report();
  report.program = program_of(tape);
  report.command = command_of(tape);
  report.duration_ns = selection.end_ns();
  Sites sites(tape, symbols);
  OwnershipPass ownership(tape, sites, selection);
  Pass* const passes[] = {&ownership};
  const std::vector<Damage> unread = replay(tape, passes);
  report.variables = ownership.take();
  report.caveats = caveats_of(tape, unread, symbols);
  return report;
}

VariablesReport variables(const TapeReader& tape, Symbols& symbols) {
  return variables(tape, Selection(tape, Layer::all), symbols);
}

}  // namespace heaptape
