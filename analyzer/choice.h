// What somebody wants a report to be of, in their words: a layer, an instant or a range, and which blocks.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analyzer/instant.h"
#include "analyzer/reports.h"

namespace heaptape {

// What the places of a choice are called in sentences for people: options of a command, or keys of a file.
struct PlaceNames {
  std::string at = "--at", from = "--from", to = "--to";
};

// Nothing named: the whole run of layer `program`. Each filter chooses blocks, and all of them have to. Of a list one
// pattern has to match; a pattern with *, ? or [ is a glob of the whole name, any other a part of it.
struct Choice {
  Layer layer = Layer::program;
  std::optional<Instant> at;        // what is live then; or
  std::optional<Instant> from, to;  // a range; its ends as events_before() takes them
  PlaceNames names;
  std::vector<std::string>
      threads;  // that allocated the block: its tid, or a pattern of its name (then the whole name)
  std::vector<std::string> modules, functions, files;  // that some frame of the block's stack lies in
  Bounds size;                                         // bytes as requested
  Bounds lifetime_ns;  // from birth to release, whenever that is; of what is live at the tape's end it has no end
};

}  // namespace heaptape
