#include "format/conservation.h"

namespace heaptape {
namespace {

std::string text(std::uint64_t count) { return std::to_string(count); }

}  // namespace

std::vector<std::string> Conservation::faults() const {
  std::vector<std::string> faults;
  if (calls.called < calls.dropped || calls.called - calls.dropped < calls.read)
    faults.push_back("more calls were dropped or read from lanes (" + text(calls.dropped) + " and " + text(calls.read) +
                     ") than the hooks have counted (" + text(calls.called) + ")");
  else if (under_way() > most_under_way)
    faults.push_back(text(under_way()) + " calls of the hooks have left no trace, and at most " + text(most_under_way) +
                     " can have been under way when their process ended");
  if (calls.read < calls.left_out || calls.read - calls.left_out < on_tape)
    faults.push_back("more events are on the tape than were read from lanes and not left out");
  else if (missing() > aggregated + unwritten)
    faults.push_back(text(missing()) + " events were read from lanes and are neither on the tape nor in the ledger");
  // A realloc that failed while its thread's signal handler allocated is not taken back.
  if (replayed > on_tape || on_tape - replayed > restored)
    faults.push_back("a replay makes " + text(replayed) + " of the " + text(on_tape) + " events");
  return faults;
}

}  // namespace heaptape
