#include "analyzer/sites.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "analyzer/readable.h"

namespace heaptape {
namespace {

// Visits the stack's locations and the frame that each is of, innermost first, until `take` answers true.
template <class Take>
void walk(const TapeReader& tape, Symbols& symbols, StackId stack, const Take& take) {
  while (stack != kEmptyStack) {
    const Frame& frame = tape.frames()[static_cast<std::size_t>(stack)];
    for (const Location& location : symbols.resolve(frame.module, frame.address)) {
      if (take(location, stack)) return;
    }
    stack = frame.parent;
  }
}

// Functions of the C and C++ runtime that allocate once, or once a thread, and give back at no time that a program
// could bring about. Of libc's those that a stripped libc still names, and their static helpers.
constexpr std::array<std::string_view, 13> kKeepers = {
    "_IO_file_doallocate",  // a buffer of each open stream
    "_IO_wfile_doallocate",
    "(anonymous namespace)::pool::pool()",  // libstdc++'s memory for exceptions when there is none
    "_dl_allocate_tls",                     // a thread's own data: cached with its stack when it has ended
    "allocate_dtv",
    "__nss_database_get",  // which services answer getpwuid() and its like
    "__nss_module_allocate",
    "__nss_action_allocate",
    "global_state_allocate",
    "getpwuid",  // each has a buffer of its own for what it answers
    "getpwnam",
    "getgrgid",
    "getgrnam",
};

bool keeps_for_good(std::string_view function) {
  return std::find(kKeepers.begin(), kKeepers.end(), function) != kKeepers.end();
}

}  // namespace

std::uint32_t Sites::of(StackId stack) {
  std::uint32_t& site = by_stack_[static_cast<std::size_t>(stack)];
  if (site != kUnknown) return site;
  const Location* const place = place_of(stack).location;
  const auto [known, is_new] = by_location_.try_emplace(place);
  if (is_new) known->second = number_of(*place);
  return site = known->second;
}

std::uint32_t Sites::number_of(const Location& place) {
  const auto [found, is_new] = by_place_.try_emplace({place.function, place.module, place.file, place.line});
  if (is_new) {
    found->second = static_cast<std::uint32_t>(sites_.size());
    sites_.push_back({readable(place.function), detail_of(place), place});
  }
  return found->second;
}

Sites::Place Sites::place_of(StackId stack) const {
  static const Location kNoStack{.function = "(no stack)"};
  Place place{kEmptyStack, &kNoStack};
  walk(*tape_, *symbols_, stack, [&](const Location& location, StackId frame) {
    // A stack of nothing but runtime frames counts for its innermost one.
    if (place.frame == kEmptyStack || !location.runtime) place = {frame, &location};
    return !location.runtime;
  });
  return place;
}

Location Sites::caller_of(StackId stack) const {
  Location caller;
  bool is_behind = false;  // the site
  walk(*tape_, *symbols_, stack, [&](const Location& location, StackId) {
    if (location.runtime) return false;
    if (is_behind) caller = location;
    return std::exchange(is_behind, true);
  });
  return caller;
}

std::vector<Location> Sites::frames(StackId stack) const {
  std::vector<Location> frames;
  for_each_frame(*tape_, stack, [&](const Frame& frame) {
    for (const Location& location : symbols_->resolve(frame.module, frame.address)) frames.push_back(location);
    if (frame.gap) frames.push_back(frames_left_out());
  });
  return frames;
}

bool Sites::is_residue(StackId stack) const {
  if (!tape_->frames()[static_cast<std::size_t>(stack)].in_program) return stack != kEmptyStack;
  return keeper_of(stack) != kEmptyStack;
}

StackId Sites::keeper_of(StackId stack) const {
  while (stack != kEmptyStack) {
    const Frame& frame = tape_->frames()[static_cast<std::size_t>(stack)];
    const auto module = static_cast<std::size_t>(frame.module);
    if (module >= tape_->modules().size() || !tape_->modules()[module].is_system) return kEmptyStack;
    for (const Location& location : symbols_->resolve(frame.module, frame.address)) {
      if (keeps_for_good(location.function)) return stack;
    }
    stack = frame.parent;
  }
  return kEmptyStack;
}

StackId Sites::outermost_of_site(StackId stack) const {
  // Callers have smaller numbers.
  const StackId site = place_of(stack).frame, keeper = keeper_of(stack);
  return keeper == kEmptyStack ? site : std::min(site, keeper);
}

const Location& frames_left_out() {
  static const Location kLeftOut{.function = "[frames left out]", .runtime = true};
  return kLeftOut;
}

std::string label_of(const Site& site) {
  return site.detail.empty() ? site.label : fmt::format("{} ({})", site.label, site.detail);
}

std::string detail_of(const Location& location) {
  if (location.file.empty()) {
    const std::string module = base_name(location.module);
    // A bare address names its module itself: "0x12ab in libfoo.so".
    return location.function.starts_with("0x") && location.function.ends_with(" in " + module) ? "" : module;
  }
  return location.line == 0 ? base_name(location.file) : fmt::format("{}:{}", base_name(location.file), location.line);
}

}  // namespace heaptape
