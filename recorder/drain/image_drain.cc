#include "recorder/drain/image_drain.h"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "recorder/drain/proc.h"

namespace heaptape {
namespace {

// A tape on disk is never older than this while events come in.
constexpr std::uint64_t kSealEveryNs = 250'000'000;
// A dying process is without memory for a moment before its parent can learn how it ended.
constexpr std::uint64_t kLongestExitNs = 200'000'000;

// A pid counts only in the namespace that it was asked in.
std::uint32_t known_pid(const ProcessEntry& entry) {
  static const std::uint64_t ours = own_pid_namespace();
  const std::uint64_t theirs = entry.pid_namespace.load(std::memory_order_relaxed);
  return theirs != 0 && theirs == ours ? entry.pid.load(std::memory_order_relaxed) : 0;
}

}  // namespace

bool is_dead(int pidfd) {
  pollfd poll_for{.fd = pidfd, .events = POLLIN, .revents = 0};
  return poll(&poll_for, 1, 0) == 1;
}

ImageDrain::ImageDrain(std::unique_ptr<MappingFile> mapping, TapeKeeper& keeper, Clock& clock)
    : mapping_(std::move(mapping)),
      keeper_(keeper),
      clock_(clock),
      reader_(*mapping_),
      rates_(mapping_->capture().sample_bytes),
      made_at_ns_(clock.monotonic_ns(UINT64_MAX)) {}

ImageDrain::~ImageDrain() {
  for (auto& [serial, process] : processes_)
    if (process.pidfd >= 0) close(process.pidfd);
}

bool ImageDrain::note_attached() {
  attached_ = attached_ || mapping_->header().attached.load(std::memory_order_acquire) != 0;
  return attached_;
}

bool ImageDrain::decide(const ImageFilter& filter) {
  std::atomic<std::uint32_t>& verdict = mapping_->header().verdict;
  if (verdict.load(std::memory_order_relaxed) != static_cast<std::uint32_t>(Verdict::open)) return true;
  const bool wanted = filter.matches(mapping_->header());
  verdict.store(static_cast<std::uint32_t>(wanted ? Verdict::record : Verdict::ignore), std::memory_order_release);
  wake_all(verdict);
  return wanted;
}

std::uint32_t ImageDrain::take_ignored_forks() {
  return static_cast<std::uint32_t>(mapping_->header().counts.ignored_forks.exchange(0, std::memory_order_relaxed));
}

std::uint64_t ImageDrain::started() const {
  return process_entry(mapping_->header(), 0).started.load(std::memory_order_relaxed);
}

std::uint32_t ImageDrain::pid() const { return known_pid(process_entry(mapping_->header(), 0)); }

// Parents before children, so that a child's tape can name its parent's. A parent has the smaller serial.
ImageDrain::Process* ImageDrain::process_of(std::uint32_t serial) {
  if (const auto known = processes_.find(serial); known != processes_.end()) return &known->second;
  std::vector<std::uint32_t> line{serial};  // of ancestors not known yet
  for (std::uint32_t child = serial; child < mapping_->header().processes_ready.load(std::memory_order_relaxed);) {
    const std::uint32_t parent = process_entry(mapping_->header(), child).parent_serial.load(std::memory_order_relaxed);
    if (parent >= child || processes_.contains(parent)) break;
    line.push_back(child = parent);
  }
  Process* process = nullptr;
  for (; !line.empty(); line.pop_back()) process = note_process(line.back());
  return process;
}

ImageDrain::Process* ImageDrain::note_process(std::uint32_t serial) {
  if (!attached_ || serial >= mapping_->header().processes_ready.load(std::memory_order_relaxed)) return nullptr;
  const ProcessEntry& entry = process_entry(mapping_->header(), serial);
  if (entry.claimed.load(std::memory_order_acquire) == 0) return nullptr;
  Process process;
  process.serial = serial;
  process.pid = known_pid(entry);
  if (process.pid != 0) process.pidfd = static_cast<int>(syscall(SYS_pidfd_open, process.pid, 0));
  process.execed = process.pid != 0 && execed_pids_.contains(process.pid);
  const auto parent = processes_.find(entry.parent_serial.load(std::memory_order_relaxed));
  process.tape = keeper_.make(mapping_->header(), entry, process.pid, serial != 0,
                              parent == processes_.end() ? nullptr : parent->second.tape.get());
  if (process.tape != nullptr) process.tape->use_rates(rates_);
  if (process.tape != nullptr) process.tape->sample_rss(clock_.monotonic_ns(UINT64_MAX));  // it may be gone in a moment
  return &processes_.emplace(serial, std::move(process)).first->second;
}

std::size_t ImageDrain::drain(std::uint64_t until) {
  if (!attached_) return 0;  // it may attach at this very moment; its records are for a round that knows it
  std::size_t records = 0;
  process_of(0);  // an image that never allocates has a tape too
  const std::span<Run> runs = reader_.read(until);
  for (auto first = runs.begin(); first != runs.end();) {
    const auto last = std::find_if(first, runs.end(), [&](const Run& run) { return run.serial != first->serial; });
    for (auto run = first; run != last; ++run) records += run->records.size();
    Process* process = process_of(first->serial);
    if (process != nullptr && process->tape != nullptr)
      process->tape->take(
          runs.subspan(static_cast<std::size_t>(first - runs.begin()), static_cast<std::size_t>(last - first)));
    first = last;
  }
  for (const auto& [chunk, serial, owner] : reader_.take_exhausted()) {
    const Process* process = process_of(serial);
    exhausted_.push_back(
        {chunk, serial, owner, process != nullptr && process->tape ? process->tape->writer().events() : 0});
  }
  if (mapping_->capture().sample_bytes != 0) follow_rates();
  mapping_->grow_stack_table();
  mapping_->grow_process_table();
  if (reader_.free_chunks() < mapping_->chunks() / 4) make_room();
  seal_as_needed(until);
  free_written_chunks();
  return records;
}

// Where the threads sample themselves, they are told of a tape's larger interval, and save the way to the drain.
void ImageDrain::follow_rates() {
  std::uint64_t wanted = 0;
  for (const auto& [serial, process] : processes_)
    if (process.tape != nullptr && !process.finished) wanted = std::max(wanted, process.tape->sample_interval());
  std::uint32_t number;
  if (wanted > rates_.newest() && rates_.add(wanted, number))
    mapping_->header().control.sample.store(pack_rate(number, wanted), std::memory_order_release);
}

// The lines that threads of the process counted in; they are free again.
void ImageDrain::count_left_out(std::uint32_t serial, Ledger& ledger) {
  GuestCounts& counts = mapping_->header().counts;
  ledger[Loss::small_births] += counts.small_births.exchange(0, std::memory_order_relaxed);
  ledger[Loss::unsampled_births] += counts.unsampled_births.exchange(0, std::memory_order_relaxed);
  if (!mapping_->capture().selects_in_program()) return;
  LeftOut* lines = left_out_lines(mapping_->header());
  for (std::uint32_t i = 0; i < kLeftOutLines; ++i) {
    if (lines[i].owner.load(std::memory_order_acquire) != std::uint64_t{serial} + 1) continue;
    ledger[Loss::small_births] += lines[i].small_births.exchange(0, std::memory_order_relaxed);
    ledger[Loss::unsampled_births] += lines[i].unsampled_births.exchange(0, std::memory_order_relaxed);
    lines[i].owner.store(0, std::memory_order_release);
  }
}

// More memory up to the limit; then what dead threads have left; then, while somebody waits and nothing else is on its
// way back, a little beyond the limit: many idle threads must not starve the others.
void ImageDrain::make_room() {
  const bool added = mapping_->grow() || take_back_from_dead_threads() != 0 ||
                     (exhausted_.empty() && reader_.free_chunks() == 0 &&
                      mapping_->header().waiting.load(std::memory_order_relaxed) != 0 && mapping_->overdraw());
  if (added) mapping_->announce_free();
}

// Whatever a thread committed before it was found dead has been given by the read that comes after: so a chunk goes
// back when its thread was dead already before this round's read.
std::size_t ImageDrain::take_back_from_dead_threads() {
  std::size_t count = 0;
  std::set<std::uint64_t> dead_now;
  for (const LaneReader::Held& held : reader_.held()) {
    const Process* process = process_of(held.serial);
    if (process == nullptr || process->tape == nullptr || process->pidfd < 0) continue;
    const std::uint32_t tid = process->tape->tid_of(held.lane);
    if (tid == 0 || thread_exists(process->pid, tid)) continue;
    if (!dead_lanes_.contains(held.owner)) {
      dead_now.insert(held.owner);
    } else if (mapping_->take_back(held.chunk, held.owner)) {
      reader_.forget(held.chunk);
      dead_lanes_.erase(held.owner);
      ++count;
    }
  }
  dead_lanes_.insert(dead_now.begin(), dead_now.end());
  return count;
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
  ++timed_seals_;
  for (auto& [serial, process] : processes_) {
    if (process.tape == nullptr || process.finished) continue;
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
    const bool in_file = process == nullptr || process->tape == nullptr || process->tape->sealed_events() >= one.events;
    if (!in_file || !mapping_->take_back(one.chunk, one.owner)) return false;
    reader_.forget(one.chunk);
    return true;
  };
  if (std::erase_if(exhausted_, freed) != 0) mapping_->announce_free();
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
  execed_pids_.insert(pid);
  for (auto& [serial, process] : processes_)
    if (process.pid == pid && !process.finished) process.execed = true;
}

void ImageDrain::finish(Process& process) {
  process.finished = true;
  if (process.tape == nullptr) return;
  Ledger ledger;
  ledger[Loss::torn_events] = reader_.torn(process.serial);
  // Counted for the mapping as a whole: whoever ends next answers for what was counted up to then.
  GuestCounts& counts = mapping_->header().counts;
  ledger[Loss::dropped_events] = counts.dropped_events.exchange(0, std::memory_order_relaxed);
  count_left_out(process.serial, ledger);
  ledger[Loss::lost_stacks] = counts.lost_stacks.exchange(0, std::memory_order_relaxed);
  Ending how = process.ending.value_or(Ending{.kind = EndKind::gone});
  if (process.execed) how = {.kind = EndKind::execed};
  keeper_.about_to_end(*process.tape, process.pid, how, ledger);
  process.tape->finish(how, ledger, clock_.monotonic_ns(UINT64_MAX));
}

void ImageDrain::look_for_gone(Endings& endings) {
  // Between claiming and attaching nobody has the file open either.
  constexpr std::uint64_t kLongestAttachNs = 5'000'000'000;
  const std::uint64_t now = clock_.monotonic_ns(UINT64_MAX);
  const bool unmapped = mapping_->is_over();
  if (!unmapped) unmapped_since_ns_ = now;
  // One that has attached meanwhile must be noted by whoever orders the images.
  const bool may_come =
      mapping_->header().attached.load(std::memory_order_acquire) != 0 || now - made_at_ns_ < kLongestAttachNs;
  if (unmapped && !attached_ && may_come) return;
  // Everything is committed: no process can turn up after this.
  if (unmapped) drain(clock_.tick());
  all_gone_ = unmapped;
  for (auto& [serial, process] : processes_) {
    if (process.finished) continue;
    const bool dead = process.pid != 0 && (process.pidfd < 0 || is_dead(process.pidfd));
    if (dead) process.ending = endings.of(process.pid, process.pidfd);
    process.gone = process.execed || dead || (unmapped && process.pid == 0);
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
