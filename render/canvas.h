// What views paint on. The one place that knows Cairo and Pango.
//
// A canvas is a document of one page, kept in memory until it is whole: the same calls give the same bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>

#include "render/text.h"
#include "render/theme.h"

namespace heaptape {

// The picture can't be drawn or written. what() is one sentence for people.
class PictureError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

enum class PictureFormat : std::uint8_t { svg, png, pdf };

// What a document says about itself, beside its drawing. A PNG bears none of it.
struct DocumentInfo {
  std::string title;
  std::string description;
  std::uint64_t created_unix_ns = 0;  // of a PDF; the tape's own time, never the clock's
};

class Canvas {
 public:
  // Throws PictureError, as all below do.
  Canvas(PictureFormat format, Size size, Colour background, const DocumentInfo& info);
  ~Canvas();
  Canvas(const Canvas&) = delete;
  Canvas& operator=(const Canvas&) = delete;

  void fill(std::span<const Rect> rects, Colour colour);
  void fill(const Rect& rect, Colour colour) { fill({&rect, 1}, colour); }
  void fill_rounded(const Rect& rect, double radius, Colour colour);
  void outline_rounded(const Rect& rect, double radius, Colour colour);
  void fill_outline(std::span<const Point> outline, Colour colour);
  void stroke(std::span<const Point> points, double width, Colour colour);
  void lines(std::span<const Line> lines, Colour colour, bool dashed = false);
  void disc(Point centre, double radius, Colour colour);
  void text(const TextBox& box, Colour colour);

  // The whole document. Nothing can be painted afterwards.
  std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Measures with the fonts that a canvas paints with.
std::unique_ptr<TextRuler> canvas_ruler();

}  // namespace heaptape
