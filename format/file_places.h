// Where frames lie in the files of their modules: what symbols are told of.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "format/reader.h"

namespace heaptape {

using FilePlace = std::pair<ModuleId, std::uint64_t>;  // a module, and an address in its file

// Each once, in order. `is_wanted`: by frame's number.
template <typename IsWanted>
std::vector<FilePlace> file_places(const TapeReader& tape, const IsWanted& is_wanted) {
  std::vector<FilePlace> places;
  for (std::size_t i = 0; i < tape.frames().size(); ++i) {
    const Frame& frame = tape.frames()[i];
    const auto module = static_cast<std::size_t>(frame.module);
    if (module < tape.modules().size() && is_wanted(i))
      places.emplace_back(frame.module, frame.address - tape.modules()[module].bias);
  }
  std::sort(places.begin(), places.end());
  places.erase(std::unique(places.begin(), places.end()), places.end());
  return places;
}

}  // namespace heaptape
