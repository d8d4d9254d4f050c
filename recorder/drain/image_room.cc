// What a mapping does as room gets short: it grows, stacks get shorter, tapes are sealed, chunks are taken back.
#include <algorithm>

#include "recorder/drain/image_drain.h"
#include "recorder/drain/proc.h"

namespace heaptape {
namespace {

// A tape on disk is never older than this while events come in.
constexpr std::uint64_t kSealEveryNs = 250'000'000;

}  // namespace

// Shorter stacks are fewer: what differs only in the middle becomes one.
void ImageDrain::lower_depth_as_stacks_fill(std::uint64_t until) {
  struct Stage {
    double used;
    std::uint32_t depth;
  };
  static constexpr Stage kStages[] = {{1.0 / 2, 256}, {3.0 / 4, 64}, {7.0 / 8, 16}, {15.0 / 16, 4}};
  double used = mapping_->stacks_used();
  for (const auto& [serial, process] : processes_)
    if (process.has_open_tape())
      used = std::max(used, static_cast<double>(process.tape->stack_nodes()) / StackInterner::kMostNodes);
  for (const Stage& stage : kStages) {
    if (used < stage.used || mapping_->depth() <= stage.depth) continue;
    mapping_->lower_depth(stage.depth);
    for (auto& [serial, process] : processes_)
      if (process.has_open_tape()) process.tape->depth_lowered(stage.depth, until);
  }
}

// More memory up to the limit; then what dead threads have left; then, while somebody waits and nothing else is on its
// way back, a little beyond the limit: many idle threads must not starve the others.
void ImageDrain::make_room() {
  bool added = mapping_->grow();
  if (!added) give_up_for_dead_threads();
  added = added || (exhausted_.empty() && reader_.free_chunks() == 0 &&
                    mapping_->header().waiting.load(std::memory_order_relaxed) != 0 && mapping_->overdraw());
  if (added) mapping_->announce_free();
}

// Whatever a thread committed before it was found dead has been given by the read that comes after: so a chunk is on
// its way back, like one that is full, when its thread was dead already before this round's read.
void ImageDrain::give_up_for_dead_threads() {
  std::set<std::uint64_t> dead_now;
  for (const LaneReader::Held& held : reader_.held()) {
    const Process* process = process_of(held.serial);
    if (process == nullptr || process->tape == nullptr || process->pidfd < 0) continue;
    const std::uint32_t tid = process->tape->tid_of(held.lane);
    if (tid == 0 || thread_exists(process->pid, tid)) continue;
    if (!dead_lanes_.contains(held.owner)) {
      dead_now.insert(held.owner);
      continue;
    }
    reader_.give_up(held.chunk);
    exhausted_.push_back({held.chunk, held.serial, held.owner, process->tape->events_to_seal()});
    dead_lanes_.erase(held.owner);
  }
  dead_lanes_.insert(dead_now.begin(), dead_now.end());
}

void ImageDrain::seal_as_needed(std::uint64_t until) {
  MappingHeader& header = mapping_->header();
  const std::uint64_t now = clock_.monotonic_ns(UINT64_MAX);
  const std::uint64_t flush = header.flush_wanted.load(std::memory_order_acquire);
  // A flush asked for after this round's stamp may be about events that this round has not seen.
  const bool flush_wanted = flush > header.flush_done.load(std::memory_order_relaxed) && flush <= until;
  // Only what waits for the file can be freed by writing: chunks that idle threads hold can't.
  const bool short_of_room = !exhausted_.empty() && reader_.free_chunks() < mapping_->chunks() / 4;
  if (!flush_wanted && !short_of_room && now - sealed_at_ns_ < kSealEveryNs) return;
  const bool only_time = !flush_wanted && !short_of_room;
  timed_seals_ += only_time;
  for (auto& [serial, process] : processes_) {
    if (!process.has_open_tape()) continue;
    if (only_time && timed_seals_ % process.tape->sparseness() != 0) continue;
    process.tape->seal();
  }
  sealed_at_ns_ = now;
  if (!flush_wanted) return;
  header.flush_done.store(flush, std::memory_order_release);
  header.flushed.fetch_add(1, std::memory_order_release);
  wake_all(header.flushed);
}

void ImageDrain::free_written_chunks() {
  // One that a successor is closing at this moment is freed in a later round.
  const auto freed = [&](const Written& one) {
    const Process* process = process_of(one.serial);
    const bool in_file = process == nullptr || process->tape == nullptr || process->tape->has_sealed(one.events);
    if (!in_file || !mapping_->take_back(one.chunk, one.owner)) return false;
    reader_.forget(one.chunk);
    return true;
  };
  if (std::erase_if(exhausted_, freed) != 0) mapping_->announce_free();
}

}  // namespace heaptape
