#include "analyzer/checked_tape.h"

#include <fmt/format.h>

#include "analyzer/caveats.h"

namespace heaptape {

CheckedTape::CheckedTape(const TapeReader& tape, std::span<const BudgetRange> ranges,
                         std::span<const Allowance> allowances, const SymbolSources& sources)
    : tape_(&tape), ranges_(ranges), allowances_(allowances), symbols_(tape, sources), functions_(tape, symbols_) {
  for (const Allowance& allowance : allowances) allowances_met_.push_back(functions_.is_on_tape(allowance.function));
}

std::unique_ptr<CheckedPart> CheckedTape::read(Range range, Layer layer) {
  auto part = std::make_unique<CheckedPart>(*tape_, range ? selection_of(*range) : Selection(*tape_, layer),
                                            range ? ranges_[*range].name : "", symbols_, functions_, allowances_);
  unread_ = part->run().unread();
  return part;
}

Selection CheckedTape::selection_of(std::size_t range) {
  const BudgetRange& wanted = ranges_[range];
  const auto refuse = [&](const std::exception& error) {
    return NoSuchRange(
        fmt::format("{}: range '{}' is not on {}: {}", wanted.place, wanted.name, tape_->path(), error.what()));
  };
  try {
    const Choice choice{.layer = wanted.layer,
                        .from = wanted.from,
                        .to = wanted.to,
                        .names = {.at = "", .from = "'from'", .to = "'to'"}};
    Selection selection(*tape_, choice, symbols_);
    places_.insert_or_assign(range, selection.report());
    return selection;
  } catch (const NoSuchInstant& error) {
    throw refuse(error);
  } catch (const NoSuchSelection& error) {
    throw refuse(error);
  }
}

const SelectionReport& CheckedTape::place_of(std::size_t range) {
  if (!places_.contains(range)) selection_of(range);
  return places_.at(range);
}

std::vector<Caveat> CheckedTape::caveats() const { return caveats_of(*tape_, unread_, symbols_); }

}  // namespace heaptape
