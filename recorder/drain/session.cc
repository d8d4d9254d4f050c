#include "recorder/drain/session.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <system_error>

#include "recorder/drain/proc.h"
#include "recorder/drain/place.h"

namespace heaptape {
namespace {

// For the directory and one mapping: less is no place.
constexpr std::uint64_t kLeastRoom = 2u << 20;
constexpr std::uint64_t kLeastBuffer = 1u << 20;

// Locked for good: the kernel marks the lock when its owner dies, and everyone who maps it can see that.
void hold(pthread_mutex_t& lock) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init(&lock, &attributes);
  pthread_mutexattr_destroy(&attributes);
  pthread_mutex_lock(&lock);
}

// A file of its own for somebody else: of a memfd, or by path where there is none.
int open_again(int memfd, const std::string& path) {
  return open((memfd >= 0 ? fmt::format("/proc/self/fd/{}", memfd) : path).c_str(), O_RDWR | O_CLOEXEC);
}

}  // namespace

Session::Session(const RecordOptions& options, const SessionNotes& notes)
    : options_(options), buffer_bytes_(options.buffer_bytes), paused_(options.start_paused) {
  const std::vector<std::string> places = session_places();
  if (std::none_of(places.begin(), places.end(), [&](const std::string& place) { return make_in(place, notes); }))
    make_of_memfds();
  hold(directory_->drain_lives);
  if (getrandom(&id_, sizeof id_, 0) != sizeof id_ || id_ == 0) id_ = 1;
  directory_->drain_pid = static_cast<std::uint32_t>(getpid());
  directory_->drop_when_full = options.drop_when_full ? 1 : 0;
  directory_->magic = kDirectoryMagic;
}

bool Session::map_directory(int file) {
  if (file < 0 || fallocate(file, 0, 0, kDirectoryBytes) != 0) return false;
  void* at = mmap(nullptr, kDirectoryBytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (at == MAP_FAILED) return false;
  directory_ = new (at) SessionDirectory{};
  return true;
}

bool Session::make_in(const std::string& place, const SessionNotes& notes) {
  if (room_in(place) < kLeastRoom) return false;
  folder_ = place + "/" + kSessionPrefix + "XXXXXX";
  if (mkdtemp(folder_.data()) == nullptr) return folder_.clear(), false;
  const std::string path = folder_ + "/directory";
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  try {
    if (map_directory(file)) notes_ = write_notes(folder_, notes);
  } catch (const std::system_error&) {
    munmap(directory_, kDirectoryBytes);
    directory_ = nullptr;
  }
  if (file >= 0) close(file);
  if (directory_ == nullptr) {
    unlink(path.c_str());
    rmdir(folder_.c_str());
    return folder_.clear(), false;
  }
  name_ = folder_;
  // Others live there too, and a program may have many images.
  buffer_bytes_ = std::min(buffer_bytes_, std::max(room_in(place) / 4, kLeastBuffer));
  return true;
}

void Session::make_of_memfds() {
  directory_file_ = memfd_create("heaptape-directory", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (!map_directory(directory_file_) || fcntl(directory_file_, F_ADD_SEALS, F_SEAL_SHRINK) != 0)
    throw std::system_error(errno, std::generic_category(),
                            "can't allocate shared memory: /dev/shm has no room, and there is no other");
  name_ = fmt::format("/proc/{}/fd/{}", getpid(), directory_file_);
}

Session::~Session() {
  ready_.clear();
  munmap(directory_, kDirectoryBytes);
  if (directory_file_ >= 0) close(directory_file_);
  if (folder_.empty()) return;
  unlink((folder_ + "/directory").c_str());
  unlink((folder_ + "/" + kNotesName).c_str());
  rmdir(folder_.c_str());
  close(notes_);
}

// In the folder while there is room; where there is none, a memfd has no such limit.
std::unique_ptr<MappingFile> Session::make_mapping() {
  const Verdict verdict = options_.process.empty() ? Verdict::record : Verdict::open;
  if (!folder_.empty()) {
    try {
      return std::make_unique<MappingFile>(folder_, next_number_, options_.capture, verdict, buffer_bytes_);
    } catch (const std::system_error&) {
    }
  }
  return std::make_unique<MappingFile>("", next_number_, options_.capture, verdict, buffer_bytes_);
}

Session::Claim Session::claim() {
  for (const Ready& ready : ready_) {
    std::atomic<std::uint64_t>& image = directory_->images[ready.slot];
    std::uint64_t word = image.load(std::memory_order_acquire);
    const auto number = static_cast<std::uint32_t>(word >> 32);
    if (state_of_image(word) != ImageState::ready ||
        !image.compare_exchange_strong(word, pack_image(number, ImageState::claimed), std::memory_order_acq_rel))
      continue;
    return {.directory = open_again(directory_file_, folder_ + "/directory"),
            .mapping = open_again(ready.file->has_path() ? -1 : ready.file->descriptor(),
                                  folder_ + "/" + std::to_string(number))};
  }
  return {};
}

bool Session::close_doors() {
  const auto withdraw = [&](const Ready& ready) {
    std::atomic<std::uint64_t>& image = directory_->images[ready.slot];
    std::uint64_t word = image.load(std::memory_order_relaxed);
    return state_of_image(word) == ImageState::ready &&
           image.compare_exchange_strong(word, pack_image(0, ImageState::none), std::memory_order_acq_rel);
  };
  std::erase_if(ready_, withdraw);
  return ready_.empty();
}

void Session::admit_only(std::uint32_t pid) {
  directory_->only_pid_namespace = own_pid_namespace();
  directory_->only_pid = pid;
}

void Session::make_ready(std::size_t count) {
  for (std::size_t slot = 0; slot < kImageSlots && ready_.size() < count; ++slot) {
    std::atomic<std::uint64_t>& image = directory_->images[slot];
    if (state_of_image(image.load(std::memory_order_acquire)) != ImageState::none) continue;
    ready_.push_back({slot, make_mapping()});
    MappingFile& made = *ready_.back().file;
    made.set_paused(paused_);
    directory_->memfds[slot].store(made.has_path() ? 0 : static_cast<std::uint32_t>(made.descriptor()) + 1,
                                   std::memory_order_relaxed);
    image.store(pack_image(next_number_++, ImageState::ready), std::memory_order_release);
    directory_->images_ready.fetch_add(1, std::memory_order_release);
    wake_all(directory_->images_ready);
  }
}

void Session::set_paused(bool paused) {
  paused_ = paused;
  for (const Ready& ready : ready_) ready.file->set_paused(paused);
}

std::vector<std::unique_ptr<MappingFile>> Session::take_claimed() {
  std::vector<std::unique_ptr<MappingFile>> claimed;
  const auto gone = std::stable_partition(ready_.begin(), ready_.end(), [&](const Ready& ready) {
    return state_of_image(directory_->images[ready.slot].load(std::memory_order_acquire)) != ImageState::claimed;
  });
  for (auto it = gone; it != ready_.end(); ++it) {
    directory_->images[it->slot].store(pack_image(0, ImageState::none), std::memory_order_release);
    claimed.push_back(std::move(it->file));
  }
  ready_.erase(gone, ready_.end());
  return claimed;
}

}  // namespace heaptape
