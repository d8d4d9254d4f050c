#include "analyzer/selection.h"

#include <fmt/format.h>

#include <algorithm>

#include "analyzer/account.h"
#include "analyzer/caveats.h"
#include "analyzer/claims.h"
#include "analyzer/frame_filter.h"

namespace heaptape {
namespace {

std::string in_ms(std::uint64_t time_ns) { return fmt::format("{}ms", (time_ns + 999'999) / 1'000'000); }

SelectionReport::Place place_of(const TapeReader& tape, const Instant& instant, Layer layer, const std::string& name) {
  if (instant.kind == Instant::Kind::time && instant.time_ns > duration_of(tape))
    throw NoSuchSelection(
        fmt::format("{} lies behind the end of the tape, which is at {}", name, in_ms(duration_of(tape))));
  try {
    return {word_of(instant), time_of(tape, instant, layer), events_before(tape, instant, layer)};
  } catch (const NoSuchInstant& error) {
    throw NoSuchInstant(fmt::format("{}: {}", name, error.what()));
  }
}

// What is live where the tape's events begin is known, but not what was allocated before.
[[noreturn]] void refuse_aggregated(const TapeReader& tape, const char* what, const std::string& from) {
  throw NoSuchSelection(
      fmt::format("the tape keeps its first {} events as an aggregate only, which has no {}; begin behind it, as with "
                  "{} {}",
                  tape.opening().events, what, from, in_ms(tape.opening().time_ns)));
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "'" : " or '") + word + "'";
  return text;
}

std::string some_threads(const TapeReader& tape) {
  constexpr std::size_t kSome = 5;
  std::string text;
  std::size_t count = 0;
  for (const Thread& thread : tape.threads()) {
    if (thread.tid == 0) continue;
    if (++count > kSome) continue;
    text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", thread.tid, thread.name);
  }
  if (count > kSome) text += fmt::format(" and {} more", count - kSome);
  return text.empty() ? "none" : text;
}

// Both, where neither is empty.
void narrow(std::vector<std::uint8_t>& chosen, std::vector<std::uint8_t> more) {
  if (chosen.empty()) return chosen.swap(more);
  for (std::size_t i = 0; i < chosen.size(); ++i) chosen[i] &= more[i];
}

}  // namespace

Selection::Selection(const TapeReader& tape, Layer layer)
    : membership_(membership_of(tape, layer)), end_(tape.events()), end_ns_(duration_of(tape)) {}

Selection::Selection(const TapeReader& tape, const Choice& choice, Symbols& symbols) : Selection(tape, choice.layer) {
  set_range(tape, choice);
  set_blocks(tape, choice, symbols);
}

void Selection::set_range(const TapeReader& tape, const Choice& choice) {
  const auto& [at, from, to] = choice.names;
  if (choice.at && (choice.from || choice.to))
    throw NoSuchSelection(fmt::format("{} names an instant, {} and {} a range; leave out one of them", at, from, to));
  if (choice.at) {
    begin_ = tape.opening().events;
    report_.at = place_of(tape, *choice.at, layer(), at);
    end_ = report_.at->event;
    end_ns_ = report_.at->time_ns;
    return;
  }
  if (choice.from) {
    report_.from = place_of(tape, *choice.from, layer(), from);
    begin_ = report_.from->event;
    begin_ns_ = report_.from->time_ns;
  }
  if (choice.to) {
    report_.to = choice.to->kind == Instant::Kind::time && choice.to->time_ns > duration_of(tape)
                     ? SelectionReport::Place{"", choice.to->time_ns, tape.events()}
                     : place_of(tape, *choice.to, layer(), to);
    end_ = report_.to->event;
    end_ns_ = std::min(report_.to->time_ns, duration_of(tape));
  }
  if (begin_ > end_ || begin_ns_ > end_ns_)
    throw NoSuchSelection(fmt::format("{} lies behind {} on this tape; change one of them", from, to));
}

Selection Selection::without_quiet_end(const TapeReader& tape) const {
  constexpr double kMost = 0.5;          // of the run may be quiet at its end
  constexpr std::uint64_t kBehind = 12;  // the axis goes on for a twelfth
  Selection shown = *this;
  if (report_.has_range() || tape.events() == 0) return shown;
  const std::uint64_t last = std::max(tape.opening().time_ns, tape.blocks().empty() ? 0 : tape.blocks().back().end_ns);
  if (last >= end_ns_ || static_cast<double>(end_ns_ - last) <= kMost * static_cast<double>(end_ns_)) return shown;
  const std::uint64_t behind = std::max(last / kBehind, clock_step_of(tape));
  if (behind >= end_ns_ - last) return shown;
  shown.end_ns_ = last + behind;
  shown.report_.quiet_end = {last, end_ns_, 0};
  for (const RssSample& sample : tape.rss())
    if (sample.time_ns > shown.end_ns_)
      shown.report_.quiet_end->rss = std::max(shown.report_.quiet_end->rss, sample.bytes);
  return shown;
}

std::uint64_t unknown_births(const TapeReader& tape, const Selection& selection) {
  if (tape.opening().events == 0 || !selection.is_whole()) return 0;
  const std::uint64_t before = opened_totals(tape.opening(), selection.membership()).allocations;
  const std::uint64_t known = selection.membership().held(tape.opening()).size();
  return before - std::min(before, known);
}

void Selection::set_blocks(const TapeReader& tape, const Choice& choice, Symbols& symbols) {
  report_.threads = choice.threads;
  report_.modules = choice.modules;
  report_.functions = choice.functions;
  report_.files = choice.files;
  report_.size = choice.size;
  report_.lifetime_ns = choice.lifetime_ns;
  if (!is_whole() && !choice.at && !choice.from && tape.opening().events != 0)
    refuse_aggregated(tape, choice.to ? "instants in it" : "single blocks", choice.names.from);
  if (!choice.threads.empty()) {
    threads_ = threads_called(tape, choice.threads);
    if (threads_.empty())
      throw NoSuchSelection(fmt::format("no thread of the tape is {}, by name or by tid; it has {}",
                                        joined(choice.threads), some_threads(tape)));
  }
  const auto through = [&](FramePart part, const std::vector<std::string>& patterns, const char* what) {
    if (patterns.empty()) return;
    std::vector<std::uint8_t> stacks = stacks_through(tape, symbols, part, patterns);
    if (stacks.empty())
      throw NoSuchSelection(
          fmt::format("no stack of the tape passes through a {} that matches {}", what, joined(patterns)));
    narrow(stacks_, std::move(stacks));
  };
  through(FramePart::module, choice.modules, "module");
  through(FramePart::function, choice.functions, "function");
  through(FramePart::file, choice.files, "source file");
  if (choice.lifetime_ns.is_open()) return;
  if (tape.meta().stripped & kStripToSites)
    throw NoSuchSelection("the tape keeps sites alone, not how long their blocks lived; leave out --lifetime");
  const auto filter = std::make_shared<LifetimeFilterPass>(choice.lifetime_ns);
  Pass* const passes[] = {filter.get()};
  // Whoever asks reads the tape once more and tells what is damaged.
  static_cast<void>(replay(tape, passes));
  lifetimes_ = filter;
}

}  // namespace heaptape
