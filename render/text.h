// Text as layouts know it: a string in a box, in one of a few roles. Painting never moves or resizes a
// box; what is too long for it ends in an ellipsis.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "render/geometry.h"

namespace heaptape {

enum class TextRole : std::uint8_t {
  title,
  subtitle,
  heading,
  axis,
  mark,
  callout_figure,
  callout_detail,
  site,
  figure,
  bar,
  note,
  caveat,
  message,
};

struct Font {
  double size = 12;
  bool bold = false;
};
Font font_of(TextRole role);

enum class Align : std::uint8_t { left, centre, right };
enum class Ellipsis : std::uint8_t { end, middle };

struct TextBox {
  Rect box;
  std::string text;  // printable
  TextRole role = TextRole::note;
  Align align = Align::left;
  Ellipsis ellipsis = Ellipsis::end;
};

// Measures printable text. The fonts are the painter's own, so that a box that fits here fits there.
class TextRuler {
 public:
  virtual ~TextRuler() = default;
  virtual double width(std::string_view text, Font font) const = 0;
  virtual double height(Font font) const = 0;  // of a line
};

// What a line of the role takes, in whole pixels.
double line_height(TextRole role, const TextRuler& ruler);

// A box as wide as its text, but at most `most`, that starts, is centred or ends at `at.x` and begins at `at.y`.
// The text is made printable.
TextBox text_at(const TextRuler& ruler, std::string_view text, TextRole role, Point at, double most,
                Align align = Align::left);

// Lines of at most `width`, broken at spaces; when there are more than `most`, the last one bears the rest.
std::vector<std::string> wrapped(const TextRuler& ruler, std::string_view text, TextRole role, double width,
                                 std::size_t most);

}  // namespace heaptape
