#include "analyzer/instant.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>

#include "analyzer/account.h"
#include "analyzer/caveats.h"
#include "analyzer/claims.h"
#include "format/time_words.h"

namespace heaptape {
namespace {

constexpr std::string_view kMark = "mark:";

[[noreturn]] void refuse_aggregated(const std::string& what) {
  throw NoSuchInstant(what + " lies in the part of the run that the tape keeps as an aggregate only");
}

std::uint64_t events_before_time(const TapeReader& tape, std::uint64_t time_ns) {
  if (tape.opening().events != 0 && time_ns < tape.opening().time_ns)
    refuse_aggregated(fmt::format("{} ms", time_ns / 1'000'000));
  const auto& blocks = tape.blocks();
  const auto entry = std::partition_point(blocks.begin(), blocks.end(),
                                          [&](const BlockEntry& block) { return block.end_ns < time_ns; });
  if (entry == blocks.end()) return tape.events();
  DecodedBlock block;
  if (!tape.decode(static_cast<std::size_t>(entry - blocks.begin()), block)) return entry->first_event;
  const auto event = std::partition_point(block.events.begin(), block.events.end(),
                                          [&](const Event& one) { return one.time_ns < time_ns; });
  return entry->first_event + static_cast<std::uint64_t>(event - block.events.begin());
}

std::uint64_t events_before_mark(const TapeReader& tape, const Instant& instant) {
  std::uint64_t met = 0;
  for (const OpeningMark& mark : tape.opening().marks)
    if (tape.texts()[static_cast<std::size_t>(mark.name)] == instant.mark && ++met == instant.nth)
      refuse_aggregated(fmt::format("mark '{}'", instant.mark));
  DecodedBlock block;
  for (std::size_t i = 0; i < tape.blocks().size(); ++i) {
    if (!tape.decode(i, block)) continue;
    for (std::size_t k = 0; k < block.events.size(); ++k) {
      const Event& event = block.events[k];
      if (event.kind == EventKind::mark && tape.texts()[event.reference] == instant.mark && ++met == instant.nth)
        return tape.blocks()[i].first_event + k;
    }
  }
  throw NoSuchInstant(met == 0 ? fmt::format("the tape has no mark '{}'", instant.mark)
                               : fmt::format("the tape has only {} of the marks '{}'", met, instant.mark));
}

std::uint64_t time_of_event(const TapeReader& tape, std::uint64_t event) {
  const auto& blocks = tape.blocks();
  const auto behind = std::partition_point(blocks.begin(), blocks.end(),
                                           [&](const BlockEntry& block) { return block.first_event <= event; });
  DecodedBlock block;
  const auto index = static_cast<std::size_t>(behind - blocks.begin()) - 1;
  return tape.decode(index, block) ? block.events[event - blocks[index].first_event].time_ns : blocks[index].begin_ns;
}

// The index does not tell that of layer `user`.
Peak peak_of_layer(const TapeReader& tape, Layer layer) {
  if (layer != Layer::user) return peak_of(totals_of(tape).of(layer));
  const Membership membership = membership_of(tape, layer);
  TotalsPass totals(membership);
  Pass* const passes[] = {&totals};
  static_cast<void>(replay(tape, passes));
  return peak_of(totals.estimate().totals);
}

// A number behind the last # says which one; a name may have a # of its own.
std::optional<Instant> mark_in(const std::string& name) {
  Instant instant{.kind = Instant::Kind::mark, .mark = name};
  const std::size_t hash = name.rfind('#');
  if (hash != std::string::npos && hash + 1 < name.size() &&
      name.find_first_not_of("0123456789", hash + 1) == std::string::npos) {
    const auto [end, error] = std::from_chars(name.data() + hash + 1, name.data() + name.size(), instant.nth);
    if (error != std::errc{} || instant.nth == 0) return std::nullopt;
    instant.mark.resize(hash);
  }
  if (instant.mark.empty()) return std::nullopt;
  return instant;
}

}  // namespace

std::optional<Instant> instant_in(const std::string& word) {
  if (word == "peak") return Instant{.kind = Instant::Kind::peak};
  if (word == "end") return Instant{.kind = Instant::Kind::end};
  if (word.starts_with(kMark)) return mark_in(word.substr(kMark.size()));
  if (word == "0" || word == "0s") return Instant{};
  const std::optional<std::uint64_t> time_ns = nanoseconds_in(word);
  return time_ns ? std::optional(Instant{.time_ns = *time_ns}) : std::nullopt;
}

std::string word_of(const Instant& instant) {
  switch (instant.kind) {
    case Instant::Kind::time:
      return "";
    case Instant::Kind::peak:
      return "peak";
    case Instant::Kind::end:
      return "end";
    case Instant::Kind::mark:
      break;
  }
  return instant.nth == 1 ? fmt::format("{}{}", kMark, instant.mark)
                          : fmt::format("{}{}#{}", kMark, instant.mark, instant.nth);
}

std::uint64_t events_before(const TapeReader& tape, const Instant& instant, Layer layer) {
  switch (instant.kind) {
    case Instant::Kind::time:
      return events_before_time(tape, instant.time_ns);
    case Instant::Kind::mark:
      return events_before_mark(tape, instant);
    case Instant::Kind::end:
      return tape.events();
    case Instant::Kind::peak:
      break;
  }
  const std::uint64_t peak = peak_of_layer(tape, layer).event;
  if (peak < tape.opening().events) refuse_aggregated("the peak");
  return peak;
}

std::uint64_t time_of(const TapeReader& tape, const Instant& instant, Layer layer) {
  switch (instant.kind) {
    case Instant::Kind::time:
      return instant.time_ns;
    case Instant::Kind::end:
      return duration_of(tape);
    case Instant::Kind::peak:
      return peak_of_layer(tape, layer).time_ns;
    case Instant::Kind::mark:
      break;
  }
  return time_of_event(tape, events_before_mark(tape, instant));
}

}  // namespace heaptape
