// Memory and work that a program pays for without using it.
//
// Rounding: what glibc's malloc adds to each request (usable less requested bytes). Copying: blocks that realloc moved.
// Zero-length blocks. Storms: many blocks of one size from one stack in quick succession, which a pool or one larger
// block would serve. Fragmentation: the bytes that are live against the pages that they keep, the span that these lie
// in, and resident memory, over time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/reports.h"
#include "analyzer/selection.h"
#include "analyzer/symbols.h"
#include "format/reader.h"

namespace heaptape {

struct WasteReport {
  // What is live and kept at the end of a step of time.
  struct Step {
    std::uint64_t time_ns = 0;
    std::uint64_t live_bytes = 0, live_blocks = 0;
    std::uint64_t usable_bytes = 0;            // of these blocks; 0 where the allocator is not glibc's
    std::uint64_t page_bytes = 0;              // of the pages of 4 KiB that the blocks lie in
    std::uint64_t span_bytes = 0;              // from the first to the last such page, in each stretch of 64 MiB
    std::uint64_t rss_bytes = 0;               // the newest reading; 0: none yet
    std::uint64_t births = 0, born_bytes = 0;  // within the step
  };
  struct SiteFigures {
    std::string label, detail;
    Location place;
    std::uint64_t allocations = 0, allocated_bytes = 0;
    std::uint64_t rounding_bytes = 0;  // usable less requested, of all allocations
    std::uint64_t resized = 0, moved = 0, moved_bytes = 0;
    std::uint64_t longest_chain = 0;  // most reallocs that one block went through
    std::uint64_t zero_length = 0;
    std::uint64_t in_storms = 0;  // allocations
    // The largest storm: how many, of what size, how long, and how many of the stack's blocks were live at most.
    std::uint64_t storm = 0, storm_size = 0, storm_ns = 0, storm_live = 0;
  };

  static constexpr std::size_t kSteps = 64;
  static constexpr std::uint64_t kStorm = 1000;             // allocations, at least
  static constexpr std::uint64_t kStormGap_ns = 1'000'000;  // between two of them, at most

  Layer layer = Layer::program;
  SelectionReport selection;
  std::string program, command;
  std::uint64_t begin_ns = 0, duration_ns = 0;  // where the steps begin and end
  bool is_glibc = true;                         // else nothing is known of rounding
  SiteFigures total;  // of the chosen blocks that were allocated in the range; without a place. Its longest chain (with
                      // the reallocs before the range) and storm are the largest of a site
  std::vector<SiteFigures> sites;  // those that waste anything, most allocations first
  std::vector<Step> steps;         // of all blocks, chosen or not: memory is shared. Empty without events
  Step at_peak;                    // of live bytes in the range, all blocks
  std::vector<Caveat> caveats;
};

// What glibc's malloc makes usable of a request on a 64-bit machine, at least: a chunk whose rest is too small to be
// one is given whole, 16 bytes more; of a mapped one the rest of its page is not counted. Source: glibc
// malloc/malloc.c, "Chunks are at least MINSIZE, aligned to MALLOC_ALIGNMENT".
std::uint64_t usable_by_glibc(std::uint64_t requested);

// Reads the events once. Means nothing for a tape whose births are a sample: pages and chains need every block. Of a
// range; an instant has none.
WasteReport waste(const TapeReader& tape, const Selection& selection, Symbols& symbols);
inline WasteReport waste(const TapeReader& tape, Layer layer, Symbols& symbols) {
  return waste(tape, Selection(tape, layer), symbols);
}

}  // namespace heaptape
