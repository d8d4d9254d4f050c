#include "cli/sparkline.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "analyzer/curve.h"
#include "analyzer/replay.h"

namespace heaptape::cli {
namespace {

constexpr std::uint64_t kFewEvents = 1'000'000;  // that are read before anybody has waited
constexpr std::array<const char*, 8> kHeights{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::array<const char*, 8> kPlainHeights{"_", ".", ":", "-", "=", "+", "*", "#"};
constexpr std::array<const char*, 8> kEighths{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};

std::vector<std::uint64_t> exact_outline(const TapeReader& tape, Layer layer, std::uint64_t end, std::size_t steps) {
  const Membership membership(layer, tape.frames(), {});
  CurvePass curve(membership, end, steps);
  Pass* const passes[] = {&curve};
  static_cast<void>(replay(tape, passes));  // what is damaged the summary tells
  std::vector<std::uint64_t> levels;
  for (const CurvePass::Step& step : curve.take_steps()) levels.push_back(step.high.bytes);
  return levels;
}

}  // namespace

std::string sparkline(std::span<const std::uint64_t> levels, bool unicode, std::uint64_t highest) {
  highest = std::max<std::uint64_t>(highest, 1);
  for (const std::uint64_t level : levels) highest = std::max(highest, level);
  std::string line;
  for (const std::uint64_t level : levels) {
    const double part = static_cast<double>(level) / static_cast<double>(highest);
    const auto height = static_cast<std::size_t>(std::min(7.0, part * 8));
    line += level == 0 ? " " : (unicode ? kHeights : kPlainHeights)[height];
  }
  return line;
}

std::vector<std::string> column_chart(std::span<const std::uint64_t> levels, std::uint64_t highest, int lines,
                                      bool unicode) {
  std::vector<std::string> chart(static_cast<std::size_t>(lines));
  for (const std::uint64_t level : levels) {
    const double part = highest == 0 ? 0 : std::min(1.0, static_cast<double>(level) / static_cast<double>(highest));
    const long eighths = level == 0 ? 0 : std::max(1L, std::lround(part * lines * 8));
    for (int line = 0; line < lines; ++line) {
      const long filled = std::clamp(eighths - 8L * (lines - 1 - line), 0L, 8L);
      std::string& text = chart[static_cast<std::size_t>(line)];
      if (filled == 0)
        text += ' ';
      else if (unicode)
        text += kHeights[static_cast<std::size_t>(filled - 1)];
      else
        text += filled == 8 ? '#' : filled > 4 ? ':' : '.';
    }
  }
  return chart;
}

std::string bar(std::uint64_t part, std::uint64_t whole, int columns, bool unicode) {
  if (part == 0 || whole == 0 || columns <= 0) return "";
  const double length = std::min(1.0, static_cast<double>(part) / static_cast<double>(whole)) * columns;
  std::string text;
  if (!unicode) return std::string(static_cast<std::size_t>(std::max(1L, std::lround(length))), '#');
  const long eighths = std::max(1L, std::lround(length * 8));
  for (long i = 0; i < eighths / 8; ++i) text += "█";
  return text + kEighths[static_cast<std::size_t>(eighths % 8)];
}

std::vector<std::uint64_t> outline_of(const TapeReader& tape, Layer layer, std::size_t steps) {
  const std::vector<BlockEntry>& blocks = tape.blocks();
  if (layer == Layer::user || blocks.empty() || steps == 0) return {};
  const std::uint64_t end = std::max<std::uint64_t>(blocks.back().end_ns, 1);
  if (blocks.back().first_event + blocks.back().events <= kFewEvents) return exact_outline(tape, layer, end, steps);
  const auto step_of = [&](std::uint64_t time) {
    const double part = static_cast<double>(time) / static_cast<double>(end);
    return std::min(steps - 1, static_cast<std::size_t>(part * static_cast<double>(steps)));
  };
  std::vector<std::uint64_t> levels(steps);
  std::size_t next = 0;  // steps before this one have a level
  std::uint64_t level = 0;
  for (const BlockEntry& block : blocks) {
    const std::size_t first = step_of(block.begin_ns), last = step_of(block.end_ns);
    for (; next < first; ++next) levels[next] = level;  // nothing happened: it stays as it was
    const std::uint64_t highest = layer == Layer::program ? block.program_max_bytes : block.all_max_bytes;
    for (std::size_t step = first; step <= last; ++step) levels[step] = std::max(levels[step], highest);
    next = std::max(next, last + 1);
    level = block.at_end.of(layer).live_bytes;
  }
  return levels;
}

}  // namespace heaptape::cli
