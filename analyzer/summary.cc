#include <fmt/format.h>

#include <algorithm>

#include "analyzer/account.h"
#include "analyzer/analyze.h"
#include "analyzer/caveats.h"
#include "analyzer/claims.h"

namespace heaptape {
namespace {

std::vector<Damage> add_variables(const TapeReader& tape, SummaryReport& report, Estimate& user) {
  ClaimsPass claims(tape);
  Pass* const first[] = {&claims};
  std::vector<Damage> unread = replay(tape, first);
  report.variables = claims.variables();

  const Membership owned(Layer::user, tape.frames(), claims.owned());
  TotalsPass totals(owned);
  Pass* const second[] = {&totals};
  // The second reading leaves out the same as the first.
  static_cast<void>(replay(tape, second));
  user = totals.estimate();
  report.user = user.totals;
  return unread;
}

}  // namespace

SummaryReport summary(const TapeReader& tape, Layer layer) {
  SummaryReport report;
  report.path = tape.path();
  report.layer = layer;
  const Meta& meta = tape.meta();
  report.origin = {.session = meta.session,
                   .number = meta.number,
                   .parent = meta.parent,
                   .pid = meta.pid,
                   .parent_pid = meta.parent_pid,
                   .image = meta.image,
                   .forked = meta.forked,
                   .started_unix_ns = meta.started_unix_ns,
                   .host = meta.host};
  report.program = program_of(tape);
  report.command = command_of(tape);
  report.condition = tape.condition();
  report.ending = tape.ending();
  report.duration_ns = duration_of(tape);
  report.layers = totals_of(tape);
  report.threads = tape.thread_count();
  for (const RssSample& sample : tape.rss()) report.rss_peak = std::max(report.rss_peak, sample.bytes);
  report.ledger = tape.ledger();
  const bool tracked = tape.variable_count() != 0;
  Estimate user;
  report.caveats = caveats_of(tape, tracked ? add_variables(tape, report, user) : std::vector<Damage>{});
  report.totals = layer == Layer::user ? report.user.value_or(Totals{}) : report.layers.of(layer);
  if (const auto& estimates = tape.estimates()) {
    report.recorded = tape.totals();
    report.margins = margins_of(tape, layer == Layer::user ? user : estimates->of(layer));
  }
  report.filters = filters_of(tape.meta());
  return report;
}

}  // namespace heaptape
