// heaptape timeline TAPE : live bytes over time as a chart of characters, with the peak and the program's marks.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "analyzer/analyze.h"
#include "analyzer/json.h"
#include "analyzer/thread_lanes.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "cli/selection_options.h"
#include "cli/sparkline.h"
#include "cli/table.h"
#include "cli/view.h"
#include "render/selection_words.h"
#include "render/units.h"

namespace heaptape::cli {
namespace timeline_command {
namespace {

constexpr int kLines = 8;
constexpr std::size_t kLanes = 8;  // of threads
constexpr std::size_t kPipeColumns = 72, kLeastColumns = 24, kMostColumns = 200;
constexpr std::size_t kJsonSteps = 100, kMostSteps = 100'000;

struct Options {
  std::string tape;
  Choice choice;
  std::size_t steps = kJsonSteps, limit = 20;
  bool json = false, no_unicode = false;
  SymbolSources symbols;
};

// Live bytes by column, and where each column begins: a character is a step of the report.
struct Drawing {
  const TimelineReport* report = nullptr;
  bool unicode = true;
  std::size_t margin = 0;  // left of the axis

  std::size_t columns() const { return report->steps.size(); }
  std::size_t column_of(std::uint64_t time_ns) const {
    const auto& steps = report->steps;
    const auto after = std::upper_bound(steps.begin(), steps.end(), time_ns,
                                        [](std::uint64_t time, const auto& step) { return time < step.begin_ns; });
    return after == steps.begin() ? 0 : static_cast<std::size_t>(after - steps.begin()) - 1;
  }
  std::string line(std::string_view label, std::string_view axis, std::string text) const {
    text.erase(text.find_last_not_of(' ') + 1);
    const auto width = static_cast<std::size_t>(width_of(label));
    std::string all = std::string(2 + margin - std::min(margin, width), ' ') + std::string(label);
    if (axis.empty() && text.empty()) return all + "\n";
    return all + " " + std::string(axis) + text + "\n";
  }
};

// The mark's name in the chart: a digit or a letter; what has none is in the list alone.
char sign_of(std::size_t mark) {
  constexpr std::string_view kSigns = "123456789abcdefghijklmnopqrstuvwxyz";
  return mark < kSigns.size() ? kSigns[mark] : '*';
}

std::string chart(const Drawing& drawing) {
  const TimelineReport& report = *drawing.report;
  std::vector<std::uint64_t> levels;
  for (const TimelineReport::Step& step : report.steps) levels.push_back(step.high);
  const std::vector<std::string> lines = column_chart(levels, report.peak.bytes, kLines, drawing.unicode);
  const char* const axis = drawing.unicode ? "│" : "|";
  std::string text;
  for (int i = 0; i < kLines; ++i) {
    const std::string label = i == 0            ? human_bytes(report.peak.bytes)
                              : i == kLines / 2 ? human_bytes(report.peak.bytes / 2)
                                                : "";
    text += drawing.line(label, axis, lines[static_cast<std::size_t>(i)]);
  }
  std::string base;
  for (std::size_t i = 0; i < drawing.columns(); ++i) base += drawing.unicode ? "─" : "-";
  return text + drawing.line("0 B", drawing.unicode ? "└" : "+", base);
}

// The peak and the marks, each under the column that it lies in: of several marks the first. A peak where a mark is has
// a line of its own.
std::string signs(const Drawing& drawing) {
  const TimelineReport& report = *drawing.report;
  std::vector<std::string> row(drawing.columns(), " ");
  for (std::size_t i = report.marks.size(); i-- > 0;)
    row[drawing.column_of(report.marks[i].time_ns)] = std::string(1, sign_of(i));
  const std::size_t at = drawing.column_of(report.peak.time_ns);
  const std::string peak = drawing.unicode ? "▲" : "^";
  std::string above;
  if (row[at] == " ")
    row[at] = peak;
  else
    above = drawing.line("", " ", std::string(at, ' ') + peak);
  std::string text;
  for (const std::string& sign : row) text += sign;
  return above + drawing.line("", " ", text);
}

std::string time_line(const Drawing& drawing) {
  const TimelineReport& report = *drawing.report;
  const std::string begin = human_time(report.begin_ns), end = human_time(report.duration_ns);
  const std::size_t taken = begin.size() + end.size();
  const std::size_t between = drawing.columns() > taken ? drawing.columns() - taken : 1;
  return drawing.line("", " ", begin + std::string(between, ' ') + end);
}

std::string rss_line(const Drawing& drawing) {
  const TimelineReport& report = *drawing.report;
  if (report.rss.empty()) return "";
  std::vector<std::uint64_t> levels(drawing.columns());
  std::uint64_t most = 0;
  for (const RssSample& sample : report.rss) {
    std::uint64_t& level = levels[drawing.column_of(sample.time_ns)];
    level = std::max(level, sample.bytes);
    most = std::max(most, sample.bytes);
  }
  // Samples are further apart than columns may be: each holds until the next.
  for (std::size_t i = 1; i < levels.size(); ++i)
    if (levels[i] == 0) levels[i] = levels[i - 1];
  return drawing.line("RSS", " ", sparkline(levels, drawing.unicode)) +
         drawing.line("", " ", "largest sample " + human_bytes(most));
}

std::string lane_sign(std::size_t lane) { return fmt::format("T{}", lane + 1); }

// A line for each thread, under the columns: how much it allocates and frees, all of them on one scale of powers, as
// one may be a thousand times as busy as another. Their table says which is which.
std::string lane_lines(const Drawing& drawing, const std::vector<TimelineReport::Lane>& lanes) {
  std::string text;
  std::vector<std::vector<std::uint64_t>> heights;
  std::uint64_t most = 0;
  for (const TimelineReport::Lane& lane : lanes) {
    std::vector<std::uint64_t>& line = heights.emplace_back();
    for (const std::uint64_t level : lane.levels) {
      line.push_back(static_cast<std::uint64_t>(std::lround(1000 * std::log1p(static_cast<double>(level)))));
      most = std::max(most, line.back());
    }
  }
  for (std::size_t i = 0; i < heights.size(); ++i)
    text += drawing.line(lane_sign(i), " ", sparkline(heights[i], drawing.unicode, most));
  return text;
}

std::string lanes_table(const std::vector<TimelineReport::Lane>& lanes, bool is_sample, const Terminal& terminal) {
  using enum Column::Side;
  if (lanes.empty()) return "";
  Table table({{.title = "", .style = Style::accent},
               {.title = "thread", .style = Style::bold, .shrinks = true},
               {.title = "id", .side = right, .style = Style::dim},
               {.title = is_sample ? "recorded calls, all layers" : "calls, all layers", .side = right},
               {.title = "from", .side = right},
               {.title = "to", .side = right}});
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    const TimelineReport::Lane& lane = lanes[i];
    table.add({lane_sign(i), lane.is_one() ? safe(lane.name) : name_of(lane, lanes),
               lane.is_one() ? std::to_string(lane.tid) : "", grouped(lane.events), human_time(lane.first_ns),
               human_time(lane.last_ns)});
  }
  return "\n" + table.text(terminal);
}

std::string not_drawn(const TimelineReport& report) {
  std::string text;
  for (const std::string& sentence : quiet_note(report.selection)) text += "\n  " + sentence + "\n";
  return text;
}

std::string marks(const TimelineReport& report, std::size_t limit, const Terminal& terminal) {
  using enum Column::Side;
  if (report.marks.empty()) return "";
  Table table({{.title = "", .style = Style::accent},
               {.title = "mark", .style = Style::bold, .shrinks = true},
               {.title = "at", .side = right},
               {.title = "thread", .style = Style::dim, .shrinks = true}});
  for (std::size_t i = 0; i < shown_of(report.marks.size(), limit); ++i) {
    const TimelineReport::Mark& mark = report.marks[i];
    table.add({std::string(1, sign_of(i)), safe(mark.name), human_time(mark.time_ns), safe(mark.thread)});
  }
  return "\n" + table.text(terminal) + more_line(report.marks.size(), limit, "more mark");
}

std::string text_of(const TimelineReport& report, const Options& options, const Terminal& terminal) {
  const std::string head = heading(terminal, report.program, report.layer, report.selection, "timeline");
  const std::string said = notes(terminal, report.caveats), set = marks(report, options.limit, terminal);
  if (report.peak.bytes == 0) return head + nothing(report.layer, report.selection, "nothing was live") + set + said;
  const std::vector<TimelineReport::Lane> lanes = lanes_of(report, kLanes);
  const std::string tail = set + lanes_table(lanes, report.margins.has_value(), terminal) + said;
  Table figures({{.style = Style::dim}, {.shrinks = true}});
  const auto margin = report.margins.value_or(Margins{});
  figures.add({"peak", with_margin(in_words(report.peak), report.margins.has_value(), human_bytes(margin.peak_bytes))});
  figures.add({"live at end", with_margin(both_bytes(report.live_at_end), report.margins.has_value(),
                                          human_bytes(margin.live_bytes))});
  Drawing drawing{.report = &report, .unicode = !options.no_unicode};
  drawing.margin =
      std::max<std::size_t>({human_bytes(report.peak.bytes).size(), human_bytes(report.peak.bytes / 2).size(), 3});
  return head + figures.text(terminal) + "\n" + chart(drawing) + signs(drawing) + time_line(drawing) +
         rss_line(drawing) + lane_lines(drawing, lanes) + not_drawn(report) + tail;
}

// As many steps as the chart has columns.
std::size_t steps_for(const Terminal& terminal) {
  constexpr std::size_t kLabels = 14;  // two spaces, the widest figure, the axis
  if (terminal.columns == 0) return kPipeColumns;
  const auto columns = static_cast<std::size_t>(terminal.columns);
  return std::clamp(columns - std::min(columns, kLabels), kLeastColumns, kMostColumns);
}

void run(const Options& options) {
  const Terminal terminal = standard_output();
  Progress progress("reading " + options.tape);
  const TapeReader tape(options.tape, progress.watch());
  Symbols symbols(tape, options.symbols);
  const Selection selection = selection_of(tape, options.choice, symbols);
  const TimelineReport report = options.json
                                    ? timeline(tape, selection, options.steps, symbols)
                                    : timeline(tape, selection.without_quiet_end(tape), steps_for(terminal), symbols);
  put(options.json ? to_text(to_json(report)) : text_of(report, options, terminal));
  report_damage(tape, report.caveats);
}

}  // namespace
}  // namespace timeline_command

void add_timeline(Arguments& heaptape) {
  using namespace timeline_command;
  auto options = std::make_shared<Options>();
  Arguments& command = heaptape.subcommand("timeline", "Live bytes over time, with the peak and the marks");
  add_tape(command, options->tape);
  add_range_selection(command, options->choice);
  command.number("--steps", options->steps, std::size_t{1}, kMostSteps,
                 fmt::format("Of the JSON: in how many equal steps of time (default: {})", kJsonSteps));
  command.flag("--no-unicode", options->no_unicode, "Draw with ASCII characters alone");
  add_limit(command, options->limit);
  add_json(command, options->json);
  add_symbol_sources(command, options->symbols);
  command.on_run([&command, options] {
    if (command.was_given("--steps") && !options->json)
      throw Failure(kWrongUse, "--steps belongs to --json; the chart has a step for each of its columns");
    run(*options);
  });
}

}  // namespace heaptape::cli
