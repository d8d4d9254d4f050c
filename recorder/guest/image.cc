#include "recorder/guest/image.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
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
#include "recorder/guest/knock.h"
#include "recorder/guest/spawn.h"
#include "recorder/guest/text.h"

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

void say(const char* text) noexcept { [[maybe_unused]] const ssize_t done = write(2, text, strlen(text)); }

void say_why_not(const char* reason) noexcept {
  say("heaptape: this program is not recorded: ");
  say(reason);
  say("\n");
}

bool is_memfd(const char* path) noexcept { return strncmp(path, kMemfdSession, sizeof kMemfdSession - 1) == 0; }

// What /proc shows of a memfd is a link.
int open_shared(const char* path) noexcept {
  return open(path, O_RDWR | O_CLOEXEC | (is_memfd(path) ? 0 : O_NOFOLLOW));
}

// Maps a file of at least so many bytes, and closes it.
void* map_open(int file, std::size_t least, std::size_t* bytes) noexcept {
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

// The number of a mapping that is ours alone now. Waits for the drain to make one, as long as it makes any: others that
// started in the same instant may take each before us. Gives up after 5 s without a sign of it.
// `memfd`: as in SessionDirectory.
bool claim_mapping(SessionDirectory& directory, std::uint32_t& number, std::uint32_t& memfd) noexcept {
  constexpr int kMostWaits = 250;
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
    waits = directory.images_ready.load(std::memory_order_acquire) == seen ? waits + 1 : 0;
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

// Whether the program calls a malloc that comes before ours: the executable's own. One at a fixed place that takes the
// address of malloc has a stub of that name, which leads to ours: its symbol has a value, but is undefined.
bool malloc_is_the_programs_own() noexcept {
  const void* bound = dlsym(RTLD_DEFAULT, "malloc");
  dl_find_object found, ours;
  if (bound == nullptr || _dl_find_object(const_cast<void*>(bound), &found) != 0 ||
      _dl_find_object(&image, &ours) != 0 || found.dlfo_link_map == ours.dlfo_link_map)
    return false;
  Dl_info info;
  void* symbol = nullptr;
  return dladdr1(bound, &info, &symbol, RTLD_DL_SYMENT) == 0 || symbol == nullptr ||
         static_cast<const ElfW(Sym)*>(symbol)->st_shndx != SHN_UNDEF;
}

// What /proc says of us, written down before anyone else could be asked: the image may be gone in a moment.
void introduce(MappingHeader& header) noexcept {
  header.own_malloc = malloc_is_the_programs_own() ? 1 : 0;
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

enum class Joined { yes, no, not_wanted };

// Whether the drain wants this program. Where it chooses, it has to look first.
bool await_verdict(MappingHeader& header) noexcept {
  for (;;) {
    const auto verdict = static_cast<Verdict>(header.verdict.load(std::memory_order_acquire));
    if (verdict != Verdict::open) return verdict == Verdict::record;
    if (drain_has_died(*image.directory)) return true;
    futex_wait(header.verdict, static_cast<std::uint32_t>(Verdict::open), 20);
  }
}

// Joins by a mapping of our own. What fails after the claim leaves a mapping that nobody attached to.
Joined join_by(int mapping) noexcept {
  std::size_t bytes = 0;
  auto* header = static_cast<MappingHeader*>(map_open(mapping, kChunksOffset, &bytes));
  if (header == nullptr || header->magic != kMappingMagic || header->bytes != bytes) return Joined::no;
  void* wiped = map_private(sizeof(ProcessState));
  void* rules = map_private(sizeof(unwind::SharedRules));
  if (wiped == MAP_FAILED || rules == MAP_FAILED) return Joined::no;
  if (madvise(wiped, sizeof(ProcessState), MADV_WIPEONFORK) != 0) return Joined::no;
  auto* base = reinterpret_cast<unsigned char*>(header);
  image.header = header;
  image.stacks = reinterpret_cast<StackEntry*>(base + kStackTableOffset);
  image.chunks = reinterpret_cast<Chunk*>(base + header->chunks_offset);
  image.process = static_cast<ProcessState*>(wiped);
  image.rules = static_cast<unwind::SharedRules*>(rules);
  image.least_size = header->control.least_size.load(std::memory_order_relaxed);
  image.is_sampled = header->control.intervals[0].load(std::memory_order_relaxed) != 0;
  if (image.least_size != 0 || image.is_sampled) {
    void* recorded = map_private(sizeof(RecordedSet));
    if (recorded == MAP_FAILED) return Joined::no;
    image.recorded = static_cast<RecordedSet*>(recorded);
  }
  introduce(*header);
  std::uint32_t serial;
  if (!process_serial(serial)) return Joined::no;
  header->attached.store(1, std::memory_order_release);
  ring_doorbell();
  if (await_verdict(*header)) return Joined::yes;
  munmap(header, bytes);
  munmap(wiped, sizeof(ProcessState));
  munmap(rules, sizeof(unwind::SharedRules));
  if (image.recorded != nullptr) munmap(image.recorded, sizeof(RecordedSet));
  return Joined::not_wanted;
}

bool is_left_out(const SessionDirectory& directory) noexcept {
  const std::uint32_t only = directory.only_pid.load(std::memory_order_relaxed);
  return only != 0 && (only != static_cast<std::uint32_t>(getpid()) ||
                       directory.only_pid_namespace.load(std::memory_order_relaxed) != own_pid_namespace());
}

// A mapping's descriptor; -1: there is none for us.
int claim_and_open(const char* session) noexcept {
  std::uint32_t number = 0, memfd = 0;
  char path[512];
  if (!claim_mapping(*image.directory, number, memfd)) return -1;
  return find_mapping(path, session, number, memfd) ? open_shared(path) : -1;
}

Joined attach_to(const char* session) noexcept {
  char path[512];
  std::size_t bytes = 0;
  LetIn let_in;
  if (!join(path, session, "directory")) return Joined::no;
  let_in.directory = open_shared(is_memfd(session) ? session : path);
  if (let_in.directory < 0 && !knock(session, let_in)) return Joined::no;
  auto* directory = static_cast<SessionDirectory*>(map_open(let_in.directory, kDirectoryBytes, &bytes));
  const bool known = directory != nullptr && directory->magic == kDirectoryMagic;
  const bool left_out = known && is_left_out(*directory);
  if (!known || left_out) {
    if (let_in.mapping >= 0) close(let_in.mapping);
    if (left_out) directory->images_ignored.fetch_add(1, std::memory_order_relaxed);
    if (directory != nullptr) munmap(directory, bytes);
    return left_out ? Joined::not_wanted : Joined::no;
  }
  image.directory = directory;
  const Joined joined = join_by(let_in.mapping >= 0 ? let_in.mapping : claim_and_open(session));
  if (joined == Joined::no) directory->images_refused.fetch_add(1, std::memory_order_relaxed);
  if (joined != Joined::yes) munmap(directory, bytes);
  return joined;
}

// A forked child under --children ignore. Its memory is a copy: what is set here is its own.
void leave_fork_out() noexcept {
  auto expected = Recording::on;
  if (recording.compare_exchange_strong(expected, Recording::inert))
    image.header->counts.ignored_forks.fetch_add(1, std::memory_order_relaxed);
}

bool is_set(const char* variable) noexcept { return variable != nullptr && variable[0] != '\0'; }

// Says why it failed. `alone`: no other thread runs yet, so that the environment may be changed.
Joined attach_to_own_drain(bool alone) noexcept {
  Spawned spawned;
  spawn_drain(spawned);
  if (spawned.session[0] == '\0') {
    say_why_not(spawned.reason);
    return Joined::no;
  }
  const Joined joined = attach_to(spawned.session);
  if (joined == Joined::no) say_why_not("the session of its own drain can't be joined");
  if (joined != Joined::no && alone) hand_down_session(spawned.session);
  return joined;
}

Recording state_after(Joined joined) noexcept { return joined == Joined::yes ? Recording::on : Recording::inert; }

}  // namespace

// The environment of a program that runs with others' rights is not to be trusted.
void attach() noexcept {
  auto expected = Recording::unknown;
  if (!recording.compare_exchange_strong(expected, Recording::attaching)) return;
  const KeepErrno keep;
  const char* session = secure_getenv(kSessionVariable);
  const bool may_start = is_set(secure_getenv(kOutputVariable));
  Joined joined = Joined::no;
  if (is_set(session)) joined = attach_to(session);
  if (joined == Joined::no && may_start)
    joined = attach_to_own_drain(true);
  else if (joined == Joined::no && is_set(session))
    say_why_not("the recording session can't be joined (is it still running?)");
  recording.store(is_set(session) || may_start ? state_after(joined) : Recording::idle, std::memory_order_release);
}

bool attach_by_wish() noexcept {
  auto expected = Recording::idle;
  if (!recording.compare_exchange_strong(expected, Recording::attaching)) return false;
  const KeepErrno keep;
  Joined joined = Joined::no;
  if (getauxval(AT_SECURE) == 0)
    joined = attach_to_own_drain(false);
  else
    say_why_not("it runs with the rights of another user");
  recording.store(state_after(joined), std::memory_order_release);
  return joined == Joined::yes;
}

bool process_serial(std::uint32_t& serial) noexcept {
  ProcessState& process = *image.process;
  std::uint32_t known = process.serial_plus_one.load(std::memory_order_acquire);
  if (known == 0) {
    if (image.header->attached.load(std::memory_order_relaxed) != 0 &&
        image.directory->only_pid.load(std::memory_order_relaxed) != 0) {
      leave_fork_out();
      return false;
    }
    const std::uint32_t mine = image.header->processes.fetch_add(1, std::memory_order_relaxed);
    if (mine >= image.header->processes_ready.load(std::memory_order_acquire)) return false;
    // Of two threads of a fresh child one wins; the other's entry stays unclaimed.
    if (process.serial_plus_one.compare_exchange_strong(known, mine + 1, std::memory_order_acq_rel)) {
      ProcessEntry& entry = process_entry(*image.header, mine);
      entry.pid.store(static_cast<std::uint32_t>(getpid()), std::memory_order_relaxed);
      entry.parent.store(static_cast<std::uint32_t>(getppid()), std::memory_order_relaxed);
      entry.pid_namespace.store(own_pid_namespace(), std::memory_order_relaxed);
      entry.started.store(stamp_now(), std::memory_order_relaxed);
      entry.parent_serial.store(image.serial_when_forked.exchange(mine, std::memory_order_relaxed),
                                std::memory_order_relaxed);
      entry.claimed.store(1, std::memory_order_release);
      known = mine + 1;
    }
  }
  serial = known - 1;
  return true;
}

}  // namespace heaptape::guest
