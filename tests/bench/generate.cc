// FILE EVENTS: a tape of a made-up program, of any length: 100,000 blocks live, one in four of its events among old
// ones. For proofs that reading needs no memory for events, under `ulimit -v`:
//   build/release/tests/bench/generate big.tape 1000000000 && (ulimit -v 3500000; heaptape top big.tape)
#include <cstdlib>
#include <random>
#include <vector>

#include "format/writer.h"

int main(int argc, char** argv) {
  using namespace heaptape;
  if (argc != 3) return 2;
  const std::uint64_t events = std::strtoull(argv[2], nullptr, 10);
  constexpr std::size_t kLive = 100'000, kStacks = 1000, kPiece = 4096;
  TapeWriter writer(argv[1], {.program = "/made/up", .arguments = {"up"}, .pid = 1, .clock_step_ns = 10'000},
                    {.overwrite = true});
  writer.define(
      Module{.path = "/made/up", .bias = 0x400000, .begin = 0x400000, .end = 0x500000, .is_executable = true});
  writer.define(Thread{1, "up"});
  for (std::uint32_t i = 0; i < kStacks; ++i)
    writer.define(Frame{StackId{i / 4}, 0x400000 + 16 * i, ModuleId{0}, true, false, false});
  std::mt19937_64 random(1);
  std::vector<std::uint64_t> live;
  std::vector<Event> piece;
  std::uint64_t next = 0x10000, time = 0, done = 0;
  while (done < events) {
    for (piece.clear(); piece.size() < kPiece && done < events; ++done) {
      Event event{.time_ns = time += 20};
      const bool is_birth = live.size() < kLive ? random() % 4 != 0 || live.empty() : random() % 2 == 0;
      const std::size_t at = live.empty() ? 0 : random() % 4 == 0 ? random() % live.size() : live.size() - 1;
      if (is_birth && live.size() < 2 * kLive) {
        event.address = next += 64;
        event.size = 16 + 8 * (random() % 6);
        event.stack = StackId{1 + static_cast<std::uint32_t>(random() % kStacks)};
        live.push_back(event.address);
      } else {
        event.kind = EventKind::release;
        event.function = Function::free;
        event.address = std::exchange(live[at], live.back());
        live.pop_back();
      }
      piece.push_back(event);
    }
    writer.append(piece);
  }
  writer.finish({EndKind::exited, 0, time}, {});
  return writer.error().empty() ? 0 : 1;
}
