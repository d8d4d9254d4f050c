#include "analyzer/function_stacks.h"

#include <algorithm>
#include <unordered_map>

#include "analyzer/budget.h"
#include "analyzer/site_key.h"

namespace heaptape {

// A frame comes after its caller, as a tape defines them.
const FunctionStacks::Stacks& FunctionStacks::with(const std::string& function) {
  const auto [found, is_new] = by_function_.try_emplace(function);
  Stacks& has = found->second;
  if (!is_new) return has;
  const std::vector<Frame>& frames = tape_->frames();
  has.resize(frames.size());
  std::unordered_map<std::string, bool> known;
  for (std::size_t i = 1; i < frames.size(); ++i) {
    bool in = has[static_cast<std::size_t>(frames[i].parent)];
    if (!in) {  // else its own name does not matter
      for (const Location& location : symbols_->resolve(frames[i].module, frames[i].address)) {
        const auto [name, is_new_name] = known.try_emplace(location.function);
        if (is_new_name) name->second = is_function(function, location.function);
        in = in || name->second;
      }
    }
    has[i] = in;
  }
  return has;
}

bool FunctionStacks::is_on_tape(const std::string& function) {
  const Stacks& stacks = with(function);
  return std::find(stacks.begin(), stacks.end(), true) != stacks.end();
}

bool FunctionStacks::has_nameless_frames() {
  if (has_nameless_) return *has_nameless_;
  const std::vector<Frame>& frames = tape_->frames();
  has_nameless_ = std::any_of(frames.begin() + (frames.empty() ? 0 : 1), frames.end(), [&](const Frame& frame) {
    const auto module = static_cast<std::size_t>(frame.module);
    if (module < tape_->modules().size() && tape_->modules()[module].is_system) return false;
    return is_nameless(symbols_->resolve(frame.module, frame.address)[0].function);
  });
  return *has_nameless_;
}

}  // namespace heaptape
