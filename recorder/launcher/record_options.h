// What `heaptape record` was asked for.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace heaptape {

struct RecordOptions {
  std::string output;  // file, folder or empty: see TapeNames
  bool force = false;  // replace the tapes of an earlier session
  std::uint64_t buffer_bytes = 64u << 20;
  bool drop_when_full = false;
  std::vector<std::string> command;  // never empty
  std::vector<int> closed;           // standard descriptors that were closed, and are to be for the command
};

}  // namespace heaptape
