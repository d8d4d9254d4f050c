// What `heaptape record` was asked for.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "recorder/mapping.h"

namespace heaptape {

inline constexpr std::uint32_t kClockStepNs = 10'000;

// What becomes a mapping's first GuestControl.
struct CaptureOptions {
  UnwindMode unwind = UnwindMode::automatic;
  std::uint32_t depth = 512;
  std::uint32_t max_stacks = kMaxStackId;  // distinct stacks of a program image
  Layer record_layer = Layer::all;         // blocks outside it are left out
  std::uint64_t min_size = 0;              // smaller blocks are left out
  std::uint64_t sample_bytes = 0;          // 0: every block
  std::uint64_t sample_seed = 0;
  std::uint64_t max_tape = 0;  // bytes of each tape; 0: no limit
  // Whether the hooks themselves leave births out.
  bool selects_in_program() const { return min_size != 0 || sample_bytes != 0; }
};

struct RecordOptions {
  std::string output;  // file, folder or empty: see TapeNames
  bool force = false;  // replace the tapes of an earlier session
  std::uint64_t buffer_bytes = 64u << 20;
  bool buffer_is_automatic = false;  // `buffer_bytes` follows the memory that is available
  bool drop_when_full = false;
  bool follow_children = true;
  std::string process;  // POSIX extended expression that a program must match to be recorded; empty: all are
  std::uint32_t clock_step_ns = kClockStepNs;  // times on the tape are multiples of it
  int zstd_level = 1;
  std::uint64_t max_live = 0;    // blocks in the drain's table of live blocks, for each tape; 0: no limit
  std::uint64_t keep_bytes = 0;  // of each tape the newest part that fits; 0: all
  CaptureOptions capture;
  bool start_paused = false;         // with `start_after_ns` too
  std::uint64_t start_after_ns = 0;  // from the command's start; 0: no such time
  std::uint64_t record_for_ns = 0;   // from when recording first begins; 0: without end
  std::vector<std::string> command;  // never empty
  std::vector<int> closed;           // standard descriptors that were closed, and are to be for the command
};

}  // namespace heaptape
