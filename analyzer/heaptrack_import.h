// A file of heaptrack's, interpreted or raw, as a tape.
//
// An interpreted file names blocks by what they are (size and stack), not by address: the tape's addresses are made up,
// each live block has its own. Of blocks that are alike the newest is taken to be the one that is freed. No thread is
// known: all is told of one. Times are those of heaptrack's clock lines, some 10 ms apart.
#pragma once

#include <cstdint>
#include <string>

#include "analyzer/line_source.h"
#include "format/tape.h"

namespace heaptape {

struct Imported {
  std::uint64_t births = 0, releases = 0;
  std::uint64_t lines = 0;
  bool is_raw = false;       // addresses and modules are real then, names are not known
  bool is_cut = false;       // it stops in the middle
  bool is_attached = false;  // heaptrack came to a running process
  // What a tape can't say, or what made no sense.
  std::uint64_t unknown_lines = 0;    // of a kind that is not known
  std::uint64_t suppressions = 0;     // heaptrack's rules for leaks that it does not show
  std::uint64_t unmatched_frees = 0;  // of blocks that are not live
  std::uint64_t renamed_places = 0;   // an address with another meaning later: the first one is kept
};

// Creates the tape at `path`, replacing what is there. Throws ImportError, with the number of the line,
// std::system_error, and TapeError never. On an error the file at `path` is no whole tape.
Imported import_heaptrack(LineSource& lines, const std::string& path, const std::string& version);

}  // namespace heaptape
