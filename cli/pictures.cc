#include "cli/pictures.h"

#include <algorithm>

#include "render/timeline_layout.h"

namespace heaptape::cli {
namespace {

template <class Report, class Draw>
Drawn drawn(const Report& report, const Draw& draw_it) {
  return {draw_it(report), report.caveats};
}

Drawn draw_timeline(const Subject& subject, const PictureOptions& how) {
  // A step a pixel: finer ones would be merged again.
  const auto steps = static_cast<std::size_t>(page_size(how.size, kTimelineSize).width);
  return drawn(timeline(subject.tape, subject.selection, steps, subject.symbols),
               [&](const auto& report) { return draw(report, how); });
}

Drawn draw_tree(const Subject& subject, const PictureOptions& how, TreeShape shape) {
  return drawn(call_tree(subject.tape, subject.selection, subject.cost, subject.direction, subject.symbols),
               [&](const auto& report) { return draw(report, how, shape); });
}
Drawn draw_flame(const Subject& subject, const PictureOptions& how) {
  return draw_tree(subject, how, TreeShape::flame);
}
Drawn draw_icicle(const Subject& subject, const PictureOptions& how) {
  return draw_tree(subject, how, TreeShape::icicle);
}

Drawn draw_sizes(const Subject& subject, const PictureOptions& how) {
  return drawn(sizes(subject.tape, subject.selection), [&](const auto& report) { return draw(report, how); });
}

Drawn draw_map(const Subject& subject, const PictureOptions& how) {
  return drawn(top(subject.tape, subject.selection, subject.cost, subject.symbols),
               [&](const auto& report) { return draw_treemap(report, how); });
}

Drawn draw_exchange(const Subject& subject, const PictureOptions& how) {
  return drawn(lifetimes(subject.tape, subject.selection, LifetimesReport::By::thread, subject.symbols),
               [&](const auto& report) { return draw_threads(report, how); });
}

Drawn draw_addresses(const Subject& subject, const PictureOptions& how) {
  constexpr std::size_t kRows = 160, kColumns = 240;
  return drawn(addresses(subject.tape, subject.selection, kRows, kColumns),
               [&](const auto& report) { return draw(report, how); });
}

Drawn draw_lifetimes(const Subject& subject, const PictureOptions& how) {
  constexpr std::size_t kSites = 12, kColumns = 160;
  return drawn(lifespans(subject.tape, subject.selection, kSites, kColumns, subject.symbols),
               [&](const auto& report) { return draw(report, how); });
}

constexpr View kViews[] = {
    {"timeline", "live bytes over time", false, false, false, "a timeline shows live bytes", draw_timeline},
    {"flame", "the tree of calls, weighed by a cost, from main up", true, true, true, "", draw_flame},
    {"icicle", "the same from main down", true, true, true, "", draw_icicle},
    {"sizes", "how large blocks are", true, false, false, "sizes shows blocks and bytes", draw_sizes},
    {"treemap", "modules, files and functions as areas", true, true, false, "a treemap has no direction", draw_map},
    {"addresses", "the address space against time", false, false, false, "addresses shows live bytes", draw_addresses},
    {"lifetimes", "variables and sites from birth to release, all blocks by birth and age", false, false, false,
     "lifetimes shows blocks", draw_lifetimes},
    {"threads", "who allocates, who frees", true, false, false, "threads shows blocks", draw_exchange},
};

}  // namespace

std::span<const View> views() { return kViews; }

const View* view_named(std::string_view name) {
  const auto* found =
      std::find_if(std::begin(kViews), std::end(kViews), [&](const View& view) { return view.name == name; });
  return found == std::end(kViews) ? nullptr : found;
}

}  // namespace heaptape::cli
