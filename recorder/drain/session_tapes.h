// The tapes of a session: their names and numbers, what is counted for the session as a whole, and what is told of the
// command's own when it has ended.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "recorder/drain/image_drain.h"
#include "recorder/drain/report.h"
#include "recorder/drain/reserved_tape.h"
#include "recorder/drain/session.h"
#include "recorder/drain/session_count.h"
#include "recorder/drain/tape_names.h"
#include "recorder/drain/tape_numbers.h"

namespace heaptape {

class SessionTapes final : public TapeKeeper {
 public:
  // `root`: pid of the command, or of the program that is served. `options`, `images` and `clock` outlive it.
  SessionTapes(const RecordOptions& options, std::uint32_t root, const Images& images, const Clock& clock);

  // Makes sure that the own tape can be written. As ReservedTape::reserve().
  int reserve(bool beside, std::string& why_not) { return reserved_.reserve(names_, options_, beside, why_not); }
  // Nothing came to be written there.
  void remove_reserved() { reserved_.remove(); }
  // Deletes what an earlier session left under these names.
  void remove_family() const { names_.remove_family(); }
  // Of the command's first image.
  const std::string& own_path() const { return names_.own(); }

  // Before the first image comes. Both outlive it.
  void begin(Session& session, const OutsideLog& outside);

  std::unique_ptr<ProcessTape> make(const MappingHeader& header, const ProcessEntry& process, std::uint32_t pid,
                                    std::uint32_t serial, const ProcessTape* parent) override;
  void about_to_end(const ProcessTape& tape, std::uint32_t pid, Ending ending, Ledger& ledger) override;
  const OutsideLog& outside() const override { return *outside_; }

  // Program images without a tape.
  void count_unrecorded(std::uint64_t images) { unrecorded_.all += images; }
  void count_ignored(std::uint64_t images) { ignored_.all += images; }
  // Whether any image has come, with a tape or without.
  bool any_came() const { return last_number_ != 0 || ignored_.all != 0; }

  // Keeps the figures of the own tape if that has just ended: it goes with its image.
  void keep_own_figures();
  bool has_own_figures() const { return own_figures_.has_value(); }
  // The command has ended. Nothing: its tape is not whole yet.
  std::optional<Report> report(int status);

 private:
  void collect_counts();

  const RecordOptions& options_;
  std::uint32_t root_;
  const Images& images_;
  const Clock& clock_;
  TapeNames names_;
  ReservedTape reserved_;
  Session* session_ = nullptr;
  const OutsideLog* outside_ = nullptr;
  TapeNumbers numbers_;
  std::uint32_t last_number_ = 0;  // of a tape
  std::uint32_t other_tapes_ = 0;
  std::uint64_t lost_tapes_ = 0;       // that could not be made
  SessionCount unrecorded_, ignored_;  // program images
  ProcessTape* own_tape_ = nullptr;    // the command's first image, while it is open
  std::optional<Report> own_figures_;
  std::string error_;
  std::string own_malloc_;  // the first program that brings its own malloc
};

}  // namespace heaptape
