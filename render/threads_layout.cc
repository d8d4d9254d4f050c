#include "render/threads_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "render/units.h"

namespace heaptape {
namespace {

constexpr std::size_t kMostThreads = 24;
constexpr double kRowHeight = 20, kBarThickness = 12;

using Figures = LifetimesReport::Figures;

struct Row {
  std::string name;
  std::vector<std::pair<Ink, std::uint64_t>> parts;  // of its bar
  std::uint64_t sum() const {
    std::uint64_t sum = 0;
    for (const auto& part : parts) sum += part.second;
    return sum;
  }
};

std::string name_of_thread(const LifetimesReport::ByThread& thread) {
  return thread.name.empty() ? fmt::format("thread {}", thread.tid) : fmt::format("{} ({})", thread.name, thread.tid);
}

const Ink kAlive{Ink::Family::track, 0}, kOthers{Ink::Family::folded, 0};

class Exchange {
 public:
  explicit Exchange(const LifetimesReport& report) : report_(report) {
    for (const LifetimesReport::Group& group : report.groups) ordered_.push_back(&group);
    std::stable_sort(ordered_.begin(), ordered_.end(),
                     [](const auto* a, const auto* b) { return a->figures.count > b->figures.count; });
    for (const auto* group : ordered_) note(group->thread);
    for (const auto* group : ordered_)
      for (const auto& by : group->figures.freed_by) note(by.thread);
  }

  // Each thread's blocks, by who ended them.
  std::vector<Row> allocations() const {
    std::vector<Row> rows;
    for (const auto* group : ordered_) {
      const Figures& figures = group->figures;
      Row row{name_of_thread(group->thread), {}};
      row.parts.emplace_back(ink_of(group->thread.tid), own_of(figures));
      std::uint64_t others = figures.freed_by_others;
      for (const auto& by : figures.freed_by) add(row, ink_of(by.thread.tid), by.blocks, others);
      row.parts.emplace_back(kOthers, others);
      row.parts.emplace_back(kAlive, figures.live);
      rows.push_back(std::move(row));
    }
    return rows;
  }

  // What each thread ended, by whose it was.
  std::vector<Row> frees() const {
    std::map<std::uint32_t, std::map<std::uint32_t, std::uint64_t>> ended;  // by who ended, by who allocated
    std::uint64_t by_others = 0;
    for (const auto* group : ordered_) {
      ended[group->thread.tid][group->thread.tid] += own_of(group->figures);
      for (const auto& by : group->figures.freed_by) ended[by.thread.tid][group->thread.tid] += by.blocks;
      by_others += group->figures.freed_by_others;
    }
    std::vector<Row> rows;
    for (const std::uint32_t tid : order_) {
      Row row{names_.at(tid), {}};
      std::uint64_t others = 0;
      add(row, ink_of(tid), ended[tid][tid], others);
      for (const std::uint32_t owner : order_)
        if (owner != tid) add(row, ink_of(owner), ended[tid][owner], others);
      row.parts.emplace_back(kOthers, others);
      if (row.sum() > 0) rows.push_back(std::move(row));
    }
    std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.sum() > b.sum(); });
    if (by_others > 0) rows.push_back({"threads not listed", {{kOthers, by_others}}});
    return rows;
  }

  std::vector<std::pair<Ink, std::string>> keys() const {
    std::vector<std::pair<Ink, std::string>> keys;
    for (std::size_t i = 0; i < std::min<std::size_t>(order_.size(), kSeriesInks); ++i)
      keys.emplace_back(ink_of(order_[i]), names_.at(order_[i]));
    if (order_.size() > kSeriesInks) keys.emplace_back(kOthers, "other threads");
    if (report_.total.live > 0) keys.emplace_back(kAlive, "still live");
    return keys;
  }

 private:
  // Blocks whose end nobody saw count as the thread's own.
  static std::uint64_t own_of(const Figures& figures) {
    return figures.count - std::min(figures.count, figures.live + figures.freed_elsewhere);
  }

  void note(const LifetimesReport::ByThread& thread) {
    if (!names_.try_emplace(thread.tid, name_of_thread(thread)).second) return;
    inks_[thread.tid] =
        order_.size() < kSeriesInks ? Ink{Ink::Family::series, static_cast<std::uint8_t>(order_.size())} : kOthers;
    order_.push_back(thread.tid);
  }

  Ink ink_of(std::uint32_t tid) const { return inks_.at(tid); }

  // Parts in the ink of all others are drawn as one.
  static void add(Row& row, Ink ink, std::uint64_t blocks, std::uint64_t& others) {
    if (ink == kOthers)
      others += blocks;
    else if (blocks > 0)
      row.parts.emplace_back(ink, blocks);
  }

  const LifetimesReport& report_;
  std::vector<const LifetimesReport::Group*> ordered_;  // most allocations first
  std::vector<std::uint32_t> order_;                    // tids; the first ones have inks of their own
  std::map<std::uint32_t, std::string> names_;
  std::map<std::uint32_t, Ink> inks_;
};

// The rows that fit, and one for all others.
std::vector<Row> folded(std::vector<Row> rows, std::size_t most) {
  if (rows.size() <= most) return rows;
  most = std::max<std::size_t>(most, 1);
  Row rest{counted(rows.size() - (most - 1), "other thread"), {}};
  std::uint64_t sum = 0;
  for (std::size_t i = most - 1; i < rows.size(); ++i) sum += rows[i].sum();
  rest.parts = {{kOthers, sum}};
  rows.resize(most - 1);
  rows.push_back(std::move(rest));
  return rows;
}

void add_rows(ThreadsLayout& layout, const std::vector<Row>& rows, const std::string& heading, Rect area,
              const TextRuler& ruler) {
  std::vector<TextBox>& texts = layout.page.texts;
  texts.push_back(text_at(ruler, heading, TextRole::heading, {area.x, area.y}, area.width));
  std::uint64_t most = 1;
  double names = 0, figures = 0;
  for (const Row& row : rows) {
    most = std::max(most, row.sum());
    names = std::max(names, ruler.width(row.name, font_of(TextRole::site)) + 3);
    figures = std::max(figures, ruler.width(grouped(row.sum()), font_of(TextRole::figure)) + 3);
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
    texts.push_back(text_at(ruler, grouped(row.sum()), TextRole::figure, {area.right(), y}, figures, Align::right));
    y += kRowHeight;
  }
}

double panel_height(std::size_t rows, const TextRuler& ruler) {
  return line_height(TextRole::heading, ruler) + 8 + static_cast<double>(rows) * kRowHeight;
}

}  // namespace

ThreadsLayout lay_out_threads(const LifetimesReport& report, const std::string& title, Size size,
                              const TextRuler& ruler) {
  ThreadsLayout layout;
  PageText text = page_text_of(
      report, title, "who allocates, who frees",
      {fmt::format("{}{} by {}", report.margins ? "about " : "", counted(report.total.count, "block"),
                   counted(report.groups.size(), "thread")),
       report.total.freed_elsewhere > 0 ? grouped(report.total.freed_elsewhere) + " freed by another thread"
                                        : "none freed by another thread"});
  const Exchange exchange(report);
  std::vector<Row> born = exchange.allocations(), ended = exchange.frees();
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
    add_message(layout.page, empty_sentence(report.layer), ruler);
    return layout;
  }
  const double room = std::max(0.0, body.height - keys - gap - panel_height(0, ruler) * 2);
  const auto rows = static_cast<std::size_t>(room / kRowHeight / 2);
  born = folded(std::move(born), std::min(kMostThreads, std::max(rows, static_cast<std::size_t>(1))));
  ended = folded(std::move(ended), std::min(kMostThreads, std::max(rows, static_cast<std::size_t>(1))));
  layout.shown = born.size();
  add_legend(layout, {body.x, body.y, body.width, keys}, exchange.keys(), ruler);
  layout.allocates = {body.x, body.y + keys, body.width, panel_height(born.size(), ruler)};
  layout.frees = {body.x, layout.allocates.bottom() + gap, body.width, panel_height(ended.size(), ruler)};
  add_rows(layout, born, "Blocks allocated by each thread, by who freed them", layout.allocates, ruler);
  add_rows(layout, ended, "Blocks freed by each thread, by who had allocated them", layout.frees, ruler);
  return layout;
}

}  // namespace heaptape
