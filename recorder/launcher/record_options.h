// What `heaptape record` was asked for.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "recorder/mapping.h"

namespace heaptape {

// What becomes a mapping's first GuestControl.
struct CaptureOptions {
  UnwindMode unwind = UnwindMode::automatic;
  std::uint32_t depth = 512;
  Layer record_layer = Layer::all;
  std::uint64_t min_size = 0;
  std::uint64_t sample_bytes = 0;  // 0: every block
  bool start_paused = false;
};

struct RecordOptions {
  std::string output;  // file, folder or empty: see TapeNames
  bool force = false;  // replace the tapes of an earlier session
  std::uint64_t buffer_bytes = 64u << 20;
  bool drop_when_full = false;
  std::uint64_t keep_bytes = 0;  // of each tape; 0: all
  CaptureOptions capture;            // `start_paused` with `start_after_ns` too
  std::uint64_t start_after_ns = 0;  // from the command's start; 0: no such time
  std::uint64_t record_for_ns = 0;   // from when recording first begins; 0: without end
  std::vector<std::string> command;  // never empty
  std::vector<int> closed;           // standard descriptors that were closed, and are to be for the command
};

}  // namespace heaptape
