#include "render/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "render/legend.h"
#include "render/units.h"

namespace heaptape {

Ink heat_of(double part) {
  const auto shade = static_cast<int>(std::ceil(std::clamp(part, 0.0, 1.0) * kHeatInks)) - 1;
  return {Ink::Family::heat, static_cast<std::uint8_t>(std::max(0, shade))};
}

std::vector<std::string> unknown_note(std::uint64_t unknown) {
  if (unknown == 0) return {};
  return {fmt::format("{} that ended before the tape's first event {} not in the picture.", counted(unknown, "block"),
                      unknown == 1 ? "is" : "are")};
}

void add_legend(Chart& chart, Rect line, const std::vector<std::pair<Ink, std::string>>& keys, const TextRuler& ruler,
                const std::pair<std::string, std::string>& ends) {
  constexpr double kGap = 5, kBetweenKeys = 16;
  double wanted = -kBetweenKeys;
  for (const auto& [ink, words] : keys)
    wanted += kSwatchSize + kGap + ruler.width(words, font_of(TextRole::note)) + 1 + kBetweenKeys;
  double x = line.x;
  if (wanted > line.width && !ends.first.empty()) {
    const auto add_words = [&](const std::string& words) {
      TextBox box = text_at(ruler, words, TextRole::note, {x, line.y}, std::max(0.0, line.right() - x));
      x = box.box.right() + kGap;
      if (box.box.width >= 20) chart.page.texts.push_back(std::move(box));
    };
    add_words(ends.first);
    const double y = line.y + (line_height(TextRole::note, ruler) - kSwatchSize) / 2;
    for (const auto& [ink, words] : keys) {
      if (x + kSwatchSize > line.right()) return;
      chart.legend.push_back({{x, y, kSwatchSize, kSwatchSize}, ink});
      x += kSwatchSize + 1;
    }
    x += kGap - 1;
    return add_words(ends.second);
  }
  for (const auto& [ink, words] : keys) {
    const double most = std::min(260.0, line.right() - x - kSwatchSize - kGap);
    TextBox box = text_at(ruler, words, TextRole::note, {x + kSwatchSize + kGap, line.y}, most);
    // A word of it would say nothing; of a long name its begin does.
    const bool is_cut = box.box.width < std::min(260.0, ruler.width(box.text, font_of(TextRole::note)));
    if (most < 20 || (is_cut && !chart.legend.empty())) return;
    chart.legend.push_back({{x, line.y + (box.box.height - kSwatchSize) / 2, kSwatchSize, kSwatchSize}, ink});
    x = box.box.right() + kBetweenKeys;
    chart.page.texts.push_back(std::move(box));
  }
}

std::vector<Cell> merged_rows(std::vector<Cell> cells) {
  std::stable_sort(cells.begin(), cells.end(), [](const Cell& a, const Cell& b) {
    return a.rect.y != b.rect.y ? a.rect.y < b.rect.y : a.rect.x < b.rect.x;
  });
  std::vector<Cell> merged;
  for (const Cell& cell : cells) {
    Cell* last = merged.empty() ? nullptr : &merged.back();
    if (last != nullptr && last->ink == cell.ink && last->rect.y == cell.rect.y &&
        last->rect.height == cell.rect.height && std::abs(last->rect.right() - cell.rect.x) < 1e-6)
      last->rect.width = cell.rect.right() - last->rect.x;
    else
      merged.push_back(cell);
  }
  return merged;
}

}  // namespace heaptape
