// Four threads allocate; each keeps half of its blocks and hands the other half to its neighbour, who frees them.
// The counts are the same in each run, whatever the order. Try:
//   heaptape record -o threads.tape -- threads && heaptape top threads.tape --cost count
#include <array>
#include <condition_variable>
#include <cstddef>
#include <cstdio>
#include <latch>
#include <mutex>
#include <numeric>
#include <thread>
#include <utility>
#include <vector>

namespace {

constexpr std::size_t kThreads = 4;
constexpr std::size_t kBlocks = 1000;

using Block = std::vector<unsigned char>;

// Takes blocks from one thread to another. Its room is made once, so that its growth can't depend on timing.
class Mailbox {
 public:
  Mailbox() { blocks_.reserve(kBlocks / 2); }

  void put(Block block) {
    const std::lock_guard lock(mutex_);
    blocks_.push_back(std::move(block));
    arrived_.notify_one();
  }
  std::size_t empty_after(std::size_t expected) {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [&] { return blocks_.size() == expected; });
    const auto bytes = std::accumulate(blocks_.begin(), blocks_.end(), std::size_t{0},
                                       [](std::size_t sum, const Block& block) { return sum + block.size(); });
    blocks_.clear();  // frees what the neighbour allocated
    return bytes;
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<Block> blocks_;
};

std::size_t work(std::size_t self, std::array<Mailbox, kThreads>& mailboxes) {
  std::size_t bytes = 0;
  for (std::size_t number = 0; number < kBlocks; ++number) {
    Block block(16 + 8 * (number % 32) + self, static_cast<unsigned char>(number));
    bytes += block.size();
    if (number % 2 == 1) mailboxes[(self + 1) % kThreads].put(std::move(block));
  }
  return bytes + mailboxes[self].empty_after(kBlocks / 2);
}

}  // namespace

int main() {
  std::array<Mailbox, kThreads> mailboxes;
  std::array<std::size_t, kThreads> bytes{};
  std::latch all_there(kThreads);  // else a late thread could reuse the stack and thread data of one that has ended
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (std::size_t self = 0; self < kThreads; ++self) {
    threads.emplace_back([self, &all_there, &bytes, &mailboxes] {
      all_there.arrive_and_wait();
      bytes[self] = work(self, mailboxes);
    });
  }
  for (auto& thread : threads) thread.join();
  std::printf("%zu bytes seen\n", std::accumulate(bytes.begin(), bytes.end(), std::size_t{0}));
}
