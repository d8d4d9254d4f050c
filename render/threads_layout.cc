#include "render/threads_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "render/printable.h"
#include "render/units.h"

namespace heaptape {
namespace {

constexpr std::size_t kMostThreads = 24;
constexpr double kRowHeight = 20, kBarThickness = 12;

struct Row {
  std::string name;
  std::vector<std::pair<Ink, std::uint64_t>> parts;  // of its bar, in blocks
  ExchangeReport::Amount sum;
};

const Ink kAlive{Ink::Family::same, 0}, kOthers{Ink::Family::folded, 0};

std::string name_of_thread(const ExchangeReport::Thread& thread) {
  return thread.name.empty() ? fmt::format("thread {}", thread.tid)
                             : fmt::format("{} ({})", printable(thread.name), thread.tid);
}

Ink ink_of_thread(std::size_t place) {
  return place < kSeriesInks ? Ink{Ink::Family::series, static_cast<std::uint8_t>(place)} : kOthers;
}

void add_blocks(Row& row, Ink ink, std::uint64_t blocks) {
  const auto known =
      std::find_if(row.parts.begin(), row.parts.end(), [&](const auto& part) { return part.first == ink; });
  if (known == row.parts.end())
    row.parts.emplace_back(ink, blocks);
  else
    known->second += blocks;
}

void add_part(Row& row, std::size_t thread, const ExchangeReport::Amount& amount) {
  row.sum.blocks += amount.blocks;
  row.sum.bytes += amount.bytes;
  add_blocks(row, ink_of_thread(thread), amount.blocks);
}

// In the order of inks, so that a thread's own part and those of the threads that allocate most come first; what is
// alive comes last.
void sort_parts(Row& row) {
  std::sort(row.parts.begin(), row.parts.end(), [](const auto& a, const auto& b) {
    return std::pair(a.first == kAlive, a.first) < std::pair(b.first == kAlive, b.first);
  });
}

std::vector<Row> rows_of(const ExchangeReport& report, bool by_owner) {
  std::vector<Row> rows;
  for (const ExchangeReport::Thread& thread : report.threads) rows.push_back({name_of_thread(thread), {}, {}});
  for (const ExchangeReport::Flow& flow : report.flows)
    add_part(rows[by_owner ? flow.from : flow.to], by_owner ? flow.to : flow.from, flow.amount);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (by_owner) {
      rows[i].sum = report.threads[i].allocated;
      if (const std::uint64_t live = report.threads[i].live.blocks; live > 0) add_blocks(rows[i], kAlive, live);
    }
    sort_parts(rows[i]);
  }
  std::erase_if(rows, [](const Row& row) { return row.sum.blocks == 0; });
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.sum.blocks > b.sum.blocks; });
  return rows;
}

std::vector<std::pair<Ink, std::string>> thread_keys(const ExchangeReport& report) {
  std::vector<std::pair<Ink, std::string>> keys;  // names may leave no room for what is behind them
  if (report.live.blocks > 0) keys.emplace_back(kAlive, "still live");
  if (report.threads.size() > kSeriesInks) keys.emplace_back(kOthers, "other threads");
  for (std::size_t i = 0; i < std::min<std::size_t>(report.threads.size(), kSeriesInks); ++i)
    keys.emplace_back(ink_of_thread(i), name_of_thread(report.threads[i]));
  return keys;
}

// The rows that fit, and one for all others.
std::vector<Row> with_rest(std::vector<Row> rows, std::size_t most) {
  if (rows.size() <= most) return rows;
  most = std::max<std::size_t>(most, 1);
  Row rest{counted(rows.size() - (most - 1), "other thread"), {}, {}};
  for (std::size_t i = most - 1; i < rows.size(); ++i) {
    rest.sum.blocks += rows[i].sum.blocks;
    rest.sum.bytes += rows[i].sum.bytes;
    for (const auto& [ink, blocks] : rows[i].parts) add_blocks(rest, ink, blocks);
  }
  sort_parts(rest);
  rows.resize(most - 1);
  rows.push_back(std::move(rest));
  return rows;
}

std::string figure_of(const Row& row) {
  return fmt::format("{}, {}", counted(row.sum.blocks, "block"), human_bytes(row.sum.bytes));
}

void add_rows(ThreadsLayout& layout, const std::vector<Row>& rows, const std::string& heading, Rect area,
              const TextRuler& ruler) {
  std::vector<TextBox>& texts = layout.page.texts;
  texts.push_back(text_at(ruler, heading, TextRole::heading, {area.x, area.y}, area.width));
  std::uint64_t most = 1;
  double names = 0, figures = 0;
  for (const Row& row : rows) {
    most = std::max(most, row.sum.blocks);
    names = std::max(names, ruler.width(row.name, font_of(TextRole::site)) + 3);
    figures = std::max(figures, ruler.width(figure_of(row), font_of(TextRole::site)) + 3);
  }
  names = std::min(names, area.width * 0.3);
  const double left = area.x + names + 10;
  const double width = std::max(1.0, area.right() - figures - 10 - left);
  double y = area.y + line_height(TextRole::heading, ruler) + 8;
  for (const Row& row : rows) {
    TextBox name = text_at(ruler, row.name, TextRole::site, {area.x, y}, names);
    const double bar_y = y + std::round((name.box.height - kBarThickness) / 2);
    double x = left;
    for (const auto& [ink, blocks] : row.parts) {
      const double part = width * (static_cast<double>(blocks) / static_cast<double>(most));
      if (blocks > 0) layout.cells.push_back({{x, bar_y, std::max(0.25, part), kBarThickness}, ink});
      x += part;
    }
    texts.push_back(std::move(name));
    texts.push_back(text_at(ruler, figure_of(row), TextRole::site, {area.right(), y}, figures, Align::right));
    y += kRowHeight;
  }
}

double panel_height(std::size_t rows, const TextRuler& ruler) {
  return line_height(TextRole::heading, ruler) + 8 + static_cast<double>(rows) * kRowHeight;
}

}  // namespace

ThreadsLayout lay_out(const ExchangeReport& report, const std::string& title, Size size, const TextRuler& ruler) {
  ThreadsLayout layout;
  const auto allocating = std::count_if(report.threads.begin(), report.threads.end(),
                                        [](const auto& thread) { return thread.allocated.blocks > 0; });
  PageText text =
      page_text_of(report, title, "who allocates, who frees",
                   {fmt::format("{}{} by {}", report.margins ? "about " : "", counted(report.total.blocks, "block"),
                                counted(static_cast<std::uint64_t>(allocating), "thread")),
                    report.elsewhere.blocks > 0 ? grouped(report.elsewhere.blocks) + " freed by another thread"
                                                : "none freed by another thread"});
  text.notes = unknown_note(report.unknown);
  std::vector<Row> born = rows_of(report, true), ended = rows_of(report, false);
  const double keys = line_height(TextRole::note, ruler) + 14;
  const double gap = 24;
  const Size page{size.width, size.height};
  const auto wanted = keys + gap + panel_height(std::min(born.size(), kMostThreads), ruler) +
                      panel_height(std::min(ended.size(), kMostThreads), ruler);
  const Page probe = lay_out_page(text, page_size(page, {kThreadsWidth, 4000}), ruler);
  layout.page = lay_out_page(
      text, page_size(page, {kThreadsWidth, std::ceil(probe.size.height - probe.body.height + wanted)}), ruler);
  const Rect body = layout.page.body;
  if (born.empty()) {
    add_empty_message(layout.page, layout.page.body, report.layer, report.selection, ruler);
    return layout;
  }
  const double room = std::max(0.0, body.height - keys - gap - panel_height(0, ruler) * 2);
  const auto rows = static_cast<std::size_t>(room / kRowHeight / 2);
  born = with_rest(std::move(born), std::min(kMostThreads, std::max(rows, static_cast<std::size_t>(1))));
  ended = with_rest(std::move(ended), std::min(kMostThreads, std::max(rows, static_cast<std::size_t>(1))));
  layout.shown = born.size();
  add_legend(layout, {body.x, body.y, body.width, keys}, thread_keys(report), ruler);
  layout.allocates = {body.x, body.y + keys, body.width, panel_height(born.size(), ruler)};
  layout.frees = {body.x, layout.allocates.bottom() + gap, body.width, panel_height(ended.size(), ruler)};
  add_rows(layout, born, "Blocks allocated by each, by who freed them", layout.allocates, ruler);
  add_rows(layout, ended, "Blocks freed by each, by who had allocated them", layout.frees, ruler);
  return layout;
}

}  // namespace heaptape
