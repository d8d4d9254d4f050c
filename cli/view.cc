#include "cli/view.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "analyzer/json.h"
#include "cli/commands.h"
#include "render/printable.h"
#include "render/units.h"

namespace heaptape::cli {
namespace {

// Longer than any real function name; a hostile tape could name a megabyte.
constexpr std::size_t kLongestName = 4000;

}  // namespace

std::string heading(const Terminal& terminal, const std::string& program, Layer layer, const std::string& what) {
  return fmt::format("{} · {} · layer {}\n", terminal.paint(Style::bold, safe(program)), what, name_of(layer));
}

std::string in_words(const Peak& peak) {
  return fmt::format("{} ({}) in {} at {}", human_bytes(peak.bytes), exact_bytes(peak.bytes),
                     counted(peak.blocks, "block"), human_time(peak.time_ns));
}

std::string amount(Cost cost, std::uint64_t value) { return is_bytes(cost) ? human_bytes(value) : grouped(value); }

std::string notes(const Terminal& terminal, const std::vector<Caveat>& caveats) {
  std::string text;
  for (const Caveat& caveat : caveats) {
    text += terminal.paint(Style::warning, "note") + ": " + safe(caveat.sentence) + "\n";
  }
  return text.empty() ? text : "\n" + text;
}

std::string safe(const std::string& name) { return printable(name, kLongestName); }

bool tell_damage(const TapeReader& tape, const std::vector<Caveat>& caveats) {
  for (const Damage& damage : tape.damage()) {
    std::fprintf(stderr, "heaptape: %s is damaged at byte %llu: %s\n", tape.path().c_str(),
                 static_cast<unsigned long long>(damage.offset), damage.reason.c_str());
  }
  if (!tape.damage().empty()) return true;
  const auto met = std::find_if(caveats.begin(), caveats.end(), [](const Caveat& c) { return c.reason == "damaged"; });
  if (met == caveats.end()) return false;
  std::fprintf(stderr, "heaptape: %s: %s\n", tape.path().c_str(), met->sentence.c_str());
  return true;
}

void report_damage(const TapeReader& tape, const std::vector<Caveat>& caveats) {
  if (tell_damage(tape, caveats)) throw Exit{kBadTape};
}

}  // namespace heaptape::cli
