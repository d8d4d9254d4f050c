#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "analyzer/export.h"
#include "analyzer/readable.h"
#include "analyzer/sites.h"

namespace heaptape {
namespace {

// massif folds what is below a hundredth of its snapshot into one line.
constexpr std::uint64_t kFoldedBelow = 100;

// A line is indented by its depth, and made by a call for each: deeper calls are left out, as massif leaves out those
// beyond its --depth.
constexpr std::size_t kDeepestCall = 1024;

// The part of the stacks that share their innermost frames, and the frames above those.
class HeapTree {
 public:
  explicit HeapTree(const StackProfile& profile) : profile_(profile) {
    for (const StackProfile::Stack& stack : profile.stacks) {
      if (stack.costs.peak_blocks == 0) continue;
      Path& path = paths_.emplace_back();
      path.bytes = stack.costs.peak;
      total_ += path.bytes;
      for (const std::uint32_t frame : stack.frames) {
        const std::vector<Location>& places = profile.frames[frame].places;
        for (std::uint32_t i = 0; i < places.size(); ++i) path.steps.push_back({frame, i});
      }
    }
  }

  std::string text() {
    std::vector<std::size_t> all(paths_.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    show(all, 0, total_, "(heap allocation functions) malloc/new/new[], --alloc-fns, etc.");
    return std::move(text_);
  }

 private:
  struct Step {
    std::uint32_t frame = 0, place = 0;  // which of a frame's places
    auto operator<=>(const Step&) const = default;
  };
  struct Path {
    std::uint64_t bytes = 0;
    std::vector<Step> steps;  // innermost first
  };
  struct Branch {
    std::uint64_t bytes = 0;
    std::vector<std::size_t> paths;
  };

  std::string name_of(const Step& step) const {
    const StackProfile::Frame& frame = profile_.frames[step.frame];
    const Location& place = frame.places[step.place];
    const std::string detail = place.file.empty() ? "in " + place.module : detail_of(place);
    return fmt::format("0x{:X}: {} ({})", frame.address, cleaned(readable(place.function)), cleaned(detail));
  }

  void show(const std::vector<std::size_t>& paths, std::size_t depth, std::uint64_t bytes, const std::string& name) {
    std::map<Step, Branch> branches;
    for (const std::size_t path : paths) {
      if (paths_[path].steps.size() <= depth || depth == kDeepestCall) continue;
      Branch& branch = branches[paths_[path].steps[depth]];
      branch.bytes += paths_[path].bytes;
      branch.paths.push_back(path);
    }
    std::vector<std::pair<const Step, Branch>*> shown;
    Branch folded;
    std::size_t places = 0;
    for (auto& one : branches) {
      if (one.second.bytes < total_ / kFoldedBelow) {
        folded.bytes += one.second.bytes;
        ++places;
      } else {
        shown.push_back(&one);
      }
    }
    std::stable_sort(shown.begin(), shown.end(),
                     [](const auto* a, const auto* b) { return a->second.bytes > b->second.bytes; });
    fmt::format_to(std::back_inserter(text_), "{}n{}: {} {}\n", std::string(depth, ' '),
                   shown.size() + (places == 0 ? 0 : 1), bytes, name);
    for (const auto* one : shown) show(one->second.paths, depth + 1, one->second.bytes, name_of(one->first));
    if (places == 0) return;
    fmt::format_to(std::back_inserter(text_), "{}n0: {} in {} place{}, {}below massif's threshold (1.00%)\n",
                   std::string(depth + 1, ' '), folded.bytes, places, places == 1 ? "" : "s",
                   places == 1 ? "" : "all ");
  }

  const StackProfile& profile_;
  std::vector<Path> paths_;
  std::uint64_t total_ = 0;
  std::string text_;
};

class MassifText {
 public:
  void snapshot(std::uint64_t time_ns, std::uint64_t bytes, const std::string& tree) {
    fmt::format_to(std::back_inserter(text_),
                   "#-----------\nsnapshot={}\n#-----------\ntime={}\nmem_heap_B={}\nmem_heap_extra_B=0\n"
                   "mem_stacks_B=0\nheap_tree={}\n",
                   number_++, time_ns / 1'000'000, bytes, tree.empty() ? "empty" : "peak");
    text_ += tree;
  }
  std::string text_;

 private:
  std::uint64_t number_ = 0;
};

}  // namespace

std::string to_massif(const TimelineReport& timeline, const StackProfile& profile) {
  const std::string caveats = caveats_in_line(profile.caveats);
  MassifText out;
  out.text_ = fmt::format("desc: heaptape, layer {}{}\ncmd: {}\ntime_unit: ms\n", name_of(profile.layer),
                          caveats.empty() ? "" : "; " + cleaned(caveats, "#"), cleaned(profile.command, "#"));
  out.snapshot(0, 0, "");
  bool is_peak_shown = profile.peak.bytes == 0;
  const auto show_peak = [&] {
    is_peak_shown = true;
    out.snapshot(profile.peak.time_ns, profile.peak.bytes, HeapTree(profile).text());
  };
  for (std::size_t i = 0; i < timeline.steps.size(); ++i) {
    const std::uint64_t end = i + 1 < timeline.steps.size() ? timeline.steps[i + 1].begin_ns : timeline.duration_ns;
    if (!is_peak_shown && profile.peak.time_ns < end) show_peak();
    out.snapshot(end, timeline.steps[i].last, "");
  }
  if (!is_peak_shown) show_peak();
  return out.text_;
}

}  // namespace heaptape
