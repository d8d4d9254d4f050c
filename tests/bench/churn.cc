// churn THREADS PAIRS DEPTH PATHS: threads that free and allocate at random from 10,000 slots each, DEPTH calls
// deep, by one of PATHS call paths at random. An adversary: nothing repeats, and nothing else is done.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

namespace {

using Path = std::uint32_t;
constexpr std::size_t kSlots = 10000;

// Two ways down at each level: the path's bits choose.
template <int kWay>
[[gnu::noinline]] void* descend(int depth, Path path, std::size_t bytes) {
  void* block;
  if (depth == 0)
    block = std::malloc(bytes);
  else if ((path & 1) != 0)
    block = descend<1>(depth - 1, path >> 1, bytes);
  else
    block = descend<0>(depth - 1, path >> 1, bytes);
  asm volatile("" : "+r"(block));  // no tail call
  return block;
}

void churn(std::uint64_t pairs, int depth, Path paths, std::uint64_t state) {
  std::vector<void*> slots(kSlots);
  for (std::uint64_t i = 0; i < pairs; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    const auto random = static_cast<std::uint32_t>(state >> 33);
    void*& slot = slots[random % kSlots];
    std::free(slot);
    slot = descend<0>(depth, (random >> 14) % paths, 16 + (random >> 8) % 256);
  }
  for (void* block : slots) std::free(block);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "churn THREADS PAIRS DEPTH PATHS\n");
    return 2;
  }
  const auto number = [&](int i) { return std::strtoull(argv[i], nullptr, 10); };
  std::vector<std::thread> threads;
  for (std::uint64_t i = 0; i < number(1); ++i)
    threads.emplace_back(churn, number(2), static_cast<int>(number(3)), static_cast<Path>(number(4)), i + 1);
  for (std::thread& thread : threads) thread.join();
}
