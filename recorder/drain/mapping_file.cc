#include "recorder/drain/mapping_file.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <new>
#include <system_error>

namespace heaptape {
namespace {

constexpr std::uint32_t kFirstChunks = (1u << 20) / kChunkBytes;
// Beyond the buffer: one for each thread that holds a chunk and leaves the others none.
constexpr std::uint32_t kOverdraftChunks = 2048;
constexpr std::uint32_t kOverdraftStep = 16;

void set_control(GuestControl& control, const CaptureOptions& options) {
  control.paused = options.start_paused ? 1 : 0;
  control.unwind = static_cast<std::uint32_t>(options.unwind);
  control.depth = options.depth;
  control.record_layer = static_cast<std::uint32_t>(options.record_layer);
  control.min_size = options.min_size;
  control.sample = pack_rate(0, options.sample_bytes);
  control.seed = options.sample_seed;
}

[[noreturn]] void fail(const std::string& what) { throw std::system_error(errno, std::generic_category(), what); }

}  // namespace

void wake_all(std::atomic<std::uint32_t>& word) { syscall(SYS_futex, &word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0); }

MappingFile::MappingFile(const std::string& folder, std::uint32_t number, const RecordOptions& options)
    : path_(folder + "/" + std::to_string(number)), capture_(options.capture) {
  limit_ = static_cast<std::uint32_t>(std::max<std::uint64_t>(kFirstChunks, options.buffer_bytes / kChunkBytes));
  bytes_ = kChunksOffset + std::uint64_t{limit_ + kOverdraftChunks} * kChunkBytes;
  file_ = open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file_ < 0) fail("can't make " + path_);
  void* at = MAP_FAILED;
  if (ftruncate(file_, static_cast<off_t>(bytes_)) == 0 && allocate(0, process_table_bytes(kFirstProcesses)) &&
      (!options.capture.selects_in_program() || allocate(kLeftOutOffset, kLeftOutBytes)) &&
      allocate(kStackTableOffset, stack_level_entries(0) * sizeof(StackEntry)) &&
      allocate(kChunksOffset, std::uint64_t{kFirstChunks} * kChunkBytes))
    at = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, file_, 0);
  if (at == MAP_FAILED) {
    const int reason = errno;
    close(file_);
    unlink(path_.c_str());
    errno = reason;
    fail("can't allocate shared memory in " + folder);
  }
  header_ = new (at) MappingHeader{};
  chunks_ = reinterpret_cast<Chunk*>(static_cast<unsigned char*>(at) + kChunksOffset);
  header_->bytes = bytes_;
  header_->chunks_offset = kChunksOffset;
  header_->processes_ready = kFirstProcesses;
  header_->stack_levels = 1;
  header_->next_stack = 1;
  ready_ = kFirstChunks;
  header_->chunks_ready = ready_;
  set_control(header_->control, options.capture);
  header_->verdict = static_cast<std::uint32_t>(options.process.empty() ? Verdict::record : Verdict::open);
  header_->magic = kMappingMagic;
}

MappingFile::~MappingFile() {
  munmap(header_, bytes_);
  close(file_);
  unlink(path_.c_str());
}

bool MappingFile::allocate(std::uint64_t offset, std::uint64_t bytes) const {
  return fallocate(file_, 0, static_cast<off_t>(offset), static_cast<off_t>(bytes)) == 0;
}

bool MappingFile::grow() { return ready_ < limit_ && add_chunks(std::min(ready_, limit_ - ready_)); }

bool MappingFile::overdraw() {
  return ready_ < limit_ + kOverdraftChunks && add_chunks(std::min(kOverdraftStep, limit_ + kOverdraftChunks - ready_));
}

bool MappingFile::add_chunks(std::uint32_t more) {
  if (!allocate(kChunksOffset + std::uint64_t{ready_} * kChunkBytes, std::uint64_t{more} * kChunkBytes)) return false;
  ready_ += more;
  header_->chunks_ready.store(ready_, std::memory_order_release);
  return true;
}

void MappingFile::grow_process_table() {
  const std::uint32_t ready = header_->processes_ready.load(std::memory_order_relaxed);
  if (ready >= kMaxProcesses || header_->processes.load(std::memory_order_relaxed) < ready / 2) return;
  if (!allocate(process_table_bytes(ready), std::uint64_t{ready} * sizeof(ProcessEntry))) return;
  header_->processes_ready.store(2 * ready, std::memory_order_release);
}

void MappingFile::grow_stack_table() {
  const std::uint32_t levels = header_->stack_levels.load(std::memory_order_relaxed);
  if (levels == 0 || levels >= kStackLevels) return;
  if (header_->stack_entries[levels - 1].load(std::memory_order_relaxed) < stack_level_entries(levels - 1) / 2) return;
  if (!allocate(kStackTableOffset + stack_level_offset(levels), stack_level_entries(levels) * sizeof(StackEntry)))
    return;
  header_->stack_levels.store(levels + 1, std::memory_order_release);
}

bool MappingFile::take_back(std::uint32_t index, std::uint64_t owner) {
  if (!chunks_[index].owner.compare_exchange_strong(owner, owner | kClosing, std::memory_order_acq_rel)) return false;
  free_chunk(index);
  return true;
}

void MappingFile::free_chunk(std::uint32_t index) {
  Chunk& chunk = chunks_[index];
  ++chunk.generation;
  chunk.reserved.store(0, std::memory_order_relaxed);
  chunk.owner.store(0, std::memory_order_release);
  // Low chunks first: what is used again soon stays in the caches.
  if (index < header_->first_free.load(std::memory_order_relaxed))
    header_->first_free.store(index, std::memory_order_relaxed);
}

void MappingFile::announce_free() {
  header_->first_free.store(0, std::memory_order_relaxed);
  header_->freed.fetch_add(1, std::memory_order_release);
  if (header_->waiting.load(std::memory_order_relaxed) != 0) wake_all(header_->freed);
}

bool MappingFile::is_over() const {
  // A write lease is granted only while nobody else has the file open or mapped.
  if (fcntl(file_, F_SETLEASE, F_WRLCK) != 0) return false;
  fcntl(file_, F_SETLEASE, F_UNLCK);
  return true;
}

}  // namespace heaptape
