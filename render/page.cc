#include "render/page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "render/printable.h"

namespace heaptape {
namespace {

constexpr std::size_t kMostCaveats = 4;
constexpr double kLineGap = 3;
constexpr double kCautionSize = 7;

double within(double value, double fallback, double least, double most) {
  return std::clamp(value > 0 ? value : fallback, least, most);
}

struct FootLine {
  std::string text;
  TextRole role;
  bool caution;  // the first line of a caveat
};

std::vector<FootLine> foot_lines(const PageText& text, double width, const TextRuler& ruler) {
  std::vector<FootLine> lines;
  for (const std::string& note : text.notes)
    for (const std::string& line : wrapped(ruler, note, TextRole::note, width, 2))
      lines.push_back({line, TextRole::note, false});
  const std::size_t shown = std::min(text.caveats.size(), kMostCaveats);
  for (std::size_t i = 0; i < shown; ++i) {
    bool first = true;
    for (const std::string& line : wrapped(ruler, text.caveats[i].sentence, TextRole::caveat, width, 2)) {
      lines.push_back({line, TextRole::caveat, first});
      first = false;
    }
  }
  if (const std::size_t rest = text.caveats.size() - shown; rest > 0)
    lines.push_back(
        {fmt::format("… and {} more in the ledger: heaptape summary shows them all", rest), TextRole::caveat, true});
  return lines;
}

constexpr std::string_view kBetweenParts = "  ·  ";

std::vector<std::string> parts_in(const std::string& subtitle) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at < subtitle.size();) {
    const std::size_t end = std::min(subtitle.find(kBetweenParts, at), subtitle.size());
    parts.push_back(printable(subtitle.substr(at, end - at)));
    at = end + kBetweenParts.size();
  }
  return parts;
}

// Lines of whole parts, where a part is no longer than a line; when there are more than `most`, the last one bears the
// rest.
std::vector<std::string> lines_of(const std::vector<std::string>& parts, const TextRuler& ruler, double width,
                                  std::size_t most) {
  std::vector<std::string> lines(1);
  for (const std::string& part : parts) {
    const std::string longer = lines.back().empty() ? part : lines.back() + std::string(kBetweenParts) + part;
    if (lines.size() >= most || ruler.width(longer, font_of(TextRole::subtitle)) + 1 <= width) {
      lines.back() = longer;
      continue;
    }
    if (!lines.back().empty()) lines.emplace_back();
    const std::vector<std::string> own = wrapped(ruler, part, TextRole::subtitle, width, most + 1 - lines.size());
    lines.pop_back();
    lines.insert(lines.end(), own.begin(), own.end());
  }
  return lines;
}

// The longest part, a command as a rule, is cut so that the others have room: they say what the picture is of.
std::vector<std::string> subtitle_lines(const TextRuler& ruler, const std::string& subtitle, double width,
                                        std::size_t most) {
  const std::vector<std::string> parts = parts_in(subtitle);
  const auto fit = [&](const std::vector<std::string>& lines) {
    return std::all_of(lines.begin(), lines.end(), [&](const std::string& line) {
      return ruler.width(line, font_of(TextRole::subtitle)) + 1 <= width;
    });
  };
  std::vector<std::string> lines = lines_of(parts, ruler, width, most);
  if (parts.empty() || fit(lines)) return lines;
  const auto longest =
      std::max_element(parts.begin(), parts.end(), [](const auto& a, const auto& b) { return a.size() < b.size(); });
  const auto lines_cut_at = [&](std::size_t characters) {
    std::vector<std::string> cut = parts;
    cut[static_cast<std::size_t>(longest - parts.begin())] = printable(*longest, characters);
    return lines_of(cut, ruler, width, most);
  };
  constexpr std::size_t kFewest = 12;  // where not even these fit the line ends as it may
  lines = lines_cut_at(kFewest);
  for (std::size_t least = kFewest, beyond = longest->size(); beyond > least + 1;) {
    const std::size_t middle = least + (beyond - least) / 2;
    std::vector<std::string> longer = lines_cut_at(middle);
    if (!fit(longer)) {
      beyond = middle;
    } else {
      least = middle;
      lines = std::move(longer);
    }
  }
  return lines;
}

// Answers where they end.
double lay_out_head(Page& page, const PageText& text, Rect column, const TextRuler& ruler) {
  constexpr double kLow = kSmallest.height + 5;
  const bool is_low = page.size.height < kLow;
  double y = column.y;
  const auto add = [&](const std::vector<std::string>& lines, TextRole role) {
    for (const std::string& line : lines) {
      page.texts.push_back(text_at(ruler, line, role, {column.x, y}, column.width));
      y = page.texts.back().box.bottom();
    }
  };
  page.title = printable(text.title);
  add(wrapped(ruler, text.title, TextRole::title, column.width, is_low ? 1 : 2), TextRole::title);
  y += kLineGap;
  add(subtitle_lines(ruler, text.subtitle, column.width, is_low ? 1 : 4), TextRole::subtitle);
  return y;
}

// Answers the top of the footer.
double lay_out_foot(Page& page, const std::vector<FootLine>& lines, Rect column, const TextRuler& ruler) {
  double height = 0;
  for (const FootLine& line : lines) height += std::ceil(ruler.height(font_of(line.role))) + kLineGap;
  double y = column.bottom() - height;
  const double top = y;
  const bool any_caution = std::any_of(lines.begin(), lines.end(), [](const FootLine& line) { return line.caution; });
  for (const FootLine& line : lines) {
    const double indent = any_caution && line.role == TextRole::caveat ? 2 * kCautionSize : 0;
    page.texts.push_back(text_at(ruler, line.text, line.role, {column.x + indent, y}, column.width - indent));
    const Rect& box = page.texts.back().box;
    if (line.caution)
      page.caution_marks.push_back({column.x, box.y + (box.height - kCautionSize) / 2, kCautionSize, kCautionSize});
    y += box.height + kLineGap;
  }
  return top;
}

}  // namespace

Size page_size(Size asked, Size fallback) {
  return {within(asked.width, fallback.width, kSmallest.width, kLargest.width),
          within(asked.height, fallback.height, kSmallest.height, kLargest.height)};
}

Page lay_out_page(const PageText& text, Size size, const TextRuler& ruler) {
  Page page{.size = size};
  const double margin = std::min(kMargin, size.width / 16);
  const Rect column = Rect{0, 0, size.width, size.height}.inset(margin, margin * 0.8);
  const double top = lay_out_head(page, text, column, ruler) + 18;

  std::vector<FootLine> lines = foot_lines(text, column.width - 2 * kCautionSize, ruler);
  const auto room = static_cast<std::size_t>(std::max(1.0, (column.height - top) / 3 / 16));
  if (lines.size() > room) {
    lines.resize(room);
    lines.back() = {"… and more: heaptape summary and a higher picture show it", TextRole::caveat, true};
  }
  const double foot = lay_out_foot(page, lines, column, ruler);
  const double bottom = lines.empty() ? column.bottom() : foot - 12;
  page.body = {column.x, top, column.width, std::max(0.0, bottom - top)};
  return page;
}

std::string subtitle_of(const std::vector<std::string>& parts) {
  std::string line;
  for (const std::string& part : parts)
    if (!part.empty()) line += (line.empty() ? "" : std::string(kBetweenParts)) + part;
  return line;
}

void add_empty_message(Page& page, Rect area, Layer layer, const SelectionReport& selection, const TextRuler& ruler) {
  const char* const sentence = !selection.is_whole() ? "Nothing to draw: no such blocks were chosen"
                               : layer == Layer::all ? "Nothing to draw: the tape has no such events"
                                                     : "Nothing to draw in this layer; --layer all may have more";
  const std::vector<std::string> lines = wrapped(ruler, sentence, TextRole::message, area.width, 3);
  const double line = line_height(TextRole::message, ruler);
  double y = area.y + std::max(0.0, (area.height - line * static_cast<double>(lines.size())) / 2);
  for (const std::string& words : lines) {
    page.texts.push_back(
        text_at(ruler, words, TextRole::message, {area.x + area.width / 2, y}, area.width, Align::centre));
    y += line;
  }
}

}  // namespace heaptape
