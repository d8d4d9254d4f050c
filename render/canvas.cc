#include "render/canvas.h"

#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <pango/pangocairo.h>

#include <cmath>
#include <ctime>
#include <numbers>

#include "render/printable.h"
#include "render/svg_text.h"

#ifdef __SANITIZE_ADDRESS__
// Fontconfig keeps one small block per process that nothing points to at the end.
extern "C" __attribute__((visibility("default"))) const char* __lsan_default_suppressions() {
  return "leak:libfontconfig.so\n";
}
extern "C" __attribute__((visibility("default"))) const char* __lsan_default_options() {
  return "print_suppressions=0";
}
#endif

#ifdef __SANITIZE_THREAD__
// Pango looks for fonts on a thread of its own, under locks of GLib's that the sanitizer does not know.
extern "C" __attribute__((visibility("default"))) const char* __tsan_default_suppressions() {
  return "race:libfontconfig.so\nrace:libpango\nrace:libglib-2.0.so\n";
}
#endif

namespace heaptape {
namespace {

// Fontconfig's default sans serif: on Debian DejaVu Sans, which fontconfig itself depends on.
constexpr const char* kFamily = "Sans";

struct Release {
  void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
  void operator()(cairo_t* cairo) const { cairo_destroy(cairo); }
  void operator()(cairo_font_options_t* options) const { cairo_font_options_destroy(options); }
  void operator()(PangoFontDescription* description) const { pango_font_description_free(description); }
  void operator()(void* object) const { g_object_unref(object); }
};
template <typename T>
using Owned = std::unique_ptr<T, Release>;

void check(cairo_status_t status, const char* deed) {
  if (status == CAIRO_STATUS_SUCCESS) return;
  throw PictureError(fmt::format("the picture can't be {}: {}", deed, cairo_status_to_string(status)));
}

cairo_status_t append(void* document, const unsigned char* data, unsigned int length) {
  try {
    static_cast<std::string*>(document)->append(reinterpret_cast<const char*>(data), length);
    return CAIRO_STATUS_SUCCESS;
  } catch (const std::bad_alloc&) {
    return CAIRO_STATUS_NO_MEMORY;  // no exception may pass through C
  }
}

// Fonts without hinting, at exact sizes: what is measured here is as wide in every format.
class Fonts {
 public:
  Fonts() : map_(pango_cairo_font_map_new()), context_(pango_font_map_create_context(map_.get())) {
    const Owned<cairo_font_options_t> options(cairo_font_options_create());
    cairo_font_options_set_antialias(options.get(), CAIRO_ANTIALIAS_GRAY);
    cairo_font_options_set_hint_style(options.get(), CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options.get(), CAIRO_HINT_METRICS_OFF);
    pango_cairo_context_set_font_options(context_.get(), options.get());
    pango_cairo_context_set_resolution(context_.get(), 96);
    pango_context_set_round_glyph_positions(context_.get(), FALSE);
  }

  Owned<PangoLayout> line(std::string_view text, Font font) const {
    Owned<PangoLayout> layout(pango_layout_new(context_.get()));
    const Owned<PangoFontDescription> description(pango_font_description_new());
    pango_font_description_set_family_static(description.get(), kFamily);
    pango_font_description_set_weight(description.get(), font.bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    pango_font_description_set_absolute_size(description.get(), font.size * PANGO_SCALE);
    pango_layout_set_font_description(layout.get(), description.get());
    pango_layout_set_single_paragraph_mode(layout.get(), TRUE);
    pango_layout_set_auto_dir(layout.get(), FALSE);  // a right-to-left name stays in its place
    pango_layout_set_text(layout.get(), text.data(), static_cast<int>(text.size()));
    return layout;
  }

 private:
  Owned<PangoFontMap> map_;
  Owned<PangoContext> context_;
};

class CanvasRuler : public TextRuler {
 public:
  double width(std::string_view text, Font font) const override { return extent(text, font).width; }
  double height(Font font) const override { return extent("Ag", font).height; }

 private:
  Size extent(std::string_view text, Font font) const {
    int width = 0, height = 0;
    pango_layout_get_size(fonts_.line(text, font).get(), &width, &height);
    return {static_cast<double>(width) / PANGO_SCALE, static_cast<double>(height) / PANGO_SCALE};
  }

  Fonts fonts_;
};

cairo_surface_t* make_surface(PictureFormat format, Size size, std::string& document) {
  switch (format) {
    case PictureFormat::svg:
      return cairo_svg_surface_create_for_stream(append, &document, size.width, size.height);
    case PictureFormat::pdf:
      return cairo_pdf_surface_create_for_stream(append, &document, size.width, size.height);
    case PictureFormat::png:
      break;
  }
  return cairo_image_surface_create(CAIRO_FORMAT_RGB24, static_cast<int>(std::lround(size.width)),
                                    static_cast<int>(std::lround(size.height)));
}

void describe_pdf(cairo_surface_t* surface, const DocumentInfo& info) {
  const auto seconds = static_cast<std::time_t>(info.created_unix_ns / 1'000'000'000);
  const std::string date = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(seconds));
  cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, printable(info.title).c_str());
  cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_SUBJECT, printable(info.description).c_str());
  cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "heaptape " HEAPTAPE_VERSION);
  cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, date.c_str());
  cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_MOD_DATE, date.c_str());
}

}  // namespace

struct Canvas::State {
  PictureFormat format;
  DocumentInfo info;
  std::string document;  // outlives the surface, which writes into it until it is finished
  Owned<cairo_surface_t> surface;
  Owned<cairo_t> cairo;
  Fonts fonts;

  cairo_t* with(Colour colour) {
    cairo_set_source_rgb(cairo.get(), colour.red, colour.green, colour.blue);
    return cairo.get();
  }

  cairo_t* rounded(const Rect& rect, double radius, Colour colour) {
    cairo_t* to = with(colour);
    constexpr double kQuarter = std::numbers::pi / 2;
    cairo_new_sub_path(to);
    cairo_arc(to, rect.right() - radius, rect.y + radius, radius, -kQuarter, 0);
    cairo_arc(to, rect.right() - radius, rect.bottom() - radius, radius, 0, kQuarter);
    cairo_arc(to, rect.x + radius, rect.bottom() - radius, radius, kQuarter, 2 * kQuarter);
    cairo_arc(to, rect.x + radius, rect.y + radius, radius, 2 * kQuarter, 3 * kQuarter);
    cairo_close_path(to);
    return to;
  }
};

Canvas::Canvas(PictureFormat format, Size size, Colour background, const DocumentInfo& info)
    : state_(std::make_unique<State>()) {
  state_->format = format;
  state_->info = info;
  state_->surface.reset(make_surface(format, size, state_->document));
  check(cairo_surface_status(state_->surface.get()), "begun");
  if (format == PictureFormat::svg) cairo_svg_surface_set_document_unit(state_->surface.get(), CAIRO_SVG_UNIT_PX);
  if (format == PictureFormat::pdf) describe_pdf(state_->surface.get(), info);
  state_->cairo.reset(cairo_create(state_->surface.get()));
  fill({0, 0, size.width, size.height}, background);
}

Canvas::~Canvas() = default;

void Canvas::fill(std::span<const Rect> rects, Colour colour) {
  cairo_t* to = state_->with(colour);
  for (const Rect& rect : rects) cairo_rectangle(to, rect.x, rect.y, rect.width, rect.height);
  cairo_fill(to);
}

void Canvas::fill_rounded(const Rect& rect, double radius, Colour colour) {
  cairo_fill(state_->rounded(rect, radius, colour));
}

void Canvas::outline_rounded(const Rect& rect, double radius, Colour colour) {
  cairo_t* to = state_->rounded(rect, radius, colour);
  cairo_set_line_width(to, 1);
  cairo_stroke(to);
}

void Canvas::fill_outline(std::span<const Point> outline, Colour colour) {
  cairo_t* to = state_->with(colour);
  for (const Point& point : outline) cairo_line_to(to, point.x, point.y);
  cairo_close_path(to);
  cairo_fill(to);
}

void Canvas::stroke(std::span<const Point> points, double width, Colour colour) {
  cairo_t* to = state_->with(colour);
  for (const Point& point : points) cairo_line_to(to, point.x, point.y);
  cairo_set_line_width(to, width);
  cairo_set_line_join(to, CAIRO_LINE_JOIN_ROUND);
  cairo_stroke(to);
}

void Canvas::lines(std::span<const Line> lines, Colour colour, bool dashed) {
  cairo_t* to = state_->with(colour);
  constexpr double kDashes[] = {3, 3};
  cairo_set_dash(to, kDashes, dashed ? 2 : 0, 0);
  for (const Line& line : lines) {
    cairo_move_to(to, line.from.x, line.from.y);
    cairo_line_to(to, line.to.x, line.to.y);
  }
  cairo_set_line_width(to, 1);
  cairo_stroke(to);
  cairo_set_dash(to, nullptr, 0, 0);
}

void Canvas::disc(Point centre, double radius, Colour colour) {
  cairo_t* to = state_->with(colour);
  cairo_arc(to, centre.x, centre.y, radius, 0, 2 * std::numbers::pi);
  cairo_fill(to);
}

void Canvas::text(const TextBox& box, Colour colour) {
  const Owned<PangoLayout> layout = state_->fonts.line(box.text, font_of(box.role));
  pango_layout_set_width(layout.get(), static_cast<int>(box.box.width * PANGO_SCALE));
  pango_layout_set_ellipsize(layout.get(),
                             box.ellipsis == Ellipsis::end ? PANGO_ELLIPSIZE_END : PANGO_ELLIPSIZE_MIDDLE);
  pango_layout_set_alignment(layout.get(), box.align == Align::left     ? PANGO_ALIGN_LEFT
                                           : box.align == Align::centre ? PANGO_ALIGN_CENTER
                                                                        : PANGO_ALIGN_RIGHT);
  PangoRectangle ink, line;
  pango_layout_get_pixel_extents(layout.get(), &ink, &line);
  cairo_t* to = state_->with(colour);
  // A fallback font may be higher than ours: its line is centred in the box, what still stands out is cut.
  const double top = box.box.y + (box.box.height - line.height) / 2;
  const bool stands_out = ink.x < -1 || ink.x + ink.width > box.box.width + 1 || top + ink.y < box.box.y - 1 ||
                          top + ink.y + ink.height > box.box.bottom() + 1;
  cairo_save(to);
  if (stands_out) {
    cairo_rectangle(to, box.box.x, box.box.y, box.box.width, box.box.height);
    cairo_clip(to);
  }
  cairo_move_to(to, box.box.x, top);
  pango_cairo_show_layout(to, layout.get());
  cairo_restore(to);
}

std::string Canvas::finish() {
  State& state = *state_;
  cairo_show_page(state.cairo.get());
  check(cairo_status(state.cairo.get()), "drawn");
  if (state.format == PictureFormat::png)
    check(cairo_surface_write_to_png_stream(state.surface.get(), append, &state.document), "encoded");
  cairo_surface_finish(state.surface.get());
  check(cairo_surface_status(state.surface.get()), "finished");
  if (state.format == PictureFormat::svg)
    return described_svg(state.document, state.info.title, state.info.description);
  return std::move(state.document);
}

std::unique_ptr<TextRuler> canvas_ruler() { return std::make_unique<CanvasRuler>(); }

}  // namespace heaptape
