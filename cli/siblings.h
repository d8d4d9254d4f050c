// Tapes of processes that a recorded command started: `run.<pid>.<n>.tape` beside `run.tape`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "format/event.h"

namespace heaptape::cli {

struct Sibling {
  std::string path;
  std::string program;
  std::uint64_t peak_bytes = 0;
};

// The one with the largest peak; tapes that can't be read are passed over. `layer`: program or all.
std::optional<Sibling> heaviest_sibling(const std::string& tape_path, Layer layer);

}  // namespace heaptape::cli
