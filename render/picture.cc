#include "render/picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "render/addresses_layout.h"
#include "render/change_layout.h"
#include "render/lifetimes_layout.h"
#include "render/paint.h"
#include "render/printable.h"
#include "render/selection_words.h"
#include "render/sizes_layout.h"
#include "render/threads_layout.h"
#include "render/treemap_layout.h"
#include "render/units.h"

namespace heaptape {
namespace {

std::string peak_of(const Peak& peak) {
  return fmt::format("peak {} in {} at {}", exact_bytes(peak.bytes), counted(peak.blocks, "block"),
                     human_time(peak.time_ns));
}

std::string layer_of(Layer layer, const SelectionReport& selection) {
  std::string text = std::string("layer ") + name_of(layer);
  for (const std::string& words : words_of(selection)) text += ", " + words;
  return text;
}

std::string description_of(const TimelineReport& report) {
  return fmt::format("timeline of {}, {}: {}", printable(report.program), layer_of(report.layer, report.selection),
                     peak_of(report.peak));
}

// "sizes of PROGRAM, layer program".
template <class Report>
std::string view_of(const char* view, const Report& report) {
  return fmt::format("{} of {}, {}", view, printable(report.program), layer_of(report.layer, report.selection));
}

// Nothing of an instant, which has one cost.
std::string cost_of(Cost cost) { return cost == Cost::live ? "" : std::string(", cost ") + name_of(cost); }

std::string description_of(const TreeReport& report, TreeShape shape) {
  const std::string what = view_of(shape == TreeShape::icicle ? "icicle" : "flame", report);
  if (report.cost == Cost::live) return fmt::format("{}: {}", what, total_of(report));
  return fmt::format("{}, cost {}: {}; {}", what, name_of(report.cost), total_of(report), peak_of(report.peak));
}

template <typename Layout>
Page page_of(const Layout& layout) {
  return layout.page;
}
Page page_of(const OverviewLayout& layout) {
  Page page = layout.page;
  const std::vector<TextBox>& more = layout.timeline.page.texts;
  page.texts.insert(page.texts.end(), more.begin(), more.end());
  return page;
}

template <typename Layout>
Picture painted(const Layout& layout, std::string description, const PictureOptions& options) {
  const Theme& theme = options.dark ? dark_theme() : light_theme();
  const std::string& title = layout.page.title;
  Canvas canvas(options.format, layout.page.size, theme.background, {title, description, options.created_unix_ns});
  paint(canvas, layout, theme);
  return {canvas.finish(), std::move(description), page_of(layout)};
}

}  // namespace

std::optional<PictureFormat> picture_format_of(const std::string& path) {
  const std::size_t dot = path.rfind('.');
  std::string extension = dot == std::string::npos ? "" : path.substr(dot + 1);
  for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (extension == "svg") return PictureFormat::svg;
  if (extension == "png") return PictureFormat::png;
  if (extension == "pdf") return PictureFormat::pdf;
  return std::nullopt;
}

Picture draw(const TimelineReport& report, const PictureOptions& options) {
  return painted(lay_out(report, options.title, options.size, *canvas_ruler()), description_of(report), options);
}

Picture draw(const TreeReport& report, const PictureOptions& options, TreeShape shape) {
  return painted(lay_out(report, options.title, options.size, *canvas_ruler(), shape), description_of(report, shape),
                 options);
}

Picture draw(const SizesReport& report, const PictureOptions& options) {
  return painted(lay_out(report, options.title, options.size, *canvas_ruler()),
                 fmt::format("{}: {}", view_of("sizes", report), total_of(report)), options);
}

Picture draw(const OverviewReport& report, const PictureOptions& options) {
  return painted(lay_out(report, options.title, options.size, *canvas_ruler()),
                 fmt::format("{}: {}", view_of("overview", report.timeline), peak_of(report.timeline.peak)), options);
}

Picture draw(const ChangeTreeReport& report, const PictureOptions& options) {
  return painted(
      lay_out(report, options.title, options.size, *canvas_ruler()),
      fmt::format("{}{}: {}", view_of("diff-flame", report), cost_of(report.now.cost), change_in_words(report)),
      options);
}

Picture draw(const AddressesReport& report, const PictureOptions& options) {
  return painted(lay_out(report, options.title, options.size, *canvas_ruler()),
                 fmt::format("{}: {}", view_of("addresses", report), spread_of(report)), options);
}

Picture draw(const LifespansReport& report, const PictureOptions& options) {
  return painted(lay_out(report, options.title, options.size, *canvas_ruler()),
                 fmt::format("{}: {} born, {} still live", view_of("lifetimes", report), counted(report.born, "block"),
                             grouped(report.live)),
                 options);
}

Picture draw_treemap(const TopReport& report, const PictureOptions& options) {
  const std::uint64_t total = report.total.of(report.cost);
  const std::string sum = is_bytes(report.cost) ? both_bytes(total) : counted(total, "allocation");
  return painted(lay_out(report, options.title, options.size, *canvas_ruler()),
                 fmt::format("{}{}: {}", view_of("treemap", report), cost_of(report.cost), sum), options);
}

Picture draw(const ExchangeReport& report, const PictureOptions& options) {
  return painted(lay_out(report, options.title, options.size, *canvas_ruler()),
                 fmt::format("{}: {} allocated, {} freed by another thread", view_of("threads", report),
                             counted(report.total.blocks, "block"), grouped(report.elsewhere.blocks)),
                 options);
}

}  // namespace heaptape
