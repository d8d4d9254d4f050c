// The tape of one process: turns its records, in order of stamps, into events and definitions.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "format/writer.h"
#include "recorder/drain/clock.h"
#include "recorder/drain/lane_reader.h"
#include "recorder/drain/selection.h"
#include "recorder/drain/stack_interner.h"

namespace heaptape {

class ProcessTape {
 public:
  // Creates the file. `pid`: to ask /proc about; 0: unknown. `started`: the stamp at which recording of this process
  // began. Throws std::system_error.
  ProcessTape(const std::string& path, const Meta& meta, const MappingHeader& header, std::uint32_t pid,
              std::uint64_t started, const Clock& clock, const WriterOptions& options, const CaptureOptions& capture);

  // The rates that births bear the numbers of.
  void use_rates(const Rates& rates) { rates_ = &rates; }
  // Mean bytes between two births on the tape, raised as its limit comes near; 0: all are there.
  std::uint64_t sample_interval() const { return selection_.interval(); }
  // Merges the runs of this process's lanes into the tape.
  void take(std::span<const Run> runs);
  void sample_rss(std::uint64_t now_ns);  // CLOCK_MONOTONIC
  // Threads are named after they start: looks again.
  void refresh_names();
  void seal() { writer_.seal(); }
  // How many times as long as usual what grows with time alone is to wait.
  std::uint64_t sparseness() const;
  // The process is gone; its last records have been taken.
  void finish(Ending ending, const Ledger& ledger, std::uint64_t now_ns);

  std::uint32_t number() const { return number_; }  // of the tape in its session
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
  void take_selected(const Record& record, std::uint32_t lane, Function function);
  void take_selected_birth(const Record& record, std::uint32_t lane, Function function);
  void take_selected_release(const Record& record, std::uint32_t lane, Function function);
  Event& add_event(const Record& record, std::uint32_t lane, EventKind kind);
  void stay_below_limit();
  void define_stack(std::uint32_t id, const std::string& payload, std::uint32_t epoch, bool truncated);
  void take_rare(const Record& record, const std::string* payload, Event& event);
  Event& next_event(const Record& record, std::uint32_t lane);
  void flush();
  void take_stack(const Record& record, const std::string& payload);
  void take_module(const Record& record, const std::string& payload);
  VariableId take_variable(const std::string& payload, std::uint64_t& bytes);
  ThreadId thread_of(std::uint32_t lane);
  StackId stack_of(std::uint32_t id);
  std::uint64_t time_of(std::uint64_t stamp);

  std::uint32_t pid_;
  std::uint32_t number_;
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
  // Told, and not met by any event yet: what births that are left out came from stays out as well.
  struct ToldStack {
    std::string payload;
    std::uint32_t epoch;
    bool truncated;
  };
  std::unordered_map<std::uint32_t, ToldStack> told_stacks_;  // by id in the mapping; only while births are left out
  Selection selection_;
  const Rates* rates_ = nullptr;
  std::uint64_t max_bytes_;      // of the tape; 0: no limit
  std::uint64_t room_at_raise_;  // when the rate was raised last
  std::uint64_t rss_seen_ = 0;
  std::uint64_t other_layer_births_ = 0, unsampled_births_ = 0, left_out_frees_ = 0;
  std::vector<StackId> stack_ids_;  // by id in the mapping: node; kEmptyStack where it is not ours
  std::unordered_map<std::string, TextId> texts_;
  std::unordered_map<std::string, VariableId> variables_;  // by payload
  std::uint64_t lost_stacks_ = 0;
  static constexpr std::size_t kBatch = 256;
  std::array<Event, kBatch> batch_;  // not yet the writer's
  std::size_t batched_ = 0;
  bool finished_ = false;
  Ledger ledger_;
  std::uint64_t cut_variables_ = 0;
};

}  // namespace heaptape
