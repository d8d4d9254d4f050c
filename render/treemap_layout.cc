#include "render/treemap_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "format/base_name.h"
#include "render/squarify.h"
#include "render/units.h"

namespace heaptape {
namespace {

constexpr std::size_t kMostLabels = 260;
constexpr std::size_t kMostCells = 2200;
constexpr double kLeastArea = 9;  // of a cell that can be seen, in square pixels
constexpr double kMapPad = 4;

struct MapPart {
  std::string name;
  double weight = 0;
  std::uint64_t cost = 0;
  std::vector<MapPart> parts;  // largest first
};

// Groups sites by module, file and function; of several lines of one function the sum.
std::vector<MapPart> parts_of(const TopReport& report) {
  std::map<std::string, std::map<std::string, std::map<std::string, std::uint64_t>>> sums;
  for (const TopReport::Site& site : report.sites) {
    const std::uint64_t cost = site.costs.of(report.cost);
    if (cost == 0) continue;
    const std::string module = site.place.module.empty() ? "no module" : base_name(site.place.module);
    const std::string file = site.place.file.empty() ? "no source file" : base_name(site.place.file);
    sums[module][file][site.label] += cost;
  }
  const auto largest_first = [](std::vector<MapPart>& parts) {
    std::stable_sort(parts.begin(), parts.end(), [](const MapPart& a, const MapPart& b) { return a.cost > b.cost; });
  };
  std::vector<MapPart> modules;
  for (const auto& [module, files] : sums) {
    MapPart& into = modules.emplace_back(MapPart{.name = module});
    for (const auto& [file, functions] : files) {
      MapPart& in_file = into.parts.emplace_back(MapPart{.name = file});
      for (const auto& [function, cost] : functions) {
        in_file.parts.push_back({.name = function, .weight = static_cast<double>(cost), .cost = cost});
        in_file.cost += cost;
      }
      in_file.weight = static_cast<double>(in_file.cost);
      largest_first(in_file.parts);
      into.cost += in_file.cost;
    }
    into.weight = static_cast<double>(into.cost);
    largest_first(into.parts);
  }
  largest_first(modules);
  return modules;
}

std::string figure_of(const TopReport& report, std::uint64_t cost) {
  return is_bytes(report.cost) ? human_bytes(cost) : grouped(cost);
}

class MapPlacer {
 public:
  MapPlacer(TreemapLayout& layout, const TopReport& report, const TextRuler& ruler)
      : layout_(layout), report_(report), ruler_(ruler), title_(line_height(TextRole::bar, ruler) + 2) {}

  void place(const std::vector<MapPart>& modules, Rect frame) {
    by_ = told_apart(modules);
    const std::vector<Rect> rects = placed(modules, frame);
    for (std::size_t i = 0; i < modules.size(); ++i) place_module(modules[i], rects[i].inset(1, 1), ink_of(i));
    add_labels();
  }

 private:
  enum class By : std::uint8_t { module, file, function };

  // What inks tell apart: modules, or where nearly all is one module's, its files, or where that is one's, functions.
  static By told_apart(const std::vector<MapPart>& modules) {
    const auto is_nearly_all = [](const std::vector<MapPart>& parts) {
      double sum = 0;
      for (const MapPart& part : parts) sum += part.weight;
      return parts.front().weight > 0.98 * sum;
    };
    if (!is_nearly_all(modules)) return By::module;
    return is_nearly_all(modules.front().parts) ? By::function : By::file;
  }
  static Ink ink_of(std::size_t place) {
    return place < kSeriesInks ? Ink{Ink::Family::series, static_cast<std::uint8_t>(place)}
                               : Ink{Ink::Family::folded, 0};
  }

  struct MapLabel {
    Rect cell;
    std::string name, figure;
  };

  std::vector<Rect> placed(const std::vector<MapPart>& parts, Rect frame) {
    std::vector<double> weights;
    for (const MapPart& part : parts) weights.push_back(part.weight);
    return squarified(weights, frame);
  }

  bool is_visible(Rect rect) const {
    return rect.width >= 1.5 && rect.height >= 1.5 && rect.width * rect.height >= kLeastArea &&
           layout_.functions < kMostCells;
  }

  void fold(const MapPart& part) {
    if (part.parts.empty()) {
      ++layout_.folded;
      layout_.folded_cost += part.cost;
    }
    for (const MapPart& below : part.parts) fold(below);
  }

  bool fits(const std::string& words, TextRole role, double room) const {
    return ruler_.width(words, font_of(role)) + 1 <= room;
  }

  // A strip with the name on top, where there is room for it.
  Rect cut_title(const MapPart& part, Rect rect, TextRole role) {
    if (rect.height < title_ * 2.4 || rect.width < 60) return rect;
    const double room = rect.width - 2 * kMapPad;
    const std::string words = fmt::format("{}  {}, {}", part.name, figure_of(report_, part.cost),
                                          share_of(part.cost, report_.total.of(report_.cost)));
    // Half a figure would be another one.
    layout_.page.texts.push_back(
        text_at(ruler_, fits(words, role, room) ? words : part.name, role, {rect.x + kMapPad, rect.y + 1}, room));
    return {rect.x, rect.y + title_, rect.width, rect.height - title_};
  }

  void place_module(const MapPart& module, Rect rect, Ink ink) {
    if (!is_visible(rect)) return fold(module);
    const Rect inner = cut_title(module, rect, TextRole::figure);
    const std::vector<Rect> rects = placed(module.parts, inner);
    for (std::size_t i = 0; i < module.parts.size(); ++i)
      place_file(module.parts[i], rects[i].inset(0.75, 0.75), by_ == By::file ? ink_of(i) : ink);
  }

  void place_file(const MapPart& file, Rect rect, Ink ink) {
    if (!is_visible(rect)) return fold(file);
    const bool titled = file.parts.size() > 1 && rect.height > 4 * title_ && file.name != "no source file";
    const Rect inner = titled ? cut_title(file, rect, TextRole::note) : rect;
    const std::vector<Rect> rects = placed(file.parts, inner);
    for (std::size_t i = 0; i < file.parts.size(); ++i) {
      const Rect cell = rects[i].inset(0.5, 0.5);
      if (!is_visible(cell)) {
        fold(file.parts[i]);
        continue;
      }
      ++layout_.functions;
      const Rect exact{snapped(cell.x), snapped(cell.y), std::max(0.5, snapped(cell.right()) - snapped(cell.x)),
                       std::max(0.5, snapped(cell.bottom()) - snapped(cell.y))};
      layout_.cells.push_back({exact, by_ == By::function ? ink_of(i) : ink});
      labels_.push_back({cell, file.parts[i].name, figure_of(report_, file.parts[i].cost)});
    }
  }

  void add_labels() {
    std::stable_sort(labels_.begin(), labels_.end(), [](const MapLabel& a, const MapLabel& b) {
      return a.cell.width * a.cell.height > b.cell.width * b.cell.height;
    });
    std::size_t added = 0;
    const double line = line_height(TextRole::bar, ruler_);
    for (const MapLabel& label : labels_) {
      if (label.cell.width < 44 || label.cell.height < line + 4) continue;
      if (++added > kMostLabels) return;
      const double room = label.cell.width - 2 * kMapPad;
      layout_.page.texts.push_back(
          text_at(ruler_, label.name, TextRole::bar, {label.cell.x + kMapPad, label.cell.y + 2}, room));
      if (label.cell.height < 2 * line + 6 || !fits(label.figure, TextRole::bar, room)) continue;
      layout_.page.texts.push_back(
          text_at(ruler_, label.figure, TextRole::bar, {label.cell.x + kMapPad, label.cell.y + 2 + line}, room));
    }
  }

  TreemapLayout& layout_;
  const TopReport& report_;
  const TextRuler& ruler_;
  double title_;
  By by_ = By::module;
  std::vector<MapLabel> labels_;
};

std::string what_of(const TopReport& report) {
  switch (report.cost) {
    case Cost::peak:
      return "where the bytes of the peak are";
    case Cost::allocated:
      return "where bytes are allocated";
    case Cost::count:
      return "where blocks are allocated";
    case Cost::temporary:
      return "where temporary blocks are allocated";
    case Cost::leaked:
      return "where the bytes at the end are";
    case Cost::live:
      return "where the live bytes are";
  }
  return "";
}

PageText treemap_text(const TopReport& report, const std::string& title) {
  const std::uint64_t total = report.total.of(report.cost);
  const std::string sum = is_bytes(report.cost) ? both_bytes(total) : counted(total, "allocation");
  return page_text_of(report, title, what_of(report),
                      {"module, file, function", report.margins ? "about " + sum : sum});
}

std::string folded_note(const TreemapLayout& layout, const TopReport& report) {
  if (layout.folded == 0) return fmt::format("All of {} have a cell.", counted(layout.functions, "function"));
  const std::uint64_t total = report.total.of(report.cost);
  return fmt::format("{} too small to be seen: {} of {}", counted(layout.folded, "function"),
                     share_of(layout.folded_cost, total), figure_of(report, total));
}

}  // namespace

TreemapLayout lay_out(const TopReport& report, const std::string& title, Size size, const TextRuler& ruler) {
  PageText text = treemap_text(report, title);
  const std::vector<MapPart> modules = parts_of(report);
  const Size page = page_size(size, kTreemapSize);
  TreemapLayout layout;
  // The note takes its lines from the map, and tells what found no place on it.
  for (int round = 0; round < 4; ++round) {
    layout = {};
    layout.page = lay_out_page(text, page, ruler);
    layout.frame = layout.page.body;
    if (modules.empty()) {
      add_empty_message(layout.page, layout.page.body, report.layer, report.selection, ruler);
      return layout;
    }
    MapPlacer(layout, report, ruler).place(modules, layout.frame);
    const std::vector<std::string> notes{folded_note(layout, report)};
    if (text.notes == notes) break;
    text.notes = notes;
  }
  return layout;
}

}  // namespace heaptape
