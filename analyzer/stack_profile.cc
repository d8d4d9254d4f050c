#include "analyzer/stack_profile.h"

#include <map>
#include <utility>

#include "analyzer/account.h"
#include "analyzer/caveats.h"
#include "analyzer/claims.h"
#include "analyzer/measure.h"

namespace heaptape {
namespace {

// More than a recorder keeps of a stack. A tape that was made up could have a chain of all its frames for each of them.
constexpr std::size_t kDeepestStack = 4096;

// Frames of all stacks, each address once.
class FrameList {
 public:
  FrameList(const TapeReader& tape, Symbols& symbols) : tape_(tape), symbols_(symbols) {}

  std::vector<std::uint32_t> of(StackId stack) {
    std::vector<std::uint32_t> numbers;
    for_each_frame(tape_, stack, [&](const heaptape::Frame& frame) {
      if (numbers.size() > kDeepestStack) return;
      if (numbers.size() == kDeepestStack) return numbers.push_back(stand_in(left_out_, frames_left_out()));
      numbers.push_back(number_of(frame));
      if (frame.gap) numbers.push_back(stand_in(left_out_, frames_left_out()));
    });
    if (numbers.empty()) numbers.push_back(stand_in(no_stack_, {.function = "(no stack)"}));
    return numbers;
  }
  std::vector<StackProfile::Frame> take() { return std::move(frames_); }

 private:
  std::uint32_t number_of(const heaptape::Frame& frame) {
    const auto [known, is_new] =
        numbers_.try_emplace({frame.module, frame.address}, static_cast<std::uint32_t>(frames_.size()));
    if (is_new) frames_.push_back({frame.module, frame.address, symbols_.resolve(frame.module, frame.address)});
    return known->second;
  }
  std::uint32_t stand_in(std::optional<std::uint32_t>& number, const Location& location) {
    if (!number) {
      number = static_cast<std::uint32_t>(frames_.size());
      frames_.push_back({kNoModule, 0, {location}});
    }
    return *number;
  }

  const TapeReader& tape_;
  Symbols& symbols_;
  std::map<std::pair<ModuleId, std::uint64_t>, std::uint32_t> numbers_;
  std::optional<std::uint32_t> left_out_, no_stack_;
  std::vector<StackProfile::Frame> frames_;
};

}  // namespace

StackProfile stack_profile(const TapeReader& tape, const Selection& selection, Symbols& symbols) {
  Sites sites(tape, symbols);
  const Measured measured = measure(tape, selection, sites);
  auto profile = begun_report<StackProfile>(tape, selection);
  FrameList frames(tape, symbols);
  for (std::size_t i = 0; i < measured.stacks.size(); ++i) {
    const Costs& costs = measured.stacks[i];
    const Costs& residue = measured.residue[i];
    const std::uint64_t live_blocks = costs.leaked_blocks + residue.leaked_blocks + costs.live_blocks;
    if (costs.count == 0 && costs.peak_blocks + live_blocks == 0) continue;
    const auto stack = static_cast<StackId>(i);
    profile.stacks.push_back(
        {costs, costs.leaked + residue.leaked + costs.live, live_blocks, frames.of(stack), sites.of(stack)});
  }
  for (std::uint32_t i = 0; i < sites.size(); ++i) profile.sites.push_back(sites[i].place);
  profile.started_unix_ns = tape.meta().started_unix_ns;
  profile.duration_ns = duration_of(tape);
  profile.sample_bytes = tape.meta().sample_bytes;
  profile.peak = peak_of(measured.totals);
  profile.modules = tape.modules();
  profile.frames = frames.take();
  profile.margins = measured.margins;
  profile.caveats = caveats_of(tape, measured.unread, symbols);
  return profile;
}

StackProfile stack_profile(const TapeReader& tape, Layer layer, Symbols& symbols) {
  return stack_profile(tape, Selection(tape, layer), symbols);
}

}  // namespace heaptape
