#include "analyzer/checked_tape.h"

#include <fmt/format.h>

#include "analyzer/caveats.h"

namespace heaptape {

CheckedPart& CheckedTape::part(Range range, Layer layer) {
  const auto known = parts_.find({range, layer});
  if (known != parts_.end()) return *known->second;
  return *parts_.emplace(std::pair(range, layer), read(range, layer)).first->second;
}

std::unique_ptr<CheckedPart> CheckedTape::read(Range range, Layer layer) {
  if (!range) return std::make_unique<CheckedPart>(*tape_, Selection(*tape_, layer), "", symbols_, allowances_);
  const BudgetRange& wanted = ranges_[*range];
  const auto refuse = [&](const std::exception& error) {
    throw NoSuchRange(
        fmt::format("{}: range '{}' is not on {}: {}", wanted.place, wanted.name, tape_->path(), error.what()));
  };
  try {
    const Choice choice{
        .layer = layer, .from = wanted.from, .to = wanted.to, .names = {.at = "", .from = "'from'", .to = "'to'"}};
    return std::make_unique<CheckedPart>(*tape_, Selection(*tape_, choice, symbols_), wanted.name, symbols_,
                                         allowances_);
  } catch (const NoSuchInstant& error) {
    refuse(error);
  } catch (const NoSuchSelection& error) {
    refuse(error);
  }
  return nullptr;
}

std::vector<bool> CheckedTape::allowances_met() const {
  std::vector<bool> met(allowances_.size());
  for (const auto& [key, part] : parts_)
    for (std::size_t i = 0; i < met.size(); ++i) met[i] = met[i] || part->is_met(i);
  return met;
}

std::vector<Caveat> CheckedTape::caveats() const {
  return parts_.empty() ? caveats_of(*tape_, {}, symbols_) : parts_.begin()->second->run().caveats();
}

}  // namespace heaptape
