// Who allocates and who frees: a bar for each thread, parted by who ended its blocks, and one parted by whose blocks it
// ended.
#pragma once

#include "analyzer/exchange.h"
#include "render/chart.h"

namespace heaptape {

struct ThreadsLayout : Chart {
  Rect allocates, frees;
  std::size_t shown = 0;  // threads with a bar of their own
};

inline constexpr double kThreadsWidth = 1100;

// A height of 0 is chosen from the number of threads.
ThreadsLayout lay_out(const ExchangeReport& report, const std::string& title, Size size, const TextRuler& ruler);

}  // namespace heaptape
