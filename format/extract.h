// Makes a tape of a part of another one, or of all of it: for `cut` and `pack`.
//
// Events before the part become the aggregate that the new tape begins with, so totals, peak so far and live set stay
// exact at every instant. Of frames only those are taken that something names.
#pragma once

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "format/reader.h"
#include "format/writer.h"

namespace heaptape {

struct Extract {
  std::uint64_t begin = 0, end = UINT64_MAX;  // numbers of the tape's events
  std::uint8_t strip = 0;                     // of Strip; with kStripToSites no event may be taken
  std::vector<StackId> sites;                 // for kStripToSites: by stack, the outermost of its frames to be kept
  WriterOptions writer;
  // Called with the events taken so far, and how many there are to take.
  std::function<void(std::uint64_t done, std::uint64_t all)> progress = [](std::uint64_t, std::uint64_t) {};
};

// What was asked for can't be had of this tape. what() is one sentence for people.
class ExtractError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// `symbols`: of which the new tape gets those that it has frames for; may be empty. Throws ExtractError, TapeError,
// std::system_error. A tape that could not be written whole is left cut.
void extract(const TapeReader& tape, const Extract& part, const SymbolTable& symbols, const std::string& path);

}  // namespace heaptape
