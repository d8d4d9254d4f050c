#include "analyzer/sites.h"

#include <fmt/format.h>

namespace heaptape {
namespace {

// Visits the stack's locations, innermost first, until `take` answers true.
template <class Take>
void walk(const TapeReader& tape, Symbols& symbols, StackId stack, const Take& take) {
  while (stack != kEmptyStack) {
    const Frame& frame = tape.frames()[static_cast<std::size_t>(stack)];
    for (const Location& location : symbols.resolve(frame.module, frame.address)) {
      if (take(location)) return;
    }
    stack = frame.parent;
  }
}

}  // namespace

std::uint32_t Sites::of(StackId stack) {
  const auto [known, is_new] = by_stack_.try_emplace(static_cast<std::uint32_t>(stack));
  if (!is_new) return known->second;
  Location place = place_of(stack);
  const auto [found, is_new_site] = by_place_.try_emplace({place.function, place.module, place.file, place.line});
  if (is_new_site) {
    found->second = static_cast<std::uint32_t>(sites_.size());
    sites_.push_back({place.function, detail_of(place), std::move(place)});
  }
  return known->second = found->second;
}

Location Sites::place_of(StackId stack) const {
  Location place{.function = "(no stack)"};
  bool any = false;
  walk(*tape_, *symbols_, stack, [&](const Location& location) {
    // A stack of nothing but runtime frames counts for its innermost one.
    if (!any || !location.runtime) place = location;
    any = true;
    return !location.runtime;
  });
  return place;
}

std::vector<Location> Sites::frames(StackId stack) const {
  std::vector<Location> frames;
  walk(*tape_, *symbols_, stack, [&](const Location& location) {
    frames.push_back(location);
    return false;
  });
  return frames;
}

bool Sites::is_residue(StackId stack) const {
  if (!tape_->frames()[static_cast<std::size_t>(stack)].in_program) return stack != kEmptyStack;
  bool residue = false;
  walk(*tape_, *symbols_, stack, [&](const Location& location) {
    const std::string& name = location.function;
    residue = name == "_IO_file_doallocate" || name == "_IO_wfile_doallocate" ||
              name == "(anonymous namespace)::pool::pool()";
    return residue || !location.runtime;
  });
  return residue;
}

std::string label_of(const Site& site) {
  return site.detail.empty() ? site.label : fmt::format("{} ({})", site.label, site.detail);
}

std::string detail_of(const Location& location) {
  if (location.file.empty()) return base_name(location.module);
  return location.line == 0 ? base_name(location.file) : fmt::format("{}:{}", base_name(location.file), location.line);
}

}  // namespace heaptape
