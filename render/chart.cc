#include "render/chart.h"

#include <algorithm>
#include <cmath>

#include "render/legend.h"

namespace heaptape {

Ink heat_of(double part) {
  const auto shade = static_cast<int>(std::ceil(std::clamp(part, 0.0, 1.0) * kHeatInks)) - 1;
  return {Ink::Family::heat, static_cast<std::uint8_t>(std::max(0, shade))};
}

void add_legend(Chart& chart, Rect line, const std::vector<std::pair<Ink, std::string>>& keys, const TextRuler& ruler) {
  double x = line.x;
  for (const auto& [ink, words] : keys) {
    const double most = std::min(260.0, line.right() - x - kSwatchSize - 5);
    TextBox box = text_at(ruler, words, TextRole::note, {x + kSwatchSize + 5, line.y}, most);
    if (most < 20) return;
    chart.legend.push_back({{x, line.y + (box.box.height - kSwatchSize) / 2, kSwatchSize, kSwatchSize}, ink});
    x = box.box.right() + 16;
    chart.page.texts.push_back(std::move(box));
  }
}

void add_message(Page& page, const std::string& sentence, const TextRuler& ruler) {
  const Rect body = page.body;
  page.texts.push_back(text_at(ruler, sentence, TextRole::message,
                               {body.x + body.width / 2, body.y + std::max(0.0, body.height / 2 - 10)}, body.width,
                               Align::centre));
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
