// The tape of one process: turns its records, in order of stamps, into events and definitions.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "format/contents.h"
#include "format/writer.h"
#include "recorder/drain/clock.h"
#include "recorder/drain/journal.h"
#include "recorder/drain/journal_notes.h"
#include "recorder/drain/lane_reader.h"
#include "recorder/drain/outside_log.h"
#include "recorder/drain/birth_filter.h"
#include "recorder/drain/stack_interner.h"

namespace heaptape {

class ProcessTape {
 public:
  // Creates the file. `pid`: to ask /proc about; 0: unknown. `started`: the stamp at which recording of this process
  // began. `outside` outlives it. What is left out is as `meta` says. Throws std::system_error.
  ProcessTape(const std::string& path, const Meta& meta, const MappingHeader& header, std::uint32_t pid,
              std::uint64_t started, const Clock& clock, const OutsideLog& outside, const WriterOptions& options);

  // Goes on with a cut tape: what it holds is copied to `path`.
  struct Resumption {
    const TapeContents& cut;
    const TapeNotes& notes;     // may have been made after the tape's last whole block
    ProcessCounts counts;       // its own up to that block
    std::uint64_t started;      // as above
    std::uint64_t lost_events;  // written once, and in no block that is left
  };
  ProcessTape(const std::string& path, const MappingHeader& header, const Resumption& from, const Clock& clock,
              const OutsideLog& outside);
  // From now on, what the next process to read the mapping must know is noted. `note_taken` is called before a block
  // of events goes to the file: with the runs that are being taken, and the number of events in the tape after it.
  using NoteTaken = std::function<void(std::span<const Run> runs, std::uint64_t events)>;
  void keep_journal(Journal& journal, std::uint32_t serial, NoteTaken note_taken);

  // The intervals that births bear the numbers of.
  void use_rates(const Rates& rates) { rates_ = &rates; }
  // Mean bytes between two births on the tape, raised as its limit comes near; 0: all are there.
  std::uint64_t sample_interval() const { return selection_.interval(); }
  // As the program has counted them up to now.
  void set_calls(std::uint64_t called, std::uint64_t dropped);
  // Merges the runs of this process's lanes into the tape, and what was done from outside.
  void take(std::span<Run> runs);
  // Takes what was done from outside up to `until`: no older record is to come.
  void take_outside(std::uint64_t until);
  void sample_rss(std::uint64_t now_ns);  // CLOCK_MONOTONIC
  // Threads are named after they start: looks again.
  void refresh_names();
  // From `stamp` on stacks are cut to this depth.
  void depth_lowered(std::uint32_t depth, std::uint64_t stamp);
  // Of its tree of stacks.
  std::uint64_t stack_nodes() const { return stacks_.nodes(); }
  void seal();
  // How many times as long as usual what grows with time alone is to wait.
  std::uint64_t sparseness() const;
  // The process is gone; its last records have been taken.
  void finish(Ending ending, const Ledger& ledger, std::uint64_t now_ns);

  // Seals, and answers what makes a whole tape of the file's first writer().bytes(). Empty: that can't be had.
  std::vector<std::uint8_t> ending_so_far(const Ledger& ledger, std::uint64_t now_ns);

  const std::string& path() const { return path_; }
  std::uint32_t pid() const { return pid_; }
  std::uint32_t number() const { return number_; }  // of the tape in its session
  bool finished() const { return finished_; }
  // Of a finished tape: everything that its ledger says.
  const Ledger& ledger() const { return ledger_; }
  // The thread of a lane; 0 if it has not told yet.
  std::uint32_t tid_of(std::uint32_t lane) const;
  const TapeWriter& writer() const { return writer_; }
  // How many events must be sealed before what has been taken may be forgotten, and whether so many are, or never will.
  std::uint64_t events_to_seal() const { return writer_.events() + (needs_event() ? 1 : 0); }
  bool has_sealed(std::uint64_t events) const {
    return writer_.events() - writer_.unsealed_events() >= events || (writer_.unsealed_events() == 0 && !can_write());
  }

 private:
  struct Lane {
    std::uint32_t tid = 0;
    bool defined = false;
    ThreadId thread{};
    std::string name;
  };
  void take(const Record& record, std::uint32_t lane, std::span<const std::string> payloads);
  // Where births may be missing from the tape.
  void take_selected(const Record& record, std::uint32_t lane, Function function);
  void take_selected_birth(const Record& record, std::uint32_t lane, Function function);
  void take_selected_release(const Record& record, std::uint32_t lane, Function function);
  void raise_interval(std::uint64_t interval);
  void stay_below_limit();
  // Whether all that was taken since the newest block has been left out: counts are noted with a block, while there is
  // room for one.
  bool needs_event() const {
    return journal_ != nullptr && unnoted_lane_ && writer_.unsealed_events() == 0 && can_write();
  }
  bool can_write() const { return !writer_.is_full() && writer_.error().empty(); }
  // Says that the batch has an event of this address: the writer does not know yet what became of it.
  void note_touched(std::uint64_t address) { touched_[place_of(address)] = batches_; }
  bool is_touched(std::uint64_t address) const { return touched_[place_of(address)] == batches_; }
  static std::size_t place_of(std::uint64_t address) { return (address >> 4) * 0x9e3779b97f4a7c15 >> 54; }
  void leave_out_late(const Record& record);
  Event& selected_event(const Record& record, std::uint32_t lane, EventKind kind);
  void take_rare(const Record& record, const std::string* payload, Event& event);
  Event& next_event(EventKind kind, std::uint64_t stamp, ThreadId thread);
  Event& next_event(const Record& record, std::uint32_t lane);
  Event& plain_event(EventKind kind, std::uint64_t stamp, ThreadId thread);
  Event& plain_event(const Record& record, std::uint32_t lane);
  void flush();
  std::size_t batch_room() const;
  std::uint64_t time_of(std::uint64_t stamp);
  void tell_depth();
  Ledger with_own_counts(Ledger ledger) const;
  Ending ending_at(Ending ending, std::uint64_t now_ns) const;

  // process_pauses.cc
  void begin_in(const OutsideLog::Position& begin, std::uint64_t stamp);
  void go_on_in(const OutsideLog::Position& position, const ProcessCounts& counts);
  void set_paused(bool by_program, bool from_outside, std::uint64_t stamp, ThreadId thread);
  void take_own_pause(const Record& record, ThreadId thread);
  void look_outside();
  void put_outside(std::uint64_t until);
  // Whether the record came to be after the pause, by a thread that had not seen it yet.
  bool is_too_late(const Record& record, std::uint32_t lane);
  ThreadId outside_thread();

  // process_definitions.cc
  void know_definitions(const Definitions& known, const TapeNotes& notes);
  TextId text_of(const std::string& text);
  void take_stack(const Record& record, const std::string& payload);
  void take_module(const Record& record, const std::string& payload);
  VariableId take_variable(const std::string& payload, std::uint64_t& bytes);
  ThreadId thread_of(std::uint32_t lane);
  StackId stack_of(std::uint32_t id);
  void know_stack(std::uint32_t id, StackId node);
  void define_stack(std::uint32_t id, const TapeNotes::Told& told);

  std::uint32_t pid_;
  std::uint32_t number_;
  const Clock& clock_;
  std::string path_;
  std::uint64_t started_ns_;
  std::uint64_t step_ns_;
  Clock::Step step_;  // that the last stamp fell into
  TapeWriter writer_;
  StackInterner stacks_;
  BirthFilter selection_;
  const Rates* rates_ = nullptr;
  std::uint64_t max_bytes_;      // of the tape; 0: no limit
  std::uint64_t room_at_raise_;  // when the interval was raised last
  std::uint64_t rss_seen_ = 0;
  std::optional<std::uint32_t> unnoted_lane_;  // of which something was left out since the counts were noted
  // With a limit, stacks that no event of the tape has met yet stay off it. By id in the mapping.
  std::unordered_map<std::uint32_t, TapeNotes::Told> told_stacks_;
  std::unordered_map<std::uint32_t, Lane> lanes_;
  std::vector<std::uint32_t> named_;  // lanes that have a thread, in order
  std::size_t next_named_ = 0;
  std::uint32_t last_lane_ = 0;
  const Lane* last_defined_ = nullptr;
  std::vector<StackId> stack_ids_;  // by id in the mapping: node; kEmptyStack where it is not ours
  std::unordered_map<std::string, TextId> texts_;
  std::unordered_map<std::string, VariableId> variables_;  // by payload less the size in front
  const OutsideLog& outside_;
  std::uint64_t next_outside_ = 0;    // number in the log
  std::uint64_t outside_until_ = 0;   // stamp of the newest that is in the tape
  std::uint64_t attentive_from_ = 0;  // younger records come after what is next, or in a pause from outside
  bool paused_by_program_ = false, paused_from_outside_ = false;
  std::unordered_set<std::uint32_t> late_lanes_;  // that told something after the pause from outside
  std::optional<ThreadId> outside_thread_;
  ProcessCounts counts_;
  std::uint64_t lost_events_ = 0;
  Journal* journal_ = nullptr;
  std::uint32_t serial_ = 0;
  std::span<const Run> taking_;
  std::uint64_t depth_changes_ = 0, depth_stamp_ = 0;
  std::uint32_t untold_depth_ = 0;  // 0: none
  static constexpr std::size_t kBatch = 256;
  std::array<Event, kBatch> batch_;  // not yet the writer's
  std::size_t batched_ = 0;
  std::uint64_t batches_ = 1;
  // Where births are left out: by hash of an address, the newest batch that has an event of it.
  std::array<std::uint64_t, std::size_t{1} << 10> touched_{};
  std::size_t batch_room_;  // no batch goes beyond its block, so that what is in the file ends between two records
  bool finished_ = false;
  Ledger ledger_;
};

}  // namespace heaptape
