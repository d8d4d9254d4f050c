// The costs of every stack and the live curve, worked out in the plainest way.
#pragma once

#include <functional>
#include <map>
#include <vector>

#include "analyzer/reports.h"
#include "format/event.h"

namespace heaptape {

struct NaiveCosts {
  std::map<std::uint32_t, Costs> stacks;  // by StackId
  std::vector<std::uint64_t> live;        // live bytes after each event
  std::uint64_t peak_event = 0;           // from 1; 0: none
};

// Keeps a full copy of what is live at each event and looks for the peak afterwards.
NaiveCosts cost_naively(const std::vector<Event>& events, const std::function<bool(const Event& birth)>& counts);

}  // namespace heaptape
