// Makes tapes whole that a killed drain left cut: from the tape, and from shared memory where that is still there.
//
// Nothing is changed before what replaces it is whole: the new tape is written beside the old one and renamed, and
// shared memory is only read until then. So it may be killed at any point, and run again.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "recorder/recover/orphans.h"

namespace heaptape {

// One sentence: why nothing can be recovered here (yet).
class RecoverError : public std::runtime_error {
 public:
  enum class Reason { still_running, damaged, no_room };
  RecoverError(Reason why, const std::string& sentence) : std::runtime_error(sentence), reason(why) {}
  Reason reason;
};

struct RecoveredTape {
  std::string path;
  bool was_whole = false;         // nothing was to be done
  std::uint64_t events = 0;       // now in the tape
  std::uint64_t from_memory = 0;  // of which came from shared memory
  std::uint64_t torn_bytes = 0;   // of the old tape that were in no whole block
  std::uint64_t lost = 0;         // what its ledger counts as damage
  bool has_lost_end = false;      // what followed its last block is not to be had
};

// Recovers all tapes of a session and removes it. Throws RecoverError, TapeError, std::system_error.
std::vector<RecoveredTape> recover_session(const Orphan& orphan);
// Whether a session has events for this tape. Compared by what the paths lead to.
bool is_tape_of(const Orphan& orphan, const std::string& tape);

// Gives a cut tape its index, from its whole blocks alone; writes it to `output`, or in place if that is empty. Throws
// as above.
RecoveredTape recover_tape(const std::string& path, const std::string& output);

}  // namespace heaptape
