// Which threads allocate, and which free what others had allocated. One reading; memory grows with pairs of threads, up
// to 65,536 of them.
#pragma once

#include <string>
#include <vector>

#include "analyzer/reports.h"
#include "analyzer/selection.h"

namespace heaptape {

struct ExchangeReport {
  struct Amount {
    std::uint64_t blocks = 0, bytes = 0;
  };
  struct Thread {
    std::string name;
    std::uint32_t tid = 0;
    Amount allocated, live;  // live at the end
  };
  struct Flow {
    std::size_t from = 0, to = 0;  // of `threads`: who had allocated, who freed
    Amount amount;
  };
  Layer layer = Layer::program;
  SelectionReport selection;
  std::string program, command;
  std::vector<Thread> threads;     // that allocated or freed, most allocations first
  std::vector<Flow> flows;         // largest first
  Amount total, live, elsewhere;   // elsewhere: freed by another thread than had allocated them
  Amount unseen;                   // ended, and nobody knows by whom
  std::uint64_t unknown = 0;       // see unknown_births()
  std::optional<Margins> margins;  // empty: figures are exact
  std::vector<Caveat> caveats;
};

// Of what was allocated in the range.
ExchangeReport exchange(const TapeReader& tape, const Selection& selection);

}  // namespace heaptape
