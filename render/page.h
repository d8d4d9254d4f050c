// What every view has around its drawing: title and subtitle above, the ledger's sentences below.
#pragma once

#include <string>
#include <vector>

#include "analyzer/reports.h"
#include "render/text.h"

namespace heaptape {

struct PageText {
  std::string title, subtitle;
  std::vector<Caveat> caveats;
  std::vector<std::string> notes;  // what this picture folds or leaves out
};

struct Page {
  Size size;
  std::string title;                // in one line, printable
  Rect body;                        // left for the view
  std::vector<TextBox> texts;       // the view adds its own
  std::vector<Rect> caution_marks;  // one beside each caveat
};

inline constexpr double kMargin = 30;
inline constexpr Size kSmallest{320, 240};
inline constexpr Size kLargest{16384, 16384};  // cairo's images end at 32,767

// 0 stands for `fallback`; what is out of bounds is brought inside.
Size page_size(Size asked, Size fallback);

// Where the page is narrow title and subtitle take several lines. They and caveats give way to the body where it is
// low; the body is never negative.
Page lay_out_page(const PageText& text, Size size, const TextRuler& ruler);

// "sqlite3 :memory: · layer program · 1.23 s", without empty parts.
std::string subtitle_of(const std::vector<std::string>& parts);

// In the place of a drawing of nothing: a sentence in the middle of the area.
void add_empty_message(Page& page, Rect area, Layer layer, const SelectionReport& selection, const TextRuler& ruler);

}  // namespace heaptape
