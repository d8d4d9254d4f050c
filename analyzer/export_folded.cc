#include <fmt/format.h>

#include <map>

#include "analyzer/export.h"
#include "analyzer/readable.h"

namespace heaptape {

FoldedNames::FoldedNames(const StackProfile& profile) {
  names_.reserve(profile.frames.size());
  for (const StackProfile::Frame& frame : profile.frames) {
    std::string& name = names_.emplace_back();
    for (auto place = frame.places.rbegin(); place != frame.places.rend(); ++place)
      name += (name.empty() ? "" : ";") + cleaned(readable(place->function), ";");
  }
}

std::string FoldedNames::of(const StackProfile::Stack& stack) const {
  std::string line;
  for (auto frame = stack.frames.rbegin(); frame != stack.frames.rend(); ++frame)
    line += (line.empty() ? "" : ";") + names_[*frame];
  return line;
}

std::string to_folded(const StackProfile& profile, Cost cost) {
  const FoldedNames names(profile);
  // Stacks that differ in lines alone are one.
  std::map<std::string, std::uint64_t> lines;
  for (const StackProfile::Stack& stack : profile.stacks) {
    if (stack.costs.of(cost) == 0) continue;
    lines[names.of(stack)] += stack.costs.of(cost);
  }
  std::string text;
  for (const auto& [line, value] : lines) fmt::format_to(std::back_inserter(text), "{} {}\n", line, value);
  return text;
}

}  // namespace heaptape
