// What the parts of one recorded allocation cost, each by itself: append, walk, intern. Run by hand, on a quiet
// machine:
//   build/release/tests/bench/micro [--benchmark_filter=Walk]
//
// The guest's own sources, without the hooks, in a session that this process itself drains.
#include <benchmark/benchmark.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <memory>

#include "recorder/drain/session.h"
#include "recorder/guest/image.h"
#include "recorder/guest/lane.h"
#include "recorder/guest/stack.h"

namespace heaptape {
namespace {

constexpr std::uint64_t kBufferBytes = 64u << 20;
// Slots that may be filled before chunks are taken back.
constexpr std::int64_t kSlotsAtOnce = kBufferBytes / kChunkBytes / 2 * kSlotsPerChunk;

class Recorder {
 public:
  Recorder() {
    options_.buffer_bytes = kBufferBytes;
    session_ = std::make_unique<Session>(options_, SessionNotes{});
    session_->make_ready(1);
    setenv(kSessionVariable, session_->name().c_str(), 1);
    guest::attach();
    auto claimed = session_->take_claimed();
    if (guest::recording != guest::Recording::on || claimed.empty()) abort();
    mapping_ = std::move(claimed.front());
    while (mapping_->grow()) {
    }
  }

  // As the drain would, once everything is in the file.
  void take_back_chunks() {
    const std::uint32_t own = static_cast<std::uint32_t>((guest::thread_state()->cursor >> 32) - 1);
    for (std::uint32_t i = 0; i < mapping_->chunks(); ++i)
      if (i != own && mapping_->chunk(i).owner.load() != 0) mapping_->free_chunk(i);
    mapping_->announce_free();
    for (int i = 0; i < 8; ++i) mapping_->grow_stack_table();
  }

 private:
  RecordOptions options_;
  std::unique_ptr<Session> session_;
  std::unique_ptr<MappingFile> mapping_;
};

Recorder& recorder() {
  static Recorder one;
  return one;
}

// Calls back at that depth, by one of two call sites at each level.
template <class Leaf>
[[gnu::noinline]] void at_depth(int depth, std::uint32_t path, const Leaf& leaf) {
  if (depth == 0) {
    leaf();
  } else if ((path & 1) != 0) {
    at_depth(depth - 1, path >> 1, leaf);
    asm volatile("nop");
  } else {
    at_depth(depth - 1, path >> 1, leaf);
  }
  asm volatile("" ::: "memory");
}

void append(benchmark::State& state) {
  recorder().take_back_chunks();
  std::int64_t left = kSlotsAtOnce;
  for (auto _ : state) {
    guest::Append record(*guest::thread_state(), 1);
    record.head().stamp = guest::event_stamp();
    record.head().address = 4096;
    record.head().size = 0;
    record.commit(SlotKind::release, static_cast<std::uint8_t>(Function::free), 0);
    if (--left != 0) continue;
    state.PauseTiming();
    recorder().take_back_chunks();
    left = kSlotsAtOnce;
    state.ResumeTiming();
  }
}
BENCHMARK(append);

enum class Way { linked, cold, frame_pointers };

// Time for one walk; the frames below main come on top of the depth asked for.
template <Way way>
void walk(benchmark::State& state) {
  recorder();
  auto memory = std::make_unique<unwind::Memory>();
  auto trace = std::make_unique<unwind::Trace>();
  auto frames = std::make_unique<std::uint64_t[]>(unwind::kMaxDepth);
  std::uint32_t epoch = 0, seen = 0;
  at_depth(static_cast<int>(state.range(0)), 0, [&] {
    for (auto _ : state) {
      const void* here = __builtin_frame_address(0);
      if (way == Way::cold) ++epoch;
      seen =
          way == Way::frame_pointers
              ? unwind::walk_by_frame_pointers(*memory, here, frames.get(), unwind::kMaxDepth).count
              : unwind::walk(*memory, *guest::image.rules, epoch, here, frames.get(), unwind::kMaxDepth, *trace).count;
      benchmark::DoNotOptimize(seen);
    }
  });
  state.counters["frames"] = seen;
}
BENCHMARK(walk<Way::linked>)->Arg(16)->Arg(64)->Arg(400)->Arg(4000)->ArgName("depth");
BENCHMARK(walk<Way::cold>)->Arg(16)->Arg(64)->ArgName("depth");
BENCHMARK(walk<Way::frame_pointers>)->Arg(16)->Arg(64)->ArgName("depth");

// A stack's id as each recorded birth needs it: the same stack again and again, of few enough frames that it is
// recalled without a walk.
void intern_recalled(benchmark::State& state) {
  recorder().take_back_chunks();
  guest::ThreadState& thread = *guest::thread_state();
  at_depth(4, 0, [&] {
    for (auto _ : state) benchmark::DoNotOptimize(guest::capture_stack(thread, __builtin_frame_address(0)));
  });
}
BENCHMARK(intern_recalled);

// The same from many stacks in turn, 16 levels deep, so that each is walked: fewer than a thread's memo holds, or more,
// whose ids are then in the mapping's table.
void intern_known(benchmark::State& state) {
  const auto stacks = static_cast<std::uint32_t>(state.range(0));
  recorder().take_back_chunks();
  guest::ThreadState& thread = *guest::thread_state();
  const auto leaf = [&] { benchmark::DoNotOptimize(guest::capture_stack(thread, __builtin_frame_address(0))); };
  for (std::uint32_t path = 0; path < stacks; ++path) at_depth(16, path, leaf);
  recorder().take_back_chunks();
  std::uint32_t path = 0;
  for (auto _ : state) at_depth(16, path++ % stacks, leaf);
}
BENCHMARK(intern_known)->Arg(guest::kStackMemos / 4)->Arg(8 * guest::kStackMemos)->ArgName("stacks");

// The same with a new stack each time: told through the lane, then published.
void intern_new(benchmark::State& state) {
  constexpr int kDepth = 20;
  recorder().take_back_chunks();
  guest::ThreadState& thread = *guest::thread_state();
  const auto leaf = [&] { benchmark::DoNotOptimize(guest::capture_stack(thread, __builtin_frame_address(0))); };
  static std::uint32_t path = 0;
  std::int64_t left = kSlotsAtOnce / 16;
  for (auto _ : state) {
    at_depth(kDepth, path++, leaf);
    if (--left != 0) continue;
    state.PauseTiming();
    recorder().take_back_chunks();
    left = kSlotsAtOnce / 16;
    state.ResumeTiming();
  }
}
BENCHMARK(intern_new)->Iterations(300'000);

}  // namespace
}  // namespace heaptape

BENCHMARK_MAIN();
