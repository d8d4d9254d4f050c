#include "tests/render/fixtures.h"

#include <algorithm>

namespace heaptape::render_test {

double PlainRuler::width(std::string_view text, Font font) const {
  const auto characters = std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; });
  return static_cast<double>(characters) * 0.6 * font.size;
}

TimelineReport hill(std::size_t steps, std::uint64_t peak_bytes) {
  TimelineReport report;
  report.program = "sample";
  report.command = "./sample --fast";
  report.duration_ns = 400'000'000;
  const std::size_t middle = steps / 2;
  for (std::size_t i = 0; i < steps; ++i) {
    const std::size_t height = i <= middle ? i + steps - middle : steps - (i - middle);
    const std::uint64_t high = height == steps ? peak_bytes : peak_bytes / steps * height;
    report.steps.push_back({report.duration_ns / steps * i, high / 2, high, high / 2});
  }
  if (steps > 0) report.peak = {peak_bytes, 8, report.steps[middle].begin_ns, middle};
  return report;
}

void add_marks(TimelineReport& report, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i)
    report.marks.push_back({report.duration_ns / count * i, "phase " + std::to_string(i), "main"});
}

void add_sites(TimelineReport& report, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i)
    report.peak_sites.push_back({"make_row" + std::to_string(i) + " table.cc:41", report.peak.bytes / (2 * count), 2});
}

void add_rss(TimelineReport& report, std::size_t count, std::uint64_t bytes) {
  for (std::size_t i = 0; i < count; ++i) report.rss.push_back({report.duration_ns / count * i, bytes});
}

void add_threads(TimelineReport& report, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    TimelineReport::Lane& lane = report.threads.emplace_back(TimelineReport::Lane{
        .name = i % 3 == 0 ? "worker" : "loader " + std::to_string(i), .tid = static_cast<std::uint32_t>(100 + i)});
    lane.threads = 1;
    lane.last_ns = report.duration_ns;
    lane.levels.resize(report.steps.size());
    for (std::size_t step = i; step < lane.levels.size(); step += i + 1)
      lane.events += lane.levels[step] = 10 * (i + 1);
  }
}

TreeReport fan(const std::vector<std::uint64_t>& totals) {
  TreeReport report;
  report.program = "sample";
  report.nodes.push_back({.label = "sample"});
  for (const std::uint64_t total : totals) {
    const auto node = static_cast<std::uint32_t>(report.nodes.size());
    report.nodes.push_back({.label = "f" + std::to_string(node), .in_program = true, .total = total, .self = total});
    report.nodes[0].children.push_back(node);
    report.nodes[0].total += total;
  }
  report.total = report.nodes[0].total;
  return report;
}

TreeReport chain(std::size_t depth) {
  TreeReport report = fan({1000});
  for (std::size_t i = 1; i < depth; ++i) {
    report.nodes.back().children = {static_cast<std::uint32_t>(report.nodes.size())};
    report.nodes.push_back({.label = "recursive", .in_program = i % 2 == 0, .total = 1000});
  }
  return report;
}

TreeReport branches(std::size_t depth) {
  TreeReport report = fan({9'000'000'000});
  std::vector<std::uint32_t> row{1};
  for (std::size_t i = 0; i < depth; ++i) {
    std::vector<std::uint32_t> next;
    for (const std::uint32_t parent : row) {
      for (const std::uint64_t part : {2, 1}) {
        const std::uint64_t total = report.nodes[parent].total * part / 3;
        next.push_back(static_cast<std::uint32_t>(report.nodes.size()));
        report.nodes[parent].children.push_back(next.back());
        report.nodes.push_back(
            {.label = "callee" + std::to_string(next.back()), .in_program = part == 2, .total = total});
      }
    }
    row = next;
  }
  return report;
}

std::vector<TextBox> texts_of(const Page& page, TextRole role) {
  std::vector<TextBox> texts;
  std::copy_if(page.texts.begin(), page.texts.end(), std::back_inserter(texts),
               [role](const TextBox& text) { return text.role == role; });
  return texts;
}

std::string notes_of(const Page& page) {
  std::string notes;
  for (const TextBox& text : texts_of(page, TextRole::note)) notes += text.text + " ";
  return notes;
}

bool any_text_has(const Page& page, const std::string& part) {
  return std::any_of(page.texts.begin(), page.texts.end(),
                     [&](const TextBox& text) { return text.text.find(part) != std::string::npos; });
}

void expect_orderly_text(const Page& page) {
  const Rect sheet{0, 0, page.size.width, page.size.height};
  for (std::size_t i = 0; i < page.texts.size(); ++i) {
    const TextBox& text = page.texts[i];
    EXPECT_TRUE(sheet.contains(text.box)) << text.text;
    if (text.text.empty()) continue;
    EXPECT_GT(text.box.width, 0) << text.text;
    for (std::size_t j = 0; j < i; ++j)
      EXPECT_FALSE(text.box.overlaps(page.texts[j].box)) << text.text << " | " << page.texts[j].text;
  }
}

}  // namespace heaptape::render_test
