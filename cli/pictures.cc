#include "cli/pictures.h"

#include <algorithm>

#include "render/timeline_layout.h"

namespace heaptape::cli {
namespace {

template <class Report, class Draw>
Drawn drawn(const Report& report, const Draw& draw_it) {
  return {draw_it(report), report.caveats};
}

// What a time axis is of.
Selection shown_of(const Subject& subject) { return subject.selection.without_quiet_end(subject.tape); }

constexpr std::size_t kBandSteps = 400;  // with eight outlines an SVG stays below 500 KB

Drawn draw_timeline(const Subject& subject, const PictureOptions& how) {
  // A step a pixel: finer ones would be merged again.
  auto steps = static_cast<std::size_t>(page_size(how.size, kTimelineSize).width);
  if (subject.by != BandsBy::none) steps = std::min(steps, kBandSteps);
  return drawn(timeline(subject.tape, shown_of(subject), steps, subject.symbols, subject.by),
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
  return drawn(exchange(subject.tape, subject.selection), [&](const auto& report) { return draw(report, how); });
}

Drawn draw_addresses(const Subject& subject, const PictureOptions& how) {
  constexpr std::size_t kRows = 160, kColumns = 240;
  return drawn(addresses(subject.tape, shown_of(subject), kRows, kColumns),
               [&](const auto& report) { return draw(report, how); });
}

Drawn draw_lifetimes(const Subject& subject, const PictureOptions& how) {
  constexpr std::size_t kSites = 12, kColumns = 160;
  return drawn(lifespans(subject.tape, shown_of(subject), kSites, kColumns, subject.symbols),
               [&](const auto& report) { return draw(report, how); });
}

Drawn draw_change(const Subject& subject, const PictureOptions& how) {
  return drawn(change_tree(*subject.against, {subject.tape, subject.selection, subject.symbols}, subject.cost),
               [&](const auto& report) { return draw(report, how); });
}

Drawn draw_overview(const Subject& subject, const PictureOptions& how) {
  const auto steps = static_cast<std::size_t>(page_size(how.size, kOverviewSize).width);
  const OverviewReport report = overview(subject.tape, shown_of(subject), steps, subject.symbols);
  return {draw(report, how), report.timeline.caveats};
}

constexpr View kViews[] = {
    {.name = "timeline", .shows = "live bytes over time", .by = true, .draw = draw_timeline},
    {.name = "flame",
     .shows = "the tree of calls, weighed by a cost, from main up",
     .at = true,
     .cost = true,
     .direction = true,
     .draw = draw_flame},
    {.name = "icicle",
     .shows = "the same from main down",
     .at = true,
     .cost = true,
     .direction = true,
     .draw = draw_icicle},
    {.name = "diff-flame",
     .shows = "what grew and shrank since --against, as two flames on one scale",
     .at = true,
     .cost = true,
     .against = true,
     .draw = draw_change},
    {.name = "lifetimes",
     .shows = "variables and sites from birth to release, all blocks by birth and age",
     .draw = draw_lifetimes},
    {.name = "sizes", .shows = "how large blocks are", .at = true, .draw = draw_sizes},
    {.name = "treemap", .shows = "modules, files and functions as areas", .at = true, .cost = true, .draw = draw_map},
    {.name = "addresses", .shows = "the address space against time", .draw = draw_addresses},
    {.name = "overview",
     .shows = "one page of it all: figures, timeline, flame, top sites, leaks, ledger",
     .draw = draw_overview},
    {.name = "threads", .shows = "who allocates, who frees", .draw = draw_exchange},
};

}  // namespace

std::span<const View> views() { return kViews; }

const View* view_named(std::string_view name) {
  const auto* found =
      std::find_if(std::begin(kViews), std::end(kViews), [&](const View& view) { return view.name == name; });
  return found == std::end(kViews) ? nullptr : found;
}

}  // namespace heaptape::cli
