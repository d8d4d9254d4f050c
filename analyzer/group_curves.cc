#include "analyzer/group_curves.h"

#include <algorithm>

namespace heaptape {

GroupCurvesPass::GroupCurvesPass(const Selection& selection, GroupOf group_of, std::size_t samples)
    : begin_ns_(selection.begin_ns()), group_of_(std::move(group_of)) {
  const std::uint64_t length = std::max<std::uint64_t>(selection.end_ns() - begin_ns_, 1);
  begins_.resize(std::clamp<std::uint64_t>(samples, 1, length));
  for (std::size_t i = 0; i < begins_.size(); ++i)
    begins_[i] = static_cast<std::uint64_t>(WideCount{i} * length / begins_.size());
}

GroupCurvesPass::Live& GroupCurvesPass::of(StackId stack) {
  const auto id = static_cast<std::size_t>(stack);
  if (id >= by_stack_.size()) by_stack_.resize(id + 1);
  if (by_stack_[id] == 0) by_stack_[id] = group_of_(stack) + 1;
  const std::size_t group = by_stack_[id] - 1;
  if (group >= groups_.size()) groups_.resize(group + 1);
  return groups_[group];
}

void GroupCurvesPass::rise() {
  if (live_ <= high_) return;
  high_ = live_;
  ++highs_;
}

void GroupCurvesPass::add(const Block& block, Moment now) {
  reach(now);
  const Weight weight = weigh(block);
  Live& group = of(block.stack);
  group.held.add(weight, highs_);
  live_ += weight.bytes;
  rise();
  if (!group.any) group.first_ns = now.time_ns;
  group.any = true;
  group.last_ns = std::max(group.last_ns, now.time_ns);
}

void GroupCurvesPass::ended(const Block& block, Fate, Moment now) {
  reach(now);
  const Weight weight = weigh(block);
  Live& group = of(block.stack);
  group.held.remove(weight, highs_);
  live_ -= weight.bytes;
  group.last_ns = std::max(group.last_ns, now.time_ns);
}

// What is live then is the highest so far.
void GroupCurvesPass::range_begins() {
  high_ = live_;
  ++highs_;
}

void GroupCurvesPass::note() {
  auto& noted = noted_.emplace_back();
  byte_time_.resize(groups_.size());
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    const std::uint64_t level = whole(groups_[i].held.at_peak(highs_));
    if (level == 0) continue;
    noted.emplace_back(static_cast<std::uint32_t>(i), level);
    byte_time_[i] += static_cast<double>(level);
  }
  range_begins();
}

void GroupCurvesPass::reach(Moment now) {
  const std::uint64_t time = now.time_ns - std::min(now.time_ns, begin_ns_);
  while (noted_.size() + 1 < begins_.size() && begins_[noted_.size() + 1] <= time) note();
}

void GroupCurvesPass::finish() {
  while (noted_.size() < begins_.size()) note();
}

std::vector<GroupCurvesPass::Group> GroupCurvesPass::groups() const {
  std::vector<Group> all;
  for (std::size_t i = 0; i < groups_.size(); ++i)
    all.push_back({groups_[i].first_ns, groups_[i].last_ns, whole(groups_[i].held.live_blocks),
                   i < byte_time_.size() ? byte_time_[i] : 0});
  return all;
}

std::vector<std::uint64_t> GroupCurvesPass::levels(std::uint32_t group) const {
  std::vector<std::uint64_t> levels(begins_.size());
  for (std::size_t step = 0; step < noted_.size(); ++step) {
    const auto& noted = noted_[step];
    const auto found = std::lower_bound(noted.begin(), noted.end(), std::pair{group, std::uint64_t{0}});
    if (found != noted.end() && found->first == group) levels[step] = found->second;
  }
  return levels;
}

std::vector<std::uint32_t> largest_groups(const GroupCurvesPass& pass, std::size_t most) {
  const std::vector<GroupCurvesPass::Group> groups = pass.groups();
  std::vector<std::uint32_t> order;
  for (std::uint32_t i = 0; i < groups.size(); ++i)
    if (groups[i].byte_time > 0) order.push_back(i);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return groups[a].byte_time > groups[b].byte_time; });
  if (order.size() > most) order.resize(most);
  return order;
}

}  // namespace heaptape
