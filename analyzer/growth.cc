#include "analyzer/growth.h"

#include <fmt/format.h>

#include <algorithm>

namespace heaptape {

Growth growth_of(std::span<const std::uint64_t> levels, std::uint64_t before) {
  constexpr std::size_t kLeast = 8;  // steps, to tell a trend by
  const auto first = static_cast<std::size_t>(
      std::find_if(levels.begin(), levels.end(), [](std::uint64_t level) { return level != 0; }) - levels.begin());
  if (first == levels.size() || levels.back() == 0) return Growth::unclear;
  const std::uint64_t last = levels.back();
  // What is less than a fiftieth of what is live at the end is no step up.
  std::size_t rises = 0, late_rises = 0;
  const std::size_t half = first + (levels.size() - first) / 2;
  for (std::size_t i = first; i < levels.size(); ++i) {
    const std::uint64_t old = i == 0 ? before : levels[i - 1];
    const bool rose = levels[i] > old && levels[i] - old > last / 50;
    rises += rose;
    late_rises += rose && i >= half;
  }
  const std::uint64_t highest = *std::max_element(levels.begin(), levels.end());
  const bool was_there = first == 0 && before != 0;
  if (rises == 1 && !was_there && highest - last <= highest / 10) return Growth::one_off;
  if (levels.size() - first < kLeast) return Growth::unclear;
  const auto quarter = [&](std::size_t n) { return levels[first + (levels.size() - first) * n / 4 - 1]; };
  if (last <= quarter(2) + quarter(2) / 20) return Growth::plateau;
  const bool goes_up = quarter(1) < quarter(2) && quarter(2) < quarter(3) && quarter(3) < last;
  return goes_up && late_rises >= 2 && last - quarter(2) >= last / 5 ? Growth::steady : Growth::unclear;
}

WideCount& GrowthPass::live_of_new(StackId stack) {
  const std::uint32_t site = sites_->of(stack);
  site_of_stack_[static_cast<std::size_t>(stack)] = site + 1;
  if (site >= live_.size()) {
    live_.resize(site + 1);
    levels_.resize(site + 1);
  }
  return live_[site];
}

void GrowthPass::note_to(std::size_t step) {
  for (; step_ < step; ++step_)
    for (std::size_t site = 0; site < live_.size(); ++site) levels_[site][step_] = whole(live_[site]);
}

void GrowthPass::reach(Moment now) {
  if (now.event <= begin_event_) return;
  if (!has_begun_) before_ = live_;
  has_begun_ = true;
  if (now.time_ns <= begin_ns_) return;
  note_to(step_of(now.time_ns));
}

std::size_t GrowthPass::step_of(std::uint64_t time_ns) const {
  const std::uint64_t length = selection_->end_ns() > begin_ns_ ? selection_->end_ns() - begin_ns_ : 1;
  const auto step = static_cast<std::size_t>(WideCount{time_ns - begin_ns_} * kGrowthSteps / length);
  return std::min(step, kGrowthSteps - 1);
}

std::vector<std::uint64_t> GrowthPass::levels(std::uint32_t site) {
  note_to(kGrowthSteps);
  if (site >= levels_.size()) return std::vector<std::uint64_t>(kGrowthSteps);
  return {levels_[site].begin(), levels_[site].end()};
}

std::uint64_t GrowthPass::before(std::uint32_t site) const { return site < before_.size() ? whole(before_[site]) : 0; }

void add_growth_caveat(std::vector<Caveat>& caveats, const TapeReader& tape, const GrowthPass& growth) {
  if (tape.opening().events == 0) return;
  caveats.push_back(
      {"growth", tape.opening().events,
       growth.has_steps()
           ? fmt::format("how sites grew is told from {:.3f} s on: of what was before, the tape has sums alone",
                         static_cast<double>(growth.begin_ns()) / 1e9)
           : "how sites grew is not told: the tape has sums of the run, and no event behind them"});
}

}  // namespace heaptape
