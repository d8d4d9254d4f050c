#include "cli/instants.h"

#include <fmt/format.h>

#include <string_view>

#include "cli/commands.h"

namespace heaptape::cli {

Instant to_instant(const std::string& word) {
  constexpr std::string_view kMark = "mark:";
  if (word == "peak") return {.kind = Instant::Kind::peak};
  if (word == "end") return {.kind = Instant::Kind::end};
  if (word.starts_with(kMark)) {
    Instant instant{.kind = Instant::Kind::mark, .mark = word.substr(kMark.size())};
    // A number behind the last # says which one; a name may have a # of its own.
    const std::size_t hash = instant.mark.rfind('#');
    if (hash != std::string::npos && hash + 1 < instant.mark.size() &&
        instant.mark.find_first_not_of("0123456789", hash + 1) == std::string::npos) {
      instant.nth = to_number(instant.mark.substr(hash + 1), 1, UINT64_MAX);
      instant.mark.resize(hash);
    }
    if (instant.mark.empty()) throw BadValue("'" + word + "' names no mark");
    return instant;
  }
  if (word == "0" || word == "0s") return {};
  try {
    return {.time_ns = to_nanoseconds(word)};
  } catch (const BadValue&) {
    throw BadValue(fmt::format("'{}' is no instant: a time such as 1.5s or 200ms, peak, end or mark:NAME", word));
  }
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
