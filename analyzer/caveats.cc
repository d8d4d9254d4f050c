#include "analyzer/caveats.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace heaptape {
namespace {

// What is counted.
const char* sentence_of(Loss loss) {
  switch (loss) {
    case Loss::dropped_events:
      return "events dropped, as the mapping was full";
    case Loss::torn_events:
      return "events half-written when the process died";
    case Loss::lost_stacks:
      return "events without a stack, as there was no room for it";
    case Loss::truncated_stacks:
      return "distinct stacks that lack frames: cut before their outermost one, or between the innermost and the "
             "outermost";
    case Loss::unmatched_frees:
      return "frees that match no recorded allocation";
    case Loss::overlapping_births:
      return "allocations at an address that was still live";
    case Loss::cut_variables:
      return "readings of a tracked variable that stopped at their limit";
    case Loss::unwritten_events:
      return "recorded events that could not be written to the tape";
    case Loss::unrecorded_images:
      return "program images not recorded, as they found no mapping";
    case Loss::earlier_frees:
      return "frees of blocks from before recording or from a pause (no loss)";
    case Loss::inherited_frees:
      return "frees of blocks born in the parent before the fork (no loss)";
    case Loss::small_births:
      return "allocations left out, as they are smaller than --min-size";
    case Loss::other_layer_births:
      return "allocations left out, as they are outside --record-layer";
    case Loss::unsampled_births:
      return "allocations passed over by sampling";
    case Loss::left_out_frees:
      return "frees of blocks whose allocation was left out";
    case Loss::rate_changes:
      return "times the sampling interval was raised, as a limit came near";
    case Loss::depth_changes:
      return "times the depth of stacks was lowered, as the stack table filled";
    case Loss::unaccounted_births:
      return "allocations beyond --max-live, not in the tape's index: frees, live figures and peak were counted anew "
             "from its events";
    case Loss::aggregated_events:
      return "older events that the tape keeps as one aggregate only";
    case Loss::ignored_images:
      return "program images left out by --children or --process";
  }
  return "";
}

// By offset: what was found on opening and what a replay met are often the same.
std::map<std::uint64_t, std::string> all_damage(const TapeReader& tape, const std::vector<Damage>& unread) {
  std::map<std::uint64_t, std::string> damage;
  for (const Damage& place : tape.damage()) damage.emplace(place.offset, place.reason);
  for (const Damage& place : unread) damage.emplace(place.offset, place.reason);
  return damage;
}

std::string quoted(const std::string& argument) {
  constexpr const char* kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./_-";
  if (!argument.empty() && argument.find_first_not_of(kPlain) == std::string::npos) return argument;
  std::string text = "'";
  for (const char c : argument) {
    if (c == '\'') {
      text += "'\\''";
    } else {
      text += c;
    }
  }
  return text + "'";
}

std::string sampled(const Meta& meta) {
  if (meta.sample_bytes == 0) return "sampled, as the limit of the tape came near: figures are estimates";
  return fmt::format("sampled, about one block for {} bytes allocated: figures are estimates", meta.sample_bytes);
}

}  // namespace

std::vector<Caveat> caveats_of(const TapeReader& tape, const std::vector<Damage>& unread,
                               const std::vector<std::string>& refused) {
  std::vector<Caveat> caveats;
  if (tape.meta().own_malloc)
    caveats.push_back({"own_malloc", 1, "the program brings its own malloc: its allocations were not seen"});
  const std::map<std::uint64_t, std::string> damage = all_damage(tape, unread);
  if (!damage.empty()) {
    const auto& [offset, reason] = *damage.begin();
    caveats.push_back(
        {"damaged", damage.size(),
         fmt::format("damaged and left out: {} at byte {} ({})",
                     damage.size() == 1 ? "one place," : fmt::format("{} places, the first", damage.size()), offset,
                     reason)});
  }
  if (tape.condition() == Condition::cut) {
    caveats.push_back(
        {"cut", 1, "the tape has no index (cut, or still being written): this is what it holds up to there"});
  }
  if (tape.estimates()) caveats.push_back({"sampled", 1, sampled(tape.meta())});
  for (int i = 0; i < kLosses; ++i) {
    const auto loss = static_cast<Loss>(i);
    const std::uint64_t count = tape.ledger()[loss];
    if (count > 0) caveats.push_back({name_of(loss), count, fmt::format("{}: {}", sentence_of(loss), count)});
  }
  for (const std::string& path : refused) {
    caveats.push_back(
        {"symbols", 1, fmt::format("{} is another build than the one recorded: its frames have no names", path)});
  }
  return caveats;
}

bool is_shortcoming(const Caveat& caveat) {
  return caveat.reason != name_of(Loss::inherited_frees) && caveat.reason != name_of(Loss::earlier_frees) &&
         caveat.reason != name_of(Loss::aggregated_events);
}

void add_shortcomings(std::vector<Caveat>& all, const std::string& path, std::vector<Caveat> caveats) {
  for (Caveat& caveat : caveats) {
    if (!is_shortcoming(caveat)) continue;
    caveat.sentence = fmt::format("{}: {}", path, caveat.sentence);
    all.push_back(std::move(caveat));
  }
}

std::string program_of(const TapeReader& tape) {
  const Meta& meta = tape.meta();
  return base_name(meta.program.empty() && !meta.arguments.empty() ? meta.arguments[0] : meta.program);
}

std::string command_of(const TapeReader& tape) {
  std::string command;
  for (const std::string& argument : tape.meta().arguments) {
    if (!command.empty()) command += ' ';
    command += quoted(argument);
  }
  return command;
}

std::uint64_t duration_of(const TapeReader& tape) {
  std::uint64_t duration = tape.ending().duration_ns;
  if (!tape.blocks().empty()) duration = std::max(duration, tape.blocks().back().end_ns);
  if (!tape.rss().empty()) duration = std::max(duration, tape.rss().back().time_ns);
  return duration;
}

std::string filters_of(const Meta& meta) {
  std::string filters;
  if (meta.min_size != 0) filters += fmt::format(" --min-size {}", meta.min_size);
  if (meta.record_layer != Layer::all) filters += fmt::format(" --record-layer {}", name_of(meta.record_layer));
  if (meta.sample_bytes != 0) filters += fmt::format(" --sample {}", meta.sample_bytes);
  if (meta.max_tape != 0) filters += fmt::format(" --max-tape {}", meta.max_tape);
  return filters.empty() ? filters : filters.substr(1);
}

bool is_sample(const TapeReader& tape) { return tape.estimates() || tape.ledger()[Loss::unsampled_births] != 0; }

bool is_exact(const TapeReader& tape, Layer layer) {
  const Meta& meta = tape.meta();
  if (tape.condition() != Condition::whole || tape.ledger().lossy() || is_sample(tape) || meta.own_malloc) return false;
  const bool other_layers_left_out = meta.record_layer != Layer::all && layer == Layer::all;
  const bool variables_cut = layer == Layer::user && tape.ledger()[Loss::cut_variables] != 0;
  return meta.min_size == 0 && !other_layers_left_out && !variables_cut;
}

}  // namespace heaptape
