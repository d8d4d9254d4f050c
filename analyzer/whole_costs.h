// What each stack cost over a whole run, by all processors at once: what StackCostsPass finds by replay.
//
// Most blocks are born and released within one block of events, and a release's coding names its birth. So whoever
// unpacks a block of events counts its births and settles those pairs, knowing nothing of what came before.
// What is loose then, births that live on and releases of older ones, is paired in order by one thread, which adds up
// the curve as well. What was live at the peak is looked up when its event comes by: the index says which it is, and
// the curve whether that is true. What is live of each site at the ends of steps of time is found the same way.
#pragma once

#include <optional>

#include "analyzer/curve.h"
#include "analyzer/growth.h"
#include "analyzer/membership.h"
#include "analyzer/reports.h"
#include "format/reader.h"

namespace heaptape {

struct WholeCosts {
  Totals totals;
  CostsByStack stacks;  // by StackId
};

// Who is told what in the same reading; null: nobody.
struct WholeWatchers {
  StepCurve* curve = nullptr;    // the layer's level after each change
  GrowthPass* growth = nullptr;  // what is live of each stack; of the same layer's whole run
  Pass* others = nullptr;        // what other() is told in a replay
};

// Nothing: it takes a replay. So it does for layer `user`, for a sample, where a tape begins with an aggregate, is
// damaged, has failed reallocs or births over live blocks, or where its index does not tell the truth. That there are
// no births over live blocks is believed, as a replay believes it (LiveReplay::take_paired). What the watchers were
// told is worth nothing then.
std::optional<WholeCosts> whole_costs(const TapeReader& tape, const Membership& membership,
                                      const WholeWatchers& watchers = {});

}  // namespace heaptape
