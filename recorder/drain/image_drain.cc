#include "recorder/drain/image_drain.h"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>

#include "recorder/drain/proc.h"

namespace heaptape {
namespace {

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
      rates_(mapping_->header().control),
      made_at_ns_(clock.monotonic_ns(UINT64_MAX)) {
  if (!mapping_->has_path()) return;  // nobody could open the mapping, were we dead
  try {
    journal_ = std::make_unique<Journal>(mapping_->path(), mapping_->most_chunks(), clock_);
    const OutsideLog::Position front = keeper_.outside().front();
    next_outside_ = front.next;
    if (front.paused) journal_->note_outside({.kind = EventKind::pause});
  } catch (const std::system_error&) {
    // Short of shared memory: recording goes on, and could not be recovered.
  }
}

ImageDrain::ImageDrain(std::unique_ptr<MappingFile> mapping, TapeKeeper& keeper, Clock& clock,
                       std::span<const Given> given)
    : mapping_(std::move(mapping)),
      keeper_(keeper),
      clock_(clock),
      reader_(*mapping_),
      rates_(mapping_->header().control),
      is_recovery_(true),
      made_at_ns_(0) {
  for (const Given& one : given) reader_.resume(one.chunk, one.owner, one.slots);
}

ImageDrain::~ImageDrain() {
  for (auto& [serial, process] : processes_)
    if (process.pidfd >= 0) close(process.pidfd);
  if (!is_recovery_ && journal_ == nullptr && mapping_->has_path()) unlink((mapping_->path() + kJournalSuffix).c_str());
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
  process.pid = is_recovery_ ? 0 : known_pid(entry);
  if (process.pid != 0) process.pidfd = static_cast<int>(syscall(SYS_pidfd_open, process.pid, 0));
  process.execed = process.pid != 0 && execed_pids_.contains(process.pid);
  const auto parent = processes_.find(entry.parent_serial.load(std::memory_order_relaxed));
  process.tape = keeper_.make(mapping_->header(), entry, process.pid, serial,
                              parent == processes_.end() ? nullptr : parent->second.tape.get());
  if (process.tape != nullptr) process.tape->use_rates(rates_);
  if (process.tape != nullptr && mapping_->was_depth_lowered())
    process.tape->depth_lowered(mapping_->depth(), entry.started.load(std::memory_order_relaxed));
  if (process.tape != nullptr) process.tape->sample_rss(clock_.monotonic_ns(UINT64_MAX));  // it may be gone in a moment
  keep_journal(process);
  return &processes_.emplace(serial, std::move(process)).first->second;
}

void ImageDrain::keep_journal(Process& process) {
  if (journal_ == nullptr || process.tape == nullptr) return;
  process.tape->keep_journal(
      *journal_, process.serial, [this, serial = process.serial](std::span<const Run> runs, std::uint64_t events) {
        journal_->make_room(mapping_->chunks(), mapping_->header().processes_ready.load(std::memory_order_relaxed));
        reader_.note_taken(serial, runs, [&](std::uint32_t chunk, std::uint16_t generation, const SlotSet& taken) {
          journal_->note_chunk(chunk, serial, generation, events, taken);
        });
      });
}

// Before any tape has it: whoever recovers the tapes knows what they lack.
void ImageDrain::note_outside() {
  if (journal_ == nullptr) return;
  const OutsideLog& log = keeper_.outside();
  for (const Outside* what; (what = log.find(next_outside_)) != nullptr; ++next_outside_) journal_->note_outside(*what);
}

std::size_t ImageDrain::drain(std::uint64_t until) {
  note_outside();
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
  for (auto& [serial, process] : processes_)
    if (process.has_open_tape()) process.tape->take_outside(until);
  for (const auto& [chunk, serial, owner] : reader_.take_exhausted()) {
    const Process* process = process_of(serial);
    exhausted_.push_back(
        {chunk, serial, owner, process != nullptr && process->tape ? process->tape->events_to_seal() : 0});
  }
  if (rates_.are_followed()) follow_rates();
  mapping_->grow_stack_table();
  lower_depth_as_stacks_fill(until);
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
    if (process.has_open_tape()) wanted = std::max(wanted, process.tape->sample_interval());
  rates_.raise(mapping_->header().control, wanted);
}

void ImageDrain::for_each_tape(const std::function<void(ProcessTape&, const Ledger&)>& visit) {
  const GuestCounts& counts = mapping_->header().counts;
  for (auto& [serial, process] : processes_) {
    if (!process.has_open_tape()) continue;
    const Counters counted = counted_by(serial);
    process.tape->set_calls(counted[Counter::calls], counted[Counter::dropped_calls]);
    Ledger ledger = counted.left_out();
    ledger[Loss::dropped_events] = counts.dropped_events.load(std::memory_order_relaxed);
    ledger[Loss::lost_stacks] = counts.lost_stacks.load(std::memory_order_relaxed);
    visit(*process.tape, ledger);
  }
}

void ImageDrain::sample(std::uint64_t now_ns) {
  for (auto& [serial, process] : processes_)
    if (process.has_open_tape() && !process.execed) process.tape->sample_rss(now_ns);
}

void ImageDrain::refresh_names() {
  for (auto& [serial, process] : processes_)
    if (process.has_open_tape() && !process.execed) process.tape->refresh_names();
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
  const Counters counted = counted_by(process.serial);
  process.tape->set_calls(counted[Counter::calls], counted[Counter::dropped_calls]);
  Ledger ledger = counted.left_out();
  ledger[Loss::torn_events] = reader_.torn(process.serial);
  // Counted for the mapping as a whole: whoever ends next answers for what was counted up to then.
  GuestCounts& counts = mapping_->header().counts;
  ledger[Loss::dropped_events] = counts.dropped_events.exchange(0, std::memory_order_relaxed);
  ledger[Loss::lost_stacks] = counts.lost_stacks.exchange(0, std::memory_order_relaxed);
  Ending how = process.ending.value_or(Ending{.kind = EndKind::gone});
  if (process.execed) how = {.kind = EndKind::execed};
  keeper_.about_to_end(*process.tape, process.pid, how, ledger);
  process.tape->finish(how, ledger, is_recovery_ ? 0 : clock_.monotonic_ns(UINT64_MAX));
  forget_counted(process.serial, counted);
}

Ledger ImageDrain::Counters::left_out() const {
  Ledger ledger;
  ledger[Loss::small_births] = (*this)[Counter::small_births];
  ledger[Loss::unsampled_births] = (*this)[Counter::unsampled_births];
  return ledger;
}

// The lines that threads of the process counted in, and what threads without one counted for the mapping as a whole.
// Not taken away before the tape tells it: were we killed in between, recovery would look here.
ImageDrain::Counters ImageDrain::counted_by(std::uint32_t serial) const {
  Counters counted;
  const GuestCounts& counts = mapping_->header().counts;
  for (std::size_t i = 0; i < kCounters; ++i) counted.counts[i] = counts.lineless[i].load(std::memory_order_relaxed);
  for (const CountLine& line : mapping_->count_lines()) {
    if (line.owner.load(std::memory_order_acquire) != std::uint64_t{serial} + 1) continue;
    for (std::size_t i = 0; i < kCounters; ++i) counted.counts[i] += line.counters[i].load(std::memory_order_relaxed);
  }
  return counted;
}

void ImageDrain::forget_counted(std::uint32_t serial, Counters told) {
  for (CountLine& line : mapping_->count_lines()) {
    if (line.owner.load(std::memory_order_acquire) != std::uint64_t{serial} + 1) continue;
    for (std::size_t i = 0; i < kCounters; ++i)
      told.counts[i] -= line.counters[i].exchange(0, std::memory_order_relaxed);
    line.owner.store(0, std::memory_order_release);
  }
  GuestCounts& counts = mapping_->header().counts;
  for (std::size_t i = 0; i < kCounters; ++i) counts.lineless[i].fetch_sub(told.counts[i], std::memory_order_relaxed);
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
