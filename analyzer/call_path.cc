#include "analyzer/call_path.h"

#include <algorithm>

#include "analyzer/sites.h"

namespace heaptape {

std::vector<CallStep> call_path_of(const TapeReader& tape, Symbols& symbols, StackId stack, std::size_t deepest) {
  std::vector<CallStep> path;
  for_each_frame(tape, stack, [&](const Frame& frame) {
    if (path.size() > deepest) return;
    const auto module = static_cast<std::size_t>(frame.module);
    const bool ours = module < tape.modules().size() && !tape.modules()[module].is_system;
    for (const Location& location : symbols.resolve(frame.module, frame.address)) path.push_back({&location, ours});
    if (frame.gap || path.size() > deepest) path.push_back({&frames_left_out(), false});
  });
  return path;
}

void drop_runtime(std::vector<CallStep>& path, TreeReport::Direction direction) {
  auto site = std::find_if(path.begin(), path.end(), [](const CallStep& step) { return !step.location->runtime; });
  if (site == path.end()) return;
  if (direction == TreeReport::Direction::callees && site != path.begin()) --site;
  path.erase(path.begin(), site);
}

std::uint32_t FunctionNumbers::of(const Location& location) {
  const auto [known, is_new] = known_.try_emplace(&location);
  if (!is_new) return known->second;
  const auto next = static_cast<std::uint32_t>(by_name_.size());
  return known->second = by_name_.try_emplace({location.function, location.module, location.file}, next).first->second;
}

}  // namespace heaptape
