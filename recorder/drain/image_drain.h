// Drains one mapping: the program image that claimed it, and the processes forked from it.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "recorder/drain/lane_reader.h"
#include "recorder/drain/process_tape.h"

namespace heaptape {

// Makes the tape of a process, or null if it can't be made (the reason has been reported).
// `pid`: 0 where it means nothing to us.
using TapeMaker = std::function<std::unique_ptr<ProcessTape>(const MappingHeader& header, const ProcessEntry& process,
                                                             std::uint32_t pid, bool forked)>;

class ImageDrain {
 public:
  ImageDrain(std::unique_ptr<MappingFile> mapping, SessionDirectory& directory, TapeMaker make_tape, Clock& clock);
  ~ImageDrain();
  ImageDrain(const ImageDrain&) = delete;
  ImageDrain& operator=(const ImageDrain&) = delete;

  // Takes what the lanes hold up to the clock's newest stamp. Answers the number of records.
  std::size_t drain(std::uint64_t until);
  void set_paused(bool paused) { mapping_->set_paused(paused); }
  // Visits the tapes that are being written; with what their ledgers would get from elsewhere now.
  void for_each_tape(const std::function<void(ProcessTape&, const Ledger&)>& visit);
  void sample(std::uint64_t now_ns);
  void refresh_names();
  // Whether threads wait for room, or a flush is wanted.
  bool is_pressed() const;

  // Notes which processes are gone. `ending_of`: how a pid ended, if it was the drain's to know. A pid that could not
  // be opened may belong to another pid namespace: then only the whole mapping tells.
  void look_for_gone(const std::function<std::optional<Ending>(std::uint32_t pid)>& ending_of);
  // The pid runs another program image by now: what it did in this one is over.
  void exec_happened(std::uint32_t pid);
  // Takes the last records of those noted, and ends their tapes.
  void finish_gone();
  // All of its processes are gone and their tapes whole: it can be destroyed.
  bool is_over() const { return over_; }
  // Whether its program has attached; looked at once a round, so that images of one pid come in order.
  bool note_attached();
  bool attached() const { return attached_; }
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
  };
  struct Written {
    std::uint32_t chunk, serial;
    std::uint64_t owner;
    std::uint64_t events;  // of its tape that must be in the file before the chunk is free
  };
  Process* process_of(std::uint32_t serial);
  void free_written_chunks();
  void make_room();
  std::size_t take_back_from_dead_threads();
  void seal_as_needed(std::uint64_t until);
  void finish(Process& process);

  std::unique_ptr<MappingFile> mapping_;
  SessionDirectory& directory_;
  TapeMaker make_tape_;
  Clock& clock_;
  LaneReader reader_;
  std::map<std::uint32_t, Process> processes_;  // by serial
  std::vector<Written> exhausted_;
  std::set<std::uint64_t> dead_lanes_;   // by owner word
  std::set<std::uint32_t> execed_pids_;  // told before or after their process was first seen
  std::uint64_t made_at_ns_;
  std::uint64_t sealed_at_ns_ = 0;
  std::uint64_t unmapped_since_ns_ = 0;  // or the last time it was seen mapped
  bool attached_ = false;
  bool all_gone_ = false;
  bool over_ = false;
};

using Images = std::list<std::unique_ptr<ImageDrain>>;

}  // namespace heaptape
