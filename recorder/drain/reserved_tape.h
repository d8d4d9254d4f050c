// The place of a session's first tape, taken before anything is recorded.
#pragma once

#include <string>

#include "recorder/drain/tape_names.h"
#include "recorder/launcher/record_options.h"

namespace heaptape {

// Why nothing may come in the place of what is there, not even with `force`: it is no file, or somebody writes it.
// Empty: it may.
std::string why_irreplaceable(const std::string& path);

class ReservedTape {
 public:
  ReservedTape() = default;
  ~ReservedTape();
  ReservedTape(const ReservedTape&) = delete;
  ReservedTape& operator=(const ReservedTape&) = delete;

  // Makes sure that names.own() can be written. An earlier tape is left as it is: with `force` until the new one
  // begins, with `beside` for good, and the tape gets another name. On failure, answers the exit status and says why.
  int reserve(TapeNames& names, const RecordOptions& options, bool beside, std::string& why_not);
  // The tape is there, or never will be: who waits for it need not wait for this any more.
  void let_go();
  // Nothing came to be written.
  void remove();

 private:
  std::string path_;
  int file_ = -1;  // locked, as the tape will be
  bool made_ = false;
};

}  // namespace heaptape
