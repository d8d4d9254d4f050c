#include "format/tape.h"

namespace heaptape {

const char* name_of(Loss loss) {
  switch (loss) {
    case Loss::dropped_events:
      return "dropped_events";
    case Loss::torn_events:
      return "torn_events";
    case Loss::lost_stacks:
      return "lost_stacks";
    case Loss::truncated_stacks:
      return "truncated_stacks";
    case Loss::unmatched_frees:
      return "unmatched_frees";
    case Loss::overlapping_births:
      return "overlapping_births";
    case Loss::cut_variables:
      return "cut_variables";
    case Loss::unwritten_events:
      return "unwritten_events";
    case Loss::unrecorded_images:
      return "unrecorded_images";
    case Loss::earlier_frees:
      return "earlier_frees";
    case Loss::inherited_frees:
      return "inherited_frees";
    case Loss::small_births:
      return "small_births";
    case Loss::other_layer_births:
      return "other_layer_births";
    case Loss::unsampled_births:
      return "unsampled_births";
    case Loss::left_out_frees:
      return "left_out_frees";
    case Loss::rate_changes:
      return "rate_changes";
    case Loss::depth_changes:
      return "depth_changes";
    case Loss::unaccounted_births:
      return "unaccounted_births";
    case Loss::aggregated_events:
      return "aggregated_events";
    case Loss::ignored_images:
      return "ignored_images";
  }
  return "unknown";
}

bool is_damage(Loss loss) {
  switch (loss) {
    case Loss::dropped_events:
    case Loss::torn_events:
    case Loss::lost_stacks:  // an event without its stack may fall into the wrong layer
    case Loss::unmatched_frees:
    case Loss::overlapping_births:
    case Loss::unwritten_events:
      return true;
    case Loss::truncated_stacks:   // counts and bytes are exact, only the outermost callers are missing
    case Loss::cut_variables:      // layer `user` shows less; `program` and `all` are exact
    case Loss::unrecorded_images:  // another tape is missing; this one is exact
    case Loss::earlier_frees:
    case Loss::inherited_frees:
    case Loss::small_births:
    case Loss::other_layer_births:
    case Loss::unsampled_births:
    case Loss::left_out_frees:
    case Loss::rate_changes:
    case Loss::depth_changes:
    case Loss::unaccounted_births:  // a replay counts them
    case Loss::aggregated_events:
    case Loss::ignored_images:
      return false;
  }
  return true;
}

bool Ledger::lossy() const {
  for (int i = 0; i < kLosses; ++i) {
    if (counts[static_cast<std::size_t>(i)] != 0 && is_damage(static_cast<Loss>(i))) return true;
  }
  return false;
}

}  // namespace heaptape
