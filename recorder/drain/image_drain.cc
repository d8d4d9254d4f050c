#include "recorder/drain/image_drain.h"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

namespace heaptape {
namespace {

// A tape on disk is never older than this while events come in.
constexpr std::uint64_t kSealEveryNs = 250'000'000;
// A dying process is without memory for a moment before its parent can learn how it ended.
constexpr std::uint64_t kLongestExitNs = 200'000'000;

bool is_dead(int pidfd) {
  pollfd poll_for{.fd = pidfd, .events = POLLIN, .revents = 0};
  return poll(&poll_for, 1, 0) == 1;
}

}  // namespace

ImageDrain::ImageDrain(std::unique_ptr<MappingFile> mapping, SessionDirectory& directory, TapeMaker make_tape,
                       Clock& clock)
    : mapping_(std::move(mapping)),
      directory_(directory),
      make_tape_(std::move(make_tape)),
      clock_(clock),
      reader_(*mapping_),
      made_at_ns_(clock.monotonic_ns(UINT64_MAX)) {}

ImageDrain::~ImageDrain() {
  for (auto& [serial, process] : processes_)
    if (process.pidfd >= 0) close(process.pidfd);
}

std::uint32_t ImageDrain::pid() const {
  const MappingHeader& header = mapping_->header();
  return header.attached.load(std::memory_order_acquire) != 0 ? header.process[0].pid.load(std::memory_order_relaxed)
                                                              : 0;
}

ImageDrain::Process* ImageDrain::process_of(std::uint32_t serial) {
  const auto known = processes_.find(serial);
  if (known != processes_.end()) return &known->second;
  const MappingHeader& header = mapping_->header();
  const ProcessEntry& entry = header.process[serial];
  if (header.attached.load(std::memory_order_acquire) == 0 || entry.claimed.load(std::memory_order_acquire) == 0)
    return nullptr;
  Process process;
  process.serial = serial;
  process.pid = entry.pid.load(std::memory_order_relaxed);
  process.pidfd = static_cast<int>(syscall(SYS_pidfd_open, process.pid, 0));
  process.tape = make_tape_(header, entry, serial != 0);
  return &processes_.emplace(serial, std::move(process)).first->second;
}

std::size_t ImageDrain::drain(std::uint64_t until) {
  std::size_t records = 0;
  process_of(0);  // an image that never allocates has a tape too
  std::vector<Run> runs = reader_.read(until);
  for (auto first = runs.begin(); first != runs.end();) {
    const auto last = std::find_if(first, runs.end(), [&](const Run& run) { return run.serial != first->serial; });
    for (auto run = first; run != last; ++run) records += run->records.size();
    Process* process = process_of(first->serial);
    if (process != nullptr && process->tape != nullptr) process->tape->take({first, last});
    first = last;
  }
  for (const auto& [chunk, serial] : reader_.take_exhausted()) {
    const Process* process = process_of(serial);
    exhausted_.push_back({chunk, serial, process != nullptr && process->tape ? process->tape->writer().events() : 0});
  }
  mapping_->grow_stack_table();
  seal_as_needed(until);
  free_written_chunks();
  return records;
}

void ImageDrain::seal_as_needed(std::uint64_t until) {
  MappingHeader& header = mapping_->header();
  const std::uint64_t now = clock_.monotonic_ns(UINT64_MAX);
  const std::uint64_t flush = header.flush_wanted.load(std::memory_order_acquire);
  // A flush asked for after this round's stamp may be about events that this round has not seen.
  const bool flush_wanted = flush > header.flush_done.load(std::memory_order_relaxed) && flush <= until;
  // Only what waits for the file can be freed by writing: chunks that idle threads hold can't.
  bool short_of_room = !exhausted_.empty() && reader_.free_chunks() < mapping_->chunks() / 4;
  if (short_of_room && mapping_->grow()) {
    mapping_->announce_free();
    short_of_room = false;
  }
  if (!flush_wanted && !short_of_room && now - sealed_at_ns_ < kSealEveryNs) return;
  for (auto& [serial, process] : processes_)
    if (process.tape != nullptr && !process.finished) process.tape->seal();
  sealed_at_ns_ = now;
  if (!flush_wanted) return;
  header.flush_done.store(flush, std::memory_order_release);
  header.flushed.fetch_add(1, std::memory_order_release);
  wake_all(header.flushed);
}

void ImageDrain::free_written_chunks() {
  const auto written = [&](const Written& one) {
    const Process* process = process_of(one.serial);
    return process == nullptr || process->tape == nullptr || process->tape->sealed_events() >= one.events;
  };
  const auto rest =
      std::stable_partition(exhausted_.begin(), exhausted_.end(), [&](const Written& one) { return !written(one); });
  if (rest == exhausted_.end()) return;
  for (auto it = rest; it != exhausted_.end(); ++it) {
    reader_.forget(it->chunk);
    mapping_->free_chunk(it->chunk);
  }
  exhausted_.erase(rest, exhausted_.end());
  mapping_->announce_free();
}

void ImageDrain::sample(std::uint64_t now_ns) {
  for (auto& [serial, process] : processes_)
    if (process.tape != nullptr && !process.finished && !process.execed) process.tape->sample_rss(now_ns);
}

void ImageDrain::refresh_names() {
  for (auto& [serial, process] : processes_)
    if (process.tape != nullptr && !process.finished && !process.execed) process.tape->refresh_names();
}

bool ImageDrain::is_pressed() const {
  const MappingHeader& header = mapping_->header();
  return header.waiting.load(std::memory_order_relaxed) != 0 ||
         header.flush_wanted.load(std::memory_order_relaxed) > header.flush_done.load(std::memory_order_relaxed);
}

void ImageDrain::exec_happened(std::uint32_t pid) {
  for (auto& [serial, process] : processes_)
    if (process.pid == pid) process.execed = true;
}

void ImageDrain::finish(Process& process) {
  process.finished = true;
  if (process.tape == nullptr) return;
  Ledger ledger;
  ledger[Loss::torn_events] = reader_.torn(process.serial);
  ledger[Loss::unrecorded_images] = directory_.images_refused.exchange(0, std::memory_order_relaxed);
  // Counted for the mapping as a whole: whoever ends next answers for what was counted up to then.
  GuestCounts& counts = mapping_->header().counts;
  ledger[Loss::dropped_events] = counts.dropped_events.exchange(0, std::memory_order_relaxed);
  ledger[Loss::lost_stacks] = counts.lost_stacks.exchange(0, std::memory_order_relaxed);
  Ending how = process.ending.value_or(Ending{.kind = EndKind::gone});
  if (process.execed) how = {.kind = EndKind::execed};
  process.tape->finish(how, ledger, clock_.monotonic_ns(UINT64_MAX));
}

void ImageDrain::look_for_gone(const std::function<std::optional<Ending>(std::uint32_t pid)>& ending_of) {
  // Between claiming and attaching nobody has the file open either.
  constexpr std::uint64_t kLongestAttachNs = 5'000'000'000;
  const std::uint64_t now = clock_.monotonic_ns(UINT64_MAX);
  const bool attached = mapping_->header().attached.load(std::memory_order_acquire) != 0;
  if (!attached && now - made_at_ns_ < kLongestAttachNs) return;
  const bool unmapped = mapping_->is_over();
  if (!unmapped) unmapped_since_ns_ = now;
  all_gone_ = unmapped;
  for (auto& [serial, process] : processes_) {
    if (process.finished) continue;
    const bool dead = process.pidfd >= 0 && is_dead(process.pidfd);
    if (dead || process.pidfd < 0) process.ending = ending_of(process.pid);
    process.gone = process.execed || process.ending || dead || (unmapped && process.pidfd < 0);
    if (!process.gone && unmapped && now - unmapped_since_ns_ > kLongestExitNs)
      process.gone = process.execed = true;  // it lives, and runs something that can't be recorded
    if (!process.gone) all_gone_ = false;
  }
}

void ImageDrain::finish_gone() {
  const auto ends = [](const auto& entry) { return entry.second.gone && !entry.second.finished; };
  if (std::any_of(processes_.begin(), processes_.end(), ends)) {
    drain(clock_.tick());  // dead before this stamp: nothing of theirs is younger
    for (auto& [serial, process] : processes_) {
      if (!process.gone || process.finished) continue;
      finish(process);
      for (const std::uint32_t chunk : reader_.held_by(serial)) {
        reader_.forget(chunk);
        mapping_->free_chunk(chunk);
      }
      std::erase_if(exhausted_, [&](const Written& one) { return one.serial == serial; });
    }
    mapping_->announce_free();
  }
  over_ = all_gone_;
}

}  // namespace heaptape
