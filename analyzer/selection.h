// A choice, resolved against a tape: which blocks a report counts, and from where to where.
//
// A range counts what was allocated in it, and of that what is still live at its end; its peak and its curve are those
// of all chosen blocks, older ones too. An instant has the chosen blocks that are live then.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "analyzer/caveats.h"
#include "analyzer/choice.h"
#include "analyzer/lifetime_filter.h"
#include "analyzer/membership.h"
#include "analyzer/symbols.h"
#include "format/reader.h"

namespace heaptape {

// The choice means nothing on this tape. what() is one sentence for people.
class NoSuchSelection : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Selection {
 public:
  // A layer's whole run. Layer `user` takes a reading of the tape, as do bounds of a lifetime, and marks.
  Selection(const TapeReader& tape, Layer layer);
  // Throws NoSuchSelection and NoSuchInstant.
  Selection(const TapeReader& tape, const Choice& choice, Symbols& symbols);

  Layer layer() const { return membership_.layer(); }
  const Membership& membership() const { return membership_; }
  const SelectionReport& report() const { return report_; }
  // A run that goes on for long after its last event squeezes a time axis. So where that is most of it, and no range
  // was chosen, the same blocks and events with an end a little behind the last event, which report() tells. Else the
  // same.
  Selection without_quiet_end(const TapeReader& tape) const;

  // Nothing but a layer was chosen.
  bool is_whole() const { return report_.is_whole(); }
  bool is_instant() const { return report_.at.has_value(); }
  // In the range lie the events numbered, from 1, above `begin` and up to `end`. An instant is the end of one.
  std::uint64_t begin() const { return begin_; }
  std::uint64_t end() const { return end_; }
  std::uint64_t begin_ns() const { return begin_ns_; }
  std::uint64_t end_ns() const { return end_ns_; }

  bool holds(ThreadId thread) const { return threads_.empty() || threads_[static_cast<std::size_t>(thread)] != 0; }
  // Whether it is one of the chosen blocks, in the range or not.
  bool holds(const Block& block) const {
    return membership_.holds(block) && (stacks_.empty() || stacks_[static_cast<std::size_t>(block.stack)] != 0) &&
           holds(block.thread) && report_.size.holds(block.size) && (!lifetimes_ || lifetimes_->holds(block));
  }

 private:
  void set_range(const TapeReader& tape, const Choice& choice);
  void set_blocks(const TapeReader& tape, const Choice& choice, Symbols& symbols);

  Membership membership_;
  SelectionReport report_;
  std::uint64_t begin_ = 0, end_ = UINT64_MAX;
  std::uint64_t begin_ns_ = 0, end_ns_ = UINT64_MAX;
  std::vector<std::uint8_t> stacks_, threads_;  // by id; empty: all
  std::shared_ptr<const LifetimeFilterPass> lifetimes_;
};

// Of a whole run's allocations those that ended before the tape's first event: an aggregate knows their number, not
// their sizes, threads, addresses or times.
std::uint64_t unknown_births(const TapeReader& tape, const Selection& selection);

// What every report on a selection begins with.
template <class Report>
Report begun_report(const TapeReader& tape, const Selection& selection) {
  Report report;
  report.layer = selection.layer();
  report.selection = selection.report();
  report.program = program_of(tape);
  report.command = command_of(tape);
  return report;
}

}  // namespace heaptape
