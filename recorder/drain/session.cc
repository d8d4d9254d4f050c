#include "recorder/drain/session.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <new>
#include <system_error>

namespace heaptape {
namespace {

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

}  // namespace

Session::Session(const RecordOptions& options) : options_(options), paused_(options.capture.start_paused) {
  folder_ = "/dev/shm/heaptape.XXXXXX";
  if (mkdtemp(folder_.data()) == nullptr)
    throw std::system_error(errno, std::generic_category(),
                            "can't make a folder in /dev/shm for the recording session");
  const std::string path = folder_ + "/directory";
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  void* at = MAP_FAILED;
  if (file >= 0 && fallocate(file, 0, 0, kDirectoryBytes) == 0)
    at = mmap(nullptr, kDirectoryBytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  const int reason = errno;
  if (file >= 0) close(file);
  if (at == MAP_FAILED) {
    unlink(path.c_str());
    rmdir(folder_.c_str());
    throw std::system_error(reason, std::generic_category(), "can't allocate shared memory in /dev/shm");
  }
  directory_ = new (at) SessionDirectory{};
  hold(directory_->drain_lives);
  directory_->drop_when_full = options.drop_when_full ? 1 : 0;
  directory_->magic = kDirectoryMagic;
}

Session::~Session() {
  ready_.clear();
  munmap(directory_, kDirectoryBytes);
  unlink((folder_ + "/directory").c_str());
  rmdir(folder_.c_str());
}

void Session::make_ready(std::size_t count) {
  for (std::size_t slot = 0; slot < kImageSlots && ready_.size() < count; ++slot) {
    std::atomic<std::uint64_t>& image = directory_->images[slot];
    if (state_of_image(image.load(std::memory_order_acquire)) != ImageState::none) continue;
    ready_.push_back({slot, std::make_unique<MappingFile>(folder_, next_number_, options_)});
    ready_.back().file->set_paused(paused_);
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
