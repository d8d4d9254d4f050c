#include "recorder/guest/image.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "recorder/clock.h"

namespace heaptape::guest {

Image image;
std::atomic<Recording> recording{Recording::unknown};

KeepErrno::KeepErrno() noexcept : kept_(errno) {}
KeepErrno::~KeepErrno() { errno = kept_; }

long futex_wait(std::atomic<std::uint32_t>& word, std::uint32_t expected, std::uint32_t milliseconds) noexcept {
  timespec limit{.tv_sec = milliseconds / 1000, .tv_nsec = static_cast<long>(milliseconds % 1000) * 1'000'000};
  return syscall(SYS_futex, &word, FUTEX_WAIT, expected, &limit, nullptr, 0);
}

void futex_wake(std::atomic<std::uint32_t>& word) noexcept {
  syscall(SYS_futex, &word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

void ring_doorbell() noexcept {
  image.directory->doorbell.fetch_add(1, std::memory_order_release);
  futex_wake(image.directory->doorbell);
}

namespace {

void note(const char* sentence) noexcept {
  const char front[] = "heaptape: ";
  [[maybe_unused]] ssize_t done = write(2, front, sizeof front - 1);
  done = write(2, sentence, strlen(sentence));
  done = write(2, "\n", 1);
}

bool is_memfd(const char* path) noexcept { return strncmp(path, kMemfdSession, sizeof kMemfdSession - 1) == 0; }

void* map_file(const char* path, std::size_t least, std::size_t* bytes) noexcept {
  // What /proc shows of a memfd is a link.
  const int file = open(path, O_RDWR | O_CLOEXEC | (is_memfd(path) ? 0 : O_NOFOLLOW));
  if (file < 0) return nullptr;
  struct stat status;
  void* at = MAP_FAILED;
  if (fstat(file, &status) == 0 && static_cast<std::size_t>(status.st_size) >= least) {
    *bytes = static_cast<std::size_t>(status.st_size);
    at = mmap(nullptr, *bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  }
  close(file);
  if (at == MAP_FAILED) return nullptr;
  madvise(at, *bytes, MADV_DONTDUMP);  // cores stay as they were
  return at;
}

// The number of a mapping that is ours alone now. Waits for the drain to make one: for 2 s without any sign of it.
// `memfd`: as in SessionDirectory.
bool claim_mapping(SessionDirectory& directory, std::uint32_t& number, std::uint32_t& memfd) noexcept {
  constexpr int kMostWaits = 100;
  constexpr std::uint32_t kWaitMilliseconds = 20;
  for (int waits = 0; waits < kMostWaits && !drain_has_died(directory);) {
    const std::uint32_t seen = directory.images_ready.load(std::memory_order_acquire);
    for (std::uint32_t i = 0; i < kImageSlots; ++i) {
      std::atomic<std::uint64_t>& slot = directory.images[i];
      std::uint64_t word = slot.load(std::memory_order_acquire);
      if (state_of_image(word) != ImageState::ready) continue;
      number = static_cast<std::uint32_t>(word >> 32);
      memfd = directory.memfds[i].load(std::memory_order_relaxed);
      if (slot.compare_exchange_strong(word, pack_image(number, ImageState::claimed), std::memory_order_acq_rel))
        return true;
    }
    ring_doorbell();
    futex_wait(directory.images_ready, seen, kWaitMilliseconds);
    if (directory.images_ready.load(std::memory_order_acquire) == seen) ++waits;
  }
  return false;
}

// Appends "/NAME" to a path that fits.
bool join(char (&path)[512], const char* folder, const char* name) noexcept {
  const std::size_t front = strlen(folder), back = strlen(name);
  if (front + back + 2 > sizeof path) return false;
  memcpy(path, folder, front);
  path[front] = '/';
  memcpy(path + front + 1, name, back + 1);
  return true;
}

void print_number(char (&text)[16], std::uint32_t number) noexcept {
  char digits[12];
  int n = 0;
  do digits[n++] = static_cast<char>('0' + number % 10);
  while ((number /= 10) != 0);
  for (int i = 0; i < n; ++i) text[i] = digits[n - 1 - i];
  text[n] = '\0';
}

// What /proc says of us, written down before anyone else could be asked: the image may be gone in a moment.
void introduce(MappingHeader& header) noexcept {
  header.entry = getauxval(AT_ENTRY);
  const ssize_t length = readlink("/proc/self/exe", header.executable, sizeof header.executable - 1);
  header.executable[length > 0 ? length : 0] = '\0';
  const int file = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
  if (file >= 0) {
    const ssize_t bytes = read(file, header.arguments, sizeof header.arguments);
    header.arguments_bytes = bytes > 0 ? static_cast<std::uint32_t>(bytes) : 0;
    close(file);
  }
}

std::uint64_t own_pid_namespace() noexcept {
  struct stat status;
  return stat("/proc/self/ns/pid", &status) == 0 ? status.st_ino : 0;
}

void* map_private(std::size_t bytes) noexcept {
  return mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

// Where the mapping is to be opened.
bool find_mapping(char (&path)[512], const char* session, std::uint32_t number, std::uint32_t memfd) noexcept {
  char name[16];
  if (memfd == 0) {
    print_number(name, number);
    return join(path, session, name);
  }
  char folder[512], pid[16];
  print_number(pid, image.directory->drain_pid);
  print_number(name, memfd - 1);
  return join(path, "/proc", pid) && join(folder, path, "fd") && join(path, folder, name);
}

// Joins by a mapping of our own. What fails after the claim leaves a mapping that nobody attached to.
bool join_session(const char* session) noexcept {
  std::uint32_t number = 0, memfd = 0;
  char path[512];
  if (!claim_mapping(*image.directory, number, memfd)) return false;
  std::size_t bytes = 0;
  if (!find_mapping(path, session, number, memfd)) return false;
  auto* header = static_cast<MappingHeader*>(map_file(path, kChunksOffset, &bytes));
  if (header == nullptr || header->magic != kMappingMagic || header->bytes != bytes) return false;
  void* wiped = map_private(sizeof(ProcessState));
  void* rules = map_private(sizeof(unwind::SharedRules));
  if (wiped == MAP_FAILED || rules == MAP_FAILED) return false;
  if (madvise(wiped, sizeof(ProcessState), MADV_WIPEONFORK) != 0) return false;
  auto* base = reinterpret_cast<unsigned char*>(header);
  image.header = header;
  image.stacks = reinterpret_cast<StackEntry*>(base + kStackTableOffset);
  image.chunks = reinterpret_cast<Chunk*>(base + header->chunks_offset);
  image.process = static_cast<ProcessState*>(wiped);
  image.rules = static_cast<unwind::SharedRules*>(rules);
  introduce(*header);
  std::uint32_t serial;
  if (!process_serial(serial)) return false;
  header->attached.store(1, std::memory_order_release);
  ring_doorbell();
  return true;
}

bool attach_to(const char* session) noexcept {
  char path[512];
  std::size_t bytes = 0;
  if (!join(path, session, "directory")) return false;
  auto* directory =
      static_cast<SessionDirectory*>(map_file(is_memfd(session) ? session : path, kDirectoryBytes, &bytes));
  if (directory == nullptr || directory->magic != kDirectoryMagic) return false;
  image.directory = directory;
  if (join_session(session)) return true;
  directory->images_refused.fetch_add(1, std::memory_order_relaxed);
  return false;
}

}  // namespace

void attach() noexcept {
  auto expected = Recording::unknown;
  if (!recording.compare_exchange_strong(expected, Recording::attaching)) return;
  const KeepErrno keep;
  const char* session = getenv(kSessionVariable);
  bool attached = false;
  if (session != nullptr && session[0] != '\0') {
    attached = attach_to(session);
    if (!attached) note("this program is not recorded: the recording session can't be joined (is it still running?)");
  }
  recording.store(attached ? Recording::on : Recording::inert, std::memory_order_release);
}

bool process_serial(std::uint32_t& serial) noexcept {
  ProcessState& process = *image.process;
  std::uint32_t known = process.serial_plus_one.load(std::memory_order_acquire);
  if (known == 0) {
    const std::uint32_t mine = image.header->processes.fetch_add(1, std::memory_order_relaxed);
    if (mine >= image.header->processes_ready.load(std::memory_order_acquire)) return false;
    // Of two threads of a fresh child one wins; the other's entry stays unclaimed.
    if (process.serial_plus_one.compare_exchange_strong(known, mine + 1, std::memory_order_acq_rel)) {
      ProcessEntry& entry = process_entry(*image.header, mine);
      entry.pid.store(static_cast<std::uint32_t>(getpid()), std::memory_order_relaxed);
      entry.parent.store(static_cast<std::uint32_t>(getppid()), std::memory_order_relaxed);
      entry.pid_namespace.store(own_pid_namespace(), std::memory_order_relaxed);
      entry.started.store(stamp_now(), std::memory_order_relaxed);
      entry.claimed.store(1, std::memory_order_release);
      known = mine + 1;
    }
  }
  serial = known - 1;
  return true;
}

}  // namespace heaptape::guest
