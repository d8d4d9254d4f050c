// Drains one mapping: the program image that claimed it, and the processes forked from it.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "recorder/drain/endings.h"
#include "recorder/drain/image_filter.h"
#include "recorder/drain/journal.h"
#include "recorder/drain/lane_reader.h"
#include "recorder/drain/process_tape.h"

namespace heaptape {

// What images ask of the session.
class TapeKeeper {
 public:
  virtual ~TapeKeeper() = default;
  // Makes the tape of a process, or null if it can't be made (the reason has been reported). `pid`: 0 where it means
  // nothing to us. `serial`: 0 for the image itself, else it is forked. `parent`: the tape of the process that it was
  // forked from; null: it is the image itself, or unknown.
  virtual std::unique_ptr<ProcessTape> make(const MappingHeader& header, const ProcessEntry& process, std::uint32_t pid,
                                            std::uint32_t serial, const ProcessTape* parent) = 0;
  // The tape is about to end so: adds to its ledger what is counted for the session as a whole.
  virtual void about_to_end(const ProcessTape& tape, std::uint32_t pid, Ending ending, Ledger& ledger) = 0;
  // What was done to the session from outside.
  virtual const OutsideLog& outside() const = 0;
};

// Whether the process behind a pidfd has ended.
bool is_dead(int pidfd);

class ImageDrain {
 public:
  // `keeper` and `clock` outlive it. With a journal where one can be had.
  ImageDrain(std::unique_ptr<MappingFile> mapping, TapeKeeper& keeper, Clock& clock);
  // Of a mapping whose drain is dead, and whose programs are gone: nothing can be asked of /proc, and there is no now.
  // `given`: what the tapes have of its chunks.
  struct Given {
    std::uint32_t chunk;
    std::uint64_t owner;
    SlotSet slots;
  };
  ImageDrain(std::unique_ptr<MappingFile> mapping, TapeKeeper& keeper, Clock& clock, std::span<const Given> given);
  ~ImageDrain();
  ImageDrain(const ImageDrain&) = delete;
  ImageDrain& operator=(const ImageDrain&) = delete;

  // A process that has a tape, though the lanes may hold nothing of it any more.
  void expect(std::uint32_t serial) { process_of(serial); }
  // Takes what the lanes hold up to the clock's newest stamp. Answers the number of records.
  std::size_t drain(std::uint64_t until);
  void set_paused(bool paused) { mapping_->set_paused(paused); }
  // Visits the tapes that are being written; with what their ledgers would get from elsewhere now.
  void for_each_tape(const std::function<void(ProcessTape&, const Ledger&)>& visit);
  void sample(std::uint64_t now_ns);
  void refresh_names();
  // Whether threads wait for room, or a flush is wanted.
  bool is_pressed() const;

  // Notes which processes are gone, and how they ended. Of those in another pid namespace only the whole mapping tells.
  void look_for_gone(Endings& endings);
  // The pid runs another program image by now: what it did in this one is over.
  void exec_happened(std::uint32_t pid);
  // Takes the last records of those noted, and ends their tapes.
  void finish_gone();
  // All of its processes are gone and their tapes whole: it can be destroyed.
  bool is_over() const { return over_; }
  // Whether its program has attached; looked at once a round, so that images of one pid come in order.
  bool note_attached();
  bool attached() const { return attached_; }
  // Tells an attached image that waits for it whether it is recorded; one that is not can be destroyed.
  bool decide(const ImageFilter& filter);
  // Forked children that were left out since the last call.
  std::uint32_t take_ignored_forks();
  // Stamp and pid of an attached image; pid 0: not to be known.
  std::uint64_t started() const;
  std::uint32_t pid() const;

 private:
  struct Process {
    std::uint32_t serial = 0;
    std::uint32_t pid = 0;  // 0: in a pid namespace that is not ours, so that nothing can be asked of it
    int pidfd = -1;         // -1 with a pid: it was dead when it was first looked at
    std::unique_ptr<ProcessTape> tape;
    bool gone = false;
    bool finished = false;
    bool execed = false;
    std::optional<Ending> ending;
    bool has_open_tape() const { return tape != nullptr && !finished; }
  };
  struct Written {
    std::uint32_t chunk, serial;
    std::uint64_t owner;
    std::uint64_t events;  // of its tape that must be in the file before the chunk is free
  };
  void note_outside();
  void keep_journal(Process& process);
  Process* process_of(std::uint32_t serial);
  Process* note_process(std::uint32_t serial);
  void follow_rates();

  // image_room.cc
  void lower_depth_as_stacks_fill(std::uint64_t until);
  void make_room();
  void give_up_for_dead_threads();
  void seal_as_needed(std::uint64_t until);
  void free_written_chunks();

  struct Counters {
    std::array<std::uint64_t, kCounters> counts{};
    std::uint64_t operator[](Counter counter) const { return counts[static_cast<std::size_t>(counter)]; }
    Ledger left_out() const;
  };
  Counters counted_by(std::uint32_t serial) const;
  void forget_counted(std::uint32_t serial, Counters told);
  void finish(Process& process);

  // Outlives the mapping, as its file must: a mapping without a journal looks, to who recovers it, as if it had no
  // tapes.
  std::unique_ptr<Journal> journal_;  // null: there is no room for one, or nobody could read it
  std::unique_ptr<MappingFile> mapping_;
  TapeKeeper& keeper_;
  Clock& clock_;
  LaneReader reader_;
  Rates rates_;
  bool is_recovery_ = false;
  std::map<std::uint32_t, Process> processes_;  // by serial
  std::vector<Written> exhausted_;
  std::set<std::uint64_t> dead_lanes_;   // by owner word
  std::set<std::uint32_t> execed_pids_;  // told before or after their process was first seen
  std::uint64_t next_outside_ = 0;       // number in the log, of the first that the journal does not have
  std::uint64_t made_at_ns_;
  std::uint64_t sealed_at_ns_ = 0;
  std::uint64_t timed_seals_ = 0;
  std::uint64_t unmapped_since_ns_ = 0;  // or the last time it was seen mapped
  bool attached_ = false;
  bool all_gone_ = false;
  bool over_ = false;
};

using Images = std::list<std::unique_ptr<ImageDrain>>;

}  // namespace heaptape
