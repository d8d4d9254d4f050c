// The tape of one process: turns its records, in order of stamps, into events and definitions.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "format/writer.h"
#include "recorder/drain/clock.h"
#include "recorder/drain/lane_reader.h"
#include "recorder/drain/outside_log.h"
#include "recorder/drain/stack_interner.h"

namespace heaptape {

class ProcessTape {
 public:
  // Creates the file. `pid`: to ask /proc about; 0: unknown. `started`: the stamp at which recording of this process
  // began. `outside` outlives it. Throws std::system_error.
  ProcessTape(const std::string& path, const Meta& meta, const MappingHeader& header, std::uint32_t pid,
              std::uint64_t started, const Clock& clock, const OutsideLog& outside, const WriterOptions& options);

  // Merges the runs of this process's lanes into the tape, and what was done from outside.
  void take(std::span<const Run> runs);
  // Takes what was done from outside up to `until`: no older record is to come.
  void take_outside(std::uint64_t until);
  void sample_rss(std::uint64_t now_ns);  // CLOCK_MONOTONIC
  // Threads are named after they start: looks again.
  void refresh_names();
  void seal() { writer_.seal(); }
  // The process is gone; its last records have been taken.
  void finish(Ending ending, const Ledger& ledger, std::uint64_t now_ns);

  // Seals, and answers what makes a whole tape of the file's first writer().bytes(). Empty: that can't be had.
  std::vector<std::uint8_t> ending_so_far(const Ledger& ledger, std::uint64_t now_ns);

  const std::string& path() const { return path_; }
  std::uint32_t pid() const { return pid_; }
  bool finished() const { return finished_; }
  // Of a finished tape: everything that its ledger says.
  const Ledger& ledger() const { return ledger_; }
  // The thread of a lane; 0 if it has not told yet.
  std::uint32_t tid_of(std::uint32_t lane) const;
  const TapeWriter& writer() const { return writer_; }
  std::uint64_t sealed_events() const { return writer_.events() - writer_.unsealed_events(); }

 private:
  struct Lane {
    std::uint32_t tid = 0;
    bool defined = false;
    ThreadId thread{};
    std::string name;
  };
  void take(const Record& record, std::uint32_t lane, std::span<const std::string> payloads);
  void take_rare(const Record& record, const std::string* payload, Event& event);
  Event& next_event(const Record& record, std::uint32_t lane);
  void put(const Event& event);
  void flush();
  // Finds the next of what was done from outside.
  void look_outside();
  void put_outside(std::uint64_t until);
  // Whether the record came to be after the pause, by a thread that had not seen it yet.
  bool is_too_late(const Record& record, std::uint32_t lane);
  void set_paused(bool by_program, bool from_outside, std::uint64_t stamp, ThreadId thread);
  ThreadId outside_thread();
  TextId text_of(const std::string& text);
  void take_stack(const Record& record, const std::string& payload);
  void take_module(const Record& record, const std::string& payload);
  VariableId take_variable(const std::string& payload, std::uint64_t& bytes);
  ThreadId thread_of(std::uint32_t lane);
  StackId stack_of(std::uint32_t id);
  std::uint64_t time_of(std::uint64_t stamp);

  Ledger with_own_counts(Ledger ledger) const;
  Ending ending_at(Ending ending, std::uint64_t now_ns) const;

  std::string path_;
  std::uint32_t pid_;
  const Clock& clock_;
  std::uint64_t started_ns_;
  std::uint64_t step_ns_;
  Clock::Step step_;  // that the last stamp fell into
  TapeWriter writer_;
  StackInterner stacks_;
  std::unordered_map<std::uint32_t, Lane> lanes_;
  std::vector<std::uint32_t> named_;  // lanes that have a thread, in order
  std::size_t next_named_ = 0;
  std::uint32_t last_lane_ = 0;
  const Lane* last_defined_ = nullptr;
  std::vector<StackId> stack_ids_;  // by id in the mapping: node; kEmptyStack where it is not ours
  std::unordered_map<std::string, TextId> texts_;
  std::unordered_map<std::string, VariableId> variables_;  // by payload
  const OutsideLog& outside_;
  std::uint64_t next_outside_ = 0;    // number in the log
  std::uint64_t attentive_from_ = 0;  // younger records come after what is next, or in a pause from outside
  bool paused_by_program_ = false, paused_from_outside_ = false;
  std::unordered_set<std::uint32_t> late_lanes_;  // that told something after the pause from outside
  std::optional<ThreadId> outside_thread_;
  std::uint64_t lost_stacks_ = 0;
  static constexpr std::size_t kBatch = 256;
  std::array<Event, kBatch> batch_;  // not yet the writer's
  std::size_t batched_ = 0;
  bool finished_ = false;
  Ledger ledger_;
  std::uint64_t cut_variables_ = 0;
};

}  // namespace heaptape
