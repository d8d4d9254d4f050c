#include "cli/view.h"

#include <fmt/format.h>

#include <algorithm>

#include "analyzer/json.h"
#include "cli/commands.h"
#include "render/printable.h"
#include "render/selection_words.h"
#include "render/units.h"

namespace heaptape::cli {
namespace {

// Longer than any real function name; a hostile tape could name a megabyte.
constexpr std::size_t kLongestName = 4000;

}  // namespace

std::string heading(const Terminal& terminal, const std::string& program, Layer layer, const std::string& what) {
  return fmt::format("{} · {} · layer {}\n", terminal.paint(Style::bold, safe(program)), what, name_of(layer));
}

std::string heading(const Terminal& terminal, const std::string& program, Layer layer, const SelectionReport& selection,
                    const std::string& what) {
  std::string text = heading(terminal, program, layer, what);
  text.pop_back();
  for (const std::string& words : words_of(selection)) text += " · " + terminal.paint(Style::accent, words);
  return text + "\n";
}

std::string in_words(const Peak& peak) {
  if (peak.bytes == 0) return "0 bytes";
  return fmt::format("{} at {}", in_words(peak.bytes, peak.blocks), human_time(peak.time_ns));
}

std::string in_words(std::uint64_t bytes, std::uint64_t blocks) {
  if (blocks == 0) return exact_bytes(bytes);
  return fmt::format("{} in {}", both_bytes(bytes), counted(blocks, "block"));
}

std::string in_words(const Ending& ending) {
  switch (ending.kind) {
    case EndKind::unknown:
      return "unknown: the tape does not reach to it";
    case EndKind::exited:
      return fmt::format("exited with status {}", ending.status);
    case EndKind::signaled:
      return fmt::format("killed by signal {}", ending.status);
    case EndKind::execed:
      return "became another program (exec)";
    case EndKind::gone:
      return "ended; its status went to another process";
  }
  return "";
}

std::string with_margin(const std::string& figure, bool is_estimate, const std::string& margin) {
  return is_estimate ? fmt::format("about {} (± {})", figure, margin) : figure;
}

std::string amount(Cost cost, std::uint64_t value) { return is_bytes(cost) ? human_bytes(value) : grouped(value); }

std::string notes(const Terminal& terminal, const std::vector<Caveat>& caveats) {
  std::string text;
  for (const Caveat& caveat : caveats) {
    text += terminal.paint(Style::warning, "note") + ": " + safe(caveat.sentence) + "\n";
  }
  return text.empty() ? text : "\n" + text;
}

std::string nothing(Layer layer, const SelectionReport& selection, const std::string& what) {
  if (!selection.is_whole()) return fmt::format("  {} in this selection\n", what);
  switch (layer) {
    case Layer::user:
      return fmt::format("  {}: the layer counts variables that the program marks with HEAPTAPE_TRACK\n", what);
    case Layer::program:
      return fmt::format("  {} in this layer; --layer all counts the runtime's blocks too\n", what);
    case Layer::all:
      return fmt::format("  {}\n", what);
  }
  return "";
}

std::size_t shown_of(std::size_t all, std::size_t limit) { return limit == 0 ? all : std::min(limit, all); }

std::string more_line(std::size_t all, std::size_t limit, const char* what) {
  const std::size_t shown = shown_of(all, limit);
  return shown == all ? "" : fmt::format("  … and {}\n", counted(all - shown, what));
}

std::string safe(const std::string& name) { return printable(name, kLongestName); }

std::vector<TapeReader> opened(const std::vector<std::string>& tapes) {
  std::vector<TapeReader> readers;
  for (const std::string& tape : tapes) readers.emplace_back(tape);
  return readers;
}

bool show_each(const std::vector<std::string>& tapes, const std::function<void(const std::string& tape)>& show) {
  bool all_read = true;
  for (const std::string& tape : tapes) {
    try {
      show(tape);
    } catch (const TapeError& error) {
      if (tapes.size() == 1) throw;
      complain(error.what());
      all_read = false;
    }
  }
  return all_read;
}

bool tell_damage(const TapeReader& tape, const std::vector<Caveat>& caveats) {
  const auto met = std::find_if(caveats.begin(), caveats.end(), [](const Caveat& c) { return c.reason == "damaged"; });
  if (met == caveats.end()) return false;
  complain(
      fmt::format("{}: {}; copy it again from where it was recorded, or record again", tape.path(), met->sentence));
  return true;
}

void report_damage(const TapeReader& tape, const std::vector<Caveat>& caveats) {
  if (tell_damage(tape, caveats)) throw Exit{kBadTape};
}

}  // namespace heaptape::cli
