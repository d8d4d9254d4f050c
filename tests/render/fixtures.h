// Reports to draw, a ruler without fonts, and what must hold for the text of any layout.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "render/page.h"

namespace heaptape::render_test {

// Each character is 0.6 of the size wide: numbers that don't depend on the fonts of a machine.
class PlainRuler : public TextRuler {
 public:
  double width(std::string_view text, Font font) const override;
  double height(Font font) const override { return font.size * 1.25; }
};
inline const PlainRuler kRuler;

// A rise to `peak_bytes` in the middle and a fall, in `steps` steps over 400 ms.
TimelineReport hill(std::size_t steps, std::uint64_t peak_bytes);
void add_marks(TimelineReport& report, std::size_t count);
void add_sites(TimelineReport& report, std::size_t count);
void add_threads(TimelineReport& report, std::size_t count);
void add_rss(TimelineReport& report, std::size_t count, std::uint64_t bytes);

// A root whose children have the given totals.
TreeReport fan(const std::vector<std::uint64_t>& totals);
// `depth` frames below the root, each with the whole total.
TreeReport chain(std::size_t depth);
// Every frame has two callees, with two thirds and one third of its total.
TreeReport branches(std::size_t depth);

std::vector<TextBox> texts_of(const Page& page, TextRole role);
// Lines of notes, joined by spaces.
std::string notes_of(const Page& page);
bool any_text_has(const Page& page, const std::string& part);

// No text outside of the page, none upon another, none empty.
void expect_orderly_text(const Page& page);

}  // namespace heaptape::render_test
