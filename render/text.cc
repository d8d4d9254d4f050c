#include "render/text.h"

#include <algorithm>
#include <cmath>

#include "render/printable.h"

namespace heaptape {

Font font_of(TextRole role) {
  switch (role) {
    case TextRole::title:
      return {21, true};
    case TextRole::subtitle:
      return {12, false};
    case TextRole::heading:
      return {12.5, true};
    case TextRole::axis:
      return {10.5, false};
    case TextRole::mark:
      return {10.5, false};
    case TextRole::callout_figure:
      return {14, true};
    case TextRole::callout_detail:
      return {10.5, false};
    case TextRole::site:
      return {11, false};
    case TextRole::figure:
      return {11, true};
    case TextRole::bar:
      return {10.5, false};
    case TextRole::note:
      return {10.5, false};
    case TextRole::caveat:
      return {11, false};
    case TextRole::message:
      return {15, false};
  }
  return {};
}

double line_height(TextRole role, const TextRuler& ruler) { return std::ceil(ruler.height(font_of(role))); }

TextBox text_at(const TextRuler& ruler, std::string_view text, TextRole role, Point at, double most, Align align) {
  TextBox result{.text = printable(text), .role = role, .align = align};
  const Font font = font_of(role);
  // A pixel more than measured: rounding must not turn a label that fits into an ellipsis.
  const double width = std::max(0.0, std::min(most, std::ceil(ruler.width(result.text, font)) + 1));
  const double shift = align == Align::left ? 0 : align == Align::centre ? width / 2 : width;
  result.box = {at.x - shift, at.y, width, std::ceil(ruler.height(font))};
  return result;
}

std::vector<std::string> wrapped(const TextRuler& ruler, std::string_view text, TextRole role, double width,
                                 std::size_t most) {
  const std::string shown = printable(text);
  std::vector<std::string> lines(1);
  std::size_t at = 0;
  while (at < shown.size()) {
    const std::size_t space = std::min(shown.find(' ', at), shown.size());
    const std::string word = shown.substr(at, space - at);
    std::string& line = lines.back();
    const std::string longer = line.empty() ? word : line + " " + word;
    if (line.empty() || lines.size() >= most || ruler.width(longer, font_of(role)) + 1 <= width) {
      line = longer;
    } else {
      lines.push_back(word);
    }
    at = space + 1;
  }
  return lines;
}

}  // namespace heaptape
