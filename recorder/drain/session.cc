#include "recorder/drain/session.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <new>
#include <system_error>

#include "recorder/drain/proc.h"

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

Session::Session(const RecordOptions& options) : options_(options) {
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
  if (getrandom(&id_, sizeof id_, 0) != sizeof id_ || id_ == 0) id_ = 1;
  directory_->drop_when_full = options.drop_when_full ? 1 : 0;
  directory_->magic = kDirectoryMagic;
}

Session::~Session() {
  ready_.clear();
  munmap(directory_, kDirectoryBytes);
  unlink((folder_ + "/directory").c_str());
  rmdir(folder_.c_str());
}

Session::Claim Session::claim() {
  for (const Ready& ready : ready_) {
    std::atomic<std::uint64_t>& image = directory_->images[ready.slot];
    std::uint64_t word = image.load(std::memory_order_acquire);
    const auto number = static_cast<std::uint32_t>(word >> 32);
    if (state_of_image(word) != ImageState::ready ||
        !image.compare_exchange_strong(word, pack_image(number, ImageState::claimed), std::memory_order_acq_rel))
      continue;
    return {.directory = open((folder_ + "/directory").c_str(), O_RDWR | O_CLOEXEC),
            .mapping = open((folder_ + "/" + std::to_string(number)).c_str(), O_RDWR | O_CLOEXEC)};
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
    ready_.push_back({slot, std::make_unique<MappingFile>(folder_, next_number_, options_)});
    image.store(pack_image(next_number_++, ImageState::ready), std::memory_order_release);
    directory_->images_ready.fetch_add(1, std::memory_order_release);
    wake_all(directory_->images_ready);
  }
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
