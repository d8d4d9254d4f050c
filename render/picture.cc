#include "render/picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "render/paint.h"
#include "render/printable.h"
#include "render/selection_words.h"
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

std::string description_of(const TreeReport& report) {
  const std::string what =
      fmt::format("icicle of {}, {}", printable(report.program), layer_of(report.layer, report.selection));
  if (report.cost == Cost::live) return fmt::format("{}: {}", what, total_of(report));
  return fmt::format("{}, cost {}: {}; {}", what, name_of(report.cost), total_of(report), peak_of(report.peak));
}

template <typename Report>
Picture draw_view(const Report& report, const PictureOptions& options) {
  const auto layout = lay_out(report, options.title, options.size, *canvas_ruler());
  const Theme& theme = options.dark ? dark_theme() : light_theme();
  Picture picture{.description = description_of(report)};
  const std::string& title = layout.page.texts.front().text;
  Canvas canvas(options.format, layout.page.size, theme.background,
                {title, picture.description, options.created_unix_ns});
  paint(canvas, layout, theme);
  picture.document = canvas.finish();
  return picture;
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

Picture draw(const TimelineReport& report, const PictureOptions& options) { return draw_view(report, options); }
Picture draw(const TreeReport& report, const PictureOptions& options) { return draw_view(report, options); }

}  // namespace heaptape
