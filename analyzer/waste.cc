#include "analyzer/waste.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "analyzer/caveats.h"
#include "analyzer/event_reading.h"
#include "analyzer/kept_pages.h"
#include "analyzer/sites.h"
#include "format/allocator_libraries.h"
#include "format/base_name.h"
#include "format/live_replay.h"

namespace heaptape {
namespace {

using SiteFigures = WasteReport::SiteFigures;
using Step = WasteReport::Step;

// Those of one stack, and the run of equal births that it is in.
struct StackWaste {
  SiteFigures figures;
  std::uint64_t run = 0, run_size = 0, run_begin_ns = 0, run_last_ns = 0, run_live = 0;
  std::uint64_t live = 0;
};

// A block that realloc has made, and how many before it.
struct Chain {
  std::uint64_t address = 0, size = 0, length = 0;
};

void add(SiteFigures& sum, const SiteFigures& one) {
  sum.allocations += one.allocations;
  sum.allocated_bytes += one.allocated_bytes;
  sum.rounding_bytes += one.rounding_bytes;
  sum.resized += one.resized;
  sum.moved += one.moved;
  sum.moved_bytes += one.moved_bytes;
  sum.longest_chain = std::max(sum.longest_chain, one.longest_chain);
  sum.zero_length += one.zero_length;
  sum.in_storms += one.in_storms;
  if (one.storm <= sum.storm) return;
  sum.storm = one.storm;
  sum.storm_size = one.storm_size;
  sum.storm_ns = one.storm_ns;
  sum.storm_live = one.storm_live;
}

void end_run(StackWaste& stack) {
  if (stack.run >= WasteReport::kStorm) {
    stack.figures.in_storms += stack.run;
    if (stack.run > stack.figures.storm) {
      stack.figures.storm = stack.run;
      stack.figures.storm_size = stack.run_size;
      stack.figures.storm_ns = stack.run_last_ns - stack.run_begin_ns;
      stack.figures.storm_live = stack.run_live;
    }
  }
  stack.run = 0;
}

void go_on(StackWaste& stack, const Block& block) {
  const bool breaks = block.size != stack.run_size || block.birth_ns - stack.run_last_ns > WasteReport::kStormGap_ns;
  if (breaks) end_run(stack);
  if (stack.run == 0) {
    stack.run_begin_ns = block.birth_ns;
    stack.run_size = block.size;
    stack.run_live = 0;
  }
  ++stack.run;
  stack.run_last_ns = block.birth_ns;
  stack.run_live = std::max(stack.run_live, stack.live);
}

class WasteReading {
 public:
  WasteReading(const TapeReader& tape, const Selection& selection)
      : tape_(&tape), selection_(&selection), stacks_(tape.frames().size()) {
    step_ns_ = std::max<std::uint64_t>((selection.end_ns() - selection.begin_ns()) / WasteReport::kSteps, 1);
  }

  std::vector<Damage> read() {
    LiveReplay<WasteReading> state(*this, tape_->threads().size());
    if (tape_->opening().events != 0) {
      state.open(tape_->opening());
      for (const Block& block : tape_->opening().live) keep(block);
    }
    std::vector<Damage> damage = for_each_block(*tape_, [&](const BlockEntry& entry, std::span<const Event> events) {
      state.continue_at(entry.first_event);
      for (const Event& event : events) {
        if (state.events() >= selection_->end()) return;
        if (state.events() >= selection_->begin()) begin_range();
        event_ = event;
        if (has_begun_) reach(event.time_ns);
        state.take(event);
      }
    });
    begin_range();
    const std::uint64_t end_ns = std::max(selection_->end_ns(), last_ns_);
    reach(end_ns);
    close_step(end_ns);
    for (StackWaste& stack : stacks_) end_run(stack);
    return damage;
  }

  void born(const Block& block, Moment) {
    keep(block);
    const std::optional<Chain> old = resized_to(block);
    if (!has_begun_) return;
    ++now_.births;
    now_.born_bytes += block.size;
    if (now_.live_bytes > peak_.live_bytes) note_peak();
    if (!selection_->holds(block)) return;
    StackWaste& stack = stack_of(block);
    SiteFigures& figures = stack.figures;
    ++figures.allocations;
    figures.allocated_bytes += block.size;
    figures.rounding_bytes += usable_by_glibc(block.size) - block.size;
    if (block.size == 0) ++figures.zero_length;
    go_on(stack, block);
    if (!old) return;
    ++figures.resized;
    figures.longest_chain = std::max(figures.longest_chain, old->length + 1);
    if (block.address == old->address) return;
    ++figures.moved;
    figures.moved_bytes += std::min(block.size, old->size);
  }
  void ended(const Block& block, Fate, Moment) {
    let_go(block);
    if (event_.kind == EventKind::release && event_.function == Function::realloc)
      resizing_[static_cast<std::uint32_t>(event_.thread)] = {block.address, block.size, length_of(block)};
    chains_.erase(block.birth_event);
  }
  void restored(const Block& block, Fate, Moment) {
    keep(block);
    if (has_begun_ && now_.live_bytes > peak_.live_bytes) note_peak();
    const auto resizing = resizing_.find(static_cast<std::uint32_t>(event_.thread));
    if (resizing != resizing_.end()) {
      if (resizing->second.length != 0) chains_[block.birth_event] = resizing->second.length;
      resizing_.erase(resizing);
    }
  }
  void other(const Event&, Moment) {}
  Loss unmatched() const { return Loss::unmatched_frees; }
  void matched_after_all(Loss) {}

  std::vector<StackWaste>& stacks() { return stacks_; }
  std::vector<Step> take_steps() { return std::move(steps_); }
  const Step& peak() const { return peak_; }

 private:
  StackWaste& stack_of(const Block& block) { return stacks_[static_cast<std::size_t>(block.stack)]; }
  void keep(const Block& block) {
    pages_.add(block.address, block.size);
    now_.live_bytes += block.size;
    now_.usable_bytes += usable_by_glibc(block.size);
    ++now_.live_blocks;
    if (selection_->holds(block)) ++stack_of(block).live;
  }
  void let_go(const Block& block) {
    pages_.remove(block.address, block.size);
    now_.live_bytes -= block.size;
    now_.usable_bytes -= usable_by_glibc(block.size);
    --now_.live_blocks;
    if (selection_->holds(block)) --stack_of(block).live;
  }
  void begin_range() {
    if (has_begun_) return;
    has_begun_ = true;
    event_.time_ns = selection_->begin_ns();
    if (now_.live_blocks != 0) note_peak();
  }

  std::uint64_t length_of(const Block& block) const {
    const auto chain = chains_.find(block.birth_event);
    return chain == chains_.end() ? 0 : chain->second;
  }
  // What the block took the place of, if a realloc made it.
  std::optional<Chain> resized_to(const Block& block) {
    if (resizing_.empty()) return std::nullopt;
    const auto resizing = resizing_.find(static_cast<std::uint32_t>(block.thread));
    if (resizing == resizing_.end()) return std::nullopt;
    const Chain old = resizing->second;
    resizing_.erase(resizing);
    if (block.function != Function::realloc) return std::nullopt;
    chains_[block.birth_event] = old.length + 1;
    return old;
  }

  void note_peak() {
    peak_ = now_;
    peak_.time_ns = event_.time_ns;
    peak_.page_bytes = pages_.page_bytes();
    peak_is_new_ = true;
  }
  // The span is dear to find, so that of a peak is that at the end of its step.
  void close_step(std::uint64_t time_ns) {
    now_.time_ns = time_ns;
    now_.page_bytes = pages_.page_bytes();
    now_.span_bytes = pages_.span_bytes();
    const std::vector<RssSample>& rss = tape_->rss();
    while (next_rss_ < rss.size() && rss[next_rss_].time_ns <= time_ns) now_.rss_bytes = rss[next_rss_++].bytes;
    if (peak_is_new_) {
      peak_.span_bytes = std::max(now_.span_bytes, peak_.page_bytes);
      peak_.rss_bytes = now_.rss_bytes;
      peak_is_new_ = false;
    }
    steps_.push_back(now_);
    now_.births = now_.born_bytes = 0;
  }
  void reach(std::uint64_t time_ns) {
    last_ns_ = time_ns;
    const auto border = [&] { return selection_->begin_ns() + (steps_.size() + 1) * step_ns_; };
    while (steps_.size() + 1 < WasteReport::kSteps && time_ns >= border()) close_step(border());
  }

  const TapeReader* tape_;
  const Selection* selection_;
  std::vector<StackWaste> stacks_;
  std::unordered_map<std::uint64_t, std::uint64_t> chains_;  // length, by birth event of a live block
  std::unordered_map<std::uint32_t, Chain> resizing_;        // by thread: its realloc's birth is to come
  KeptPages pages_;
  Event event_;
  Step now_, peak_;
  bool has_begun_ = false, peak_is_new_ = false;
  std::vector<Step> steps_;
  std::uint64_t step_ns_ = 1, last_ns_ = 0;
  std::size_t next_rss_ = 0;
};

bool wastes(const SiteFigures& one) {
  return one.rounding_bytes != 0 || one.moved != 0 || one.zero_length != 0 || one.in_storms != 0;
}

std::vector<SiteFigures> by_site(const std::vector<StackWaste>& stacks, Sites& sites) {
  std::vector<SiteFigures> all;
  for (std::size_t i = 0; i < stacks.size(); ++i) {
    if (!wastes(stacks[i].figures)) continue;
    const std::uint32_t site = sites.of(static_cast<StackId>(i));
    if (site >= all.size()) all.resize(site + 1);
    all[site].label = sites[site].label;
    all[site].detail = sites[site].detail;
    all[site].place = sites[site].place;
    add(all[site], stacks[i].figures);
  }
  std::erase_if(all, [](const SiteFigures& one) { return !wastes(one); });
  std::stable_sort(all.begin(), all.end(),
                   [](const SiteFigures& a, const SiteFigures& b) { return a.allocations > b.allocations; });
  return all;
}

// Whether another allocator was there, as far as its library's name tells.
bool has_glibcs_malloc(const TapeReader& tape) {
  if (tape.meta().own_malloc) return false;
  return std::none_of(tape.modules().begin(), tape.modules().end(),
                      [](const Module& module) { return is_allocator_library(base_name(module.path)); });
}

}  // namespace

std::uint64_t usable_by_glibc(std::uint64_t requested) {
  constexpr std::uint64_t kHeader = 8, kAlignment = 16, kLeastChunk = 32;
  const std::uint64_t chunk = (requested + kHeader + kAlignment - 1) & ~(kAlignment - 1);
  return std::max(std::max(chunk, kLeastChunk) - kHeader, requested);
}

WasteReport waste(const TapeReader& tape, const Selection& selection, Symbols& symbols) {
  WasteReading reading(tape, selection);
  const std::vector<Damage> unread = reading.read();

  auto report = begun_report<WasteReport>(tape, selection);
  report.begin_ns = selection.begin_ns();
  report.duration_ns = selection.end_ns();
  report.is_glibc = has_glibcs_malloc(tape);
  Sites sites(tape, symbols);
  for (StackWaste& stack : reading.stacks()) {
    if (!report.is_glibc) stack.figures.rounding_bytes = 0;
    add(report.total, stack.figures);
  }
  report.sites = by_site(reading.stacks(), sites);
  report.at_peak = reading.peak();
  if (tape.events() != 0) report.steps = reading.take_steps();
  if (!report.is_glibc) {
    report.at_peak.usable_bytes = 0;
    for (Step& step : report.steps) step.usable_bytes = 0;
  }
  report.caveats = caveats_of(tape, unread, symbols);
  if (tape.meta().stripped & kStripAddresses)
    report.caveats.push_back(
        {"addresses", 0, "the tape's addresses are made up: so is what moved, lies in pages and spans"});
  return report;
}

}  // namespace heaptape
