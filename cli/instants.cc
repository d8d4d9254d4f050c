#include "cli/instants.h"

#include <fmt/format.h>

#include <optional>

#include "cli/commands.h"

namespace heaptape::cli {

Instant to_instant(const std::string& word) {
  if (const std::optional<Instant> instant = instant_in(word)) return *instant;
  throw BadValue(fmt::format("'{}' is no instant: {}", word, kInstantShapes));
}

Range to_range(const std::string& word) {
  const std::size_t dots = word.find("..");
  if (dots == std::string::npos) throw BadValue(fmt::format("'{}' is no range, such as 1000..2000", word));
  Range range;
  const std::string begin = word.substr(0, dots), end = word.substr(dots + 2);
  if (!begin.empty()) range.begin = to_number(begin, 0, UINT64_MAX);
  if (!end.empty()) range.end = to_number(end, range.begin, UINT64_MAX);
  return range;
}

void add_span(Arguments& arguments, Span& span) {
  arguments.parsed(
      "--from", "INSTANT", [&span](const std::string& word) { span.from = to_instant(word); },
      "Begin there: a time since recording started such as 1.5s or 200ms, peak (of layer program), end, mark:NAME or "
      "mark:NAME#2 "
      "(default: the beginning)");
  arguments.parsed(
      "--to", "INSTANT", [&span](const std::string& word) { span.to = to_instant(word); },
      "End there, as above (default: the end); `--to peak` has the event that made the peak");
}

std::uint64_t place_of(const TapeReader& tape, const Instant& instant, Layer layer) {
  try {
    return events_before(tape, instant, layer);
  } catch (const NoSuchInstant& error) {
    throw Failure(kWrongUse, std::string(error.what()) + "; see 'heaptape dump' for what it has");
  }
}

Range events_of(const TapeReader& tape, const Span& span, Layer layer) {
  const bool whole = span.from.kind == Instant::Kind::time && span.from.time_ns == 0;
  const Range range{whole ? tape.opening().events : place_of(tape, span.from, layer), place_of(tape, span.to, layer)};
  if (range.begin > range.end) throw Failure(kWrongUse, "--from lies behind --to on this tape; change one of them");
  return range;
}

}  // namespace heaptape::cli
