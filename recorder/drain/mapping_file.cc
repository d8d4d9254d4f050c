#include "recorder/drain/mapping_file.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <new>
#include <stdexcept>
#include <system_error>

namespace heaptape {
namespace {

// Beyond the buffer: one for each thread that holds a chunk and leaves the others none.
constexpr std::uint32_t kOverdraftChunks = 2048;
constexpr std::uint32_t kOverdraftStep = 16;

void set_control(GuestControl& control, const CaptureOptions& options) {
  control.unwind = static_cast<std::uint32_t>(options.unwind);
  control.depth = options.depth;
  control.intervals[0] = options.sample_bytes;
  control.seed = options.sample_seed;
  control.least_size = options.min_size;
  control.record_layer = static_cast<std::uint32_t>(options.record_layer);
  control.max_tape = options.max_tape;
}

// Opened once more: the kernel counts who has a file open for writing, as leases need it, but not its maker.
int open_memfd() {
  const int made = memfd_create("heaptape-mapping", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (made < 0) return -1;
  const int opened = open(("/proc/self/fd/" + std::to_string(made)).c_str(), O_RDWR | O_CLOEXEC);
  close(made);
  return opened;
}

[[noreturn]] void fail(const std::string& what) { throw std::system_error(errno, std::generic_category(), what); }

}  // namespace

void wake_all(std::atomic<std::uint32_t>& word) { syscall(SYS_futex, &word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0); }

MappingFile::MappingFile(const std::string& folder, std::uint32_t number, const CaptureOptions& capture,
                         Verdict verdict, std::uint64_t buffer_bytes)
    : path_(folder.empty() ? "" : folder + "/" + std::to_string(number)) {
  limit_ = static_cast<std::uint32_t>(std::max<std::uint64_t>(kFirstChunks, buffer_bytes / kChunkBytes));
  bytes_ = kChunksOffset + std::uint64_t{limit_ + kOverdraftChunks} * kChunkBytes;
  file_ = has_path() ? open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : open_memfd();
  if (file_ < 0) fail(has_path() ? "can't make " + path_ : "can't make shared memory");
  void* at = MAP_FAILED;
  if (ftruncate(file_, static_cast<off_t>(bytes_)) == 0 &&
      (has_path() || fcntl(file_, F_ADD_SEALS, F_SEAL_SHRINK) == 0) &&
      allocate(0, process_table_bytes(kFirstProcesses)) && allocate(kCountLinesOffset, kCountLinesBytes) &&
      allocate(kStackTableOffset, stack_level_entries(0) * sizeof(StackEntry)) &&
      allocate(kChunksOffset, std::uint64_t{kFirstChunks} * kChunkBytes))
    at = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, file_, 0);
  if (at == MAP_FAILED) {
    const int reason = errno;
    close(file_);
    if (has_path()) unlink(path_.c_str());
    errno = reason;
    fail("can't allocate shared memory" + (has_path() ? " in " + folder : ""));
  }
  header_ = new (at) MappingHeader{};
  chunks_ = reinterpret_cast<Chunk*>(static_cast<unsigned char*>(at) + kChunksOffset);
  header_->bytes = bytes_;
  header_->chunks_offset = kChunksOffset;
  header_->processes_ready = kFirstProcesses;
  header_->stack_levels = 1;
  header_->next_stack = 1;
  header_->max_stacks = max_stacks_ = std::clamp(capture.max_stacks, 1u, kMaxStackId);
  depth_ = capture.depth;
  ready_ = kFirstChunks;
  header_->chunks_ready = ready_;
  set_control(header_->control, capture);
  header_->verdict = static_cast<std::uint32_t>(verdict);
  header_->magic = kMappingMagic;
}

MappingFile::~MappingFile() {
  if (header_ != nullptr) munmap(header_, bytes_);
  close(file_);
  if (is_ours_ && has_path()) unlink(path_.c_str());
}

std::unique_ptr<MappingFile> MappingFile::adopt(const std::string& path, std::uint32_t most_chunks) {
  std::unique_ptr<MappingFile> mapping(new MappingFile);
  mapping->path_ = path;
  mapping->is_ours_ = false;
  mapping->file_ = open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  struct stat status;
  if (mapping->file_ < 0 || fstat(mapping->file_, &status) != 0) fail("can't open " + path);
  mapping->bytes_ = static_cast<std::uint64_t>(status.st_size);
  MappingHeader front{};
  if (!S_ISREG(status.st_mode) || pread(mapping->file_, static_cast<void*>(&front), sizeof front, 0) < 0)
    fail("can't read " + path);
  if (front.magic == 0) return nullptr;
  if (front.magic != kMappingMagic || front.chunks_offset != kChunksOffset || mapping->bytes_ < kChunksOffset)
    throw std::runtime_error(path + " is no mapping of this version of heaptape");
  const auto chunks = static_cast<std::uint32_t>(
      std::min<std::uint64_t>({front.chunks_ready, most_chunks, (mapping->bytes_ - kChunksOffset) / kChunkBytes}));
  const std::uint32_t processes = std::min(front.processes_ready.load(), kMaxProcesses);
  // Allocated by whoever made it; were it not, touching it would be a SIGBUS.
  if (!mapping->allocate(0, process_table_bytes(processes)) ||
      !mapping->allocate(kCountLinesOffset, kCountLinesBytes) ||
      !mapping->allocate(kChunksOffset, std::uint64_t{chunks} * kChunkBytes))
    fail("can't read " + path);
  void* at = mmap(nullptr, mapping->bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, mapping->file_, 0);
  if (at == MAP_FAILED) fail("can't map " + path);
  mapping->header_ = static_cast<MappingHeader*>(at);
  mapping->chunks_ = reinterpret_cast<Chunk*>(static_cast<unsigned char*>(at) + kChunksOffset);
  mapping->ready_ = mapping->limit_ = chunks;
  MappingHeader& header = *mapping->header_;
  header.processes_ready = processes;
  header.processes = 0;     // nobody claims any more
  header.stack_levels = 0;  // its table is not needed
  header.waiting = 0;       // whoever waited is gone
  return mapping;
}

std::uint32_t MappingFile::most_chunks() const { return limit_ + kOverdraftChunks; }

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

double MappingFile::stacks_used() const {
  return static_cast<double>(header_->next_stack.load(std::memory_order_relaxed)) / max_stacks_;
}

void MappingFile::lower_depth(std::uint32_t depth) {
  depth_ = depth;
  was_depth_lowered_ = true;
  header_->control.depth.store(depth, std::memory_order_relaxed);
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
  chunk.reserved.store(
      0, std::memory_order_release);  // first: were we killed here, it would be a chunk with nothing in it
  ++chunk.generation;
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
