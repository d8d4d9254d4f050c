// tests/golden/ has what heaptape wrote when each version of the format was released. Every later version reads it.
//
// The newest is written anew, which only a change before the release of its version may ask for, by
//   HEAPTAPE_REGENERATE_GOLDEN=1 format_tests --gtest_filter='Golden.*'
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <string>

#include "format/extract.h"
#include "tests/format/naive_accounting.h"
#include "tests/format/story.h"
#include "tests/format/tape_folder.h"

namespace heaptape {
namespace {

std::string golden(const std::string& version) { return HEAPTAPE_GOLDEN_DIR "/" + version + ".tape"; }

// Written out, so that no change to the other tests' stories reaches it.
Story golden_story() {
  Story story;
  story.meta = {"/usr/bin/golden",
                {"golden", "--tape", "1.0"},
                "node 6.1.0-18-amd64",
                "heaptape 0.1.0",
                1'700'000'000'123'456'789,
                4242,
                4241,
                2,
                1000,
                false};
  story.modules = {
      {"/usr/bin/golden", "0123456789abcdef", 0x5555'0000'0000, 0x5555'0000'0000, 0x5555'0001'0000, true, false},
      {"/usr/lib/x86_64-linux-gnu/libc.so.6", "fedcba", 0x7f00'0000'0000, 0x7f00'0000'0000, 0x7f00'0020'0000, false,
       true}};
  story.frames = {{},
                  {StackId{0}, 0x7f00'0002'7249, ModuleId{1}, false, false},
                  {StackId{1}, 0x5555'0000'1010, ModuleId{0}, true, false},
                  {StackId{2}, 0x5555'0000'2020, ModuleId{0}, true, false},
                  {StackId{0}, 0xdead'beef, kNoModule, false, true}};
  story.threads = {{4242, "golden"}, {4243, "worker"}};
  story.texts = {"begin", "end"};
  story.variables = {{"numbers_vec", "std::vector<int>", "golden.cc", 17}};
  story.rss = {{0, 1 << 20}, {10'000'000, 3 << 20}, {20'000'000, 2 << 20}};
  story.ending = {EndKind::exited, 7, 20'500'000};

  auto& events = story.events;
  events.push_back({.time_ns = 1000, .reference = 0, .kind = EventKind::mark});
  for (std::uint32_t i = 0; i < 20; ++i) {
    const ThreadId thread{i % 2};
    const std::uint64_t time = 2000 + i * 3000, address = 0x5555'1000'0000 + i * 64;
    events.push_back({.time_ns = time,
                      .address = address,
                      .size = 10 + i,
                      .stack = StackId{i % 5},
                      .thread = thread,
                      .function = static_cast<Function>(i % 8)});
    if (i % 3 == 0) {
      events.push_back({.time_ns = time + 1000,
                        .address = address,
                        .thread = thread,
                        .kind = EventKind::release,
                        .function = static_cast<Function>(8 + i % 4)});
    }
  }
  const std::uint64_t kept = 0x5555'1000'0000 + 64, time = 100'000;
  events.push_back({.time_ns = time, .address = kept, .kind = EventKind::release, .function = Function::realloc});
  events.push_back({.time_ns = time, .address = kept, .kind = EventKind::restored, .function = Function::realloc});
  events.push_back(
      {.time_ns = time, .address = 0x7ffd'0000'0010, .size = 24, .scope = 1, .kind = EventKind::scope_begin});
  events.push_back({.time_ns = time, .scope = 1, .kind = EventKind::scope_read});
  events.push_back({.time_ns = time, .address = kept + 8, .size = 2, .scope = 1, .kind = EventKind::owns});
  events.push_back({.time_ns = time, .scope = 1, .kind = EventKind::scope_end});
  events.push_back({.time_ns = time + 1000, .kind = EventKind::pause});
  events.push_back({.time_ns = time + 9000, .kind = EventKind::resume});
  events.push_back({.time_ns = time + 9000,
                    .address = 0x10,
                    .thread = ThreadId{1},
                    .kind = EventKind::release,
                    .function = Function::free});
  events.push_back({.time_ns = time + 10'000, .reference = 1, .kind = EventKind::mark});
  return story;
}

TEST(Golden, TapeOfFormat1_0IsRead) {
  const Story story = golden_story();
  const TapeReader reader(golden("1.0"));
  EXPECT_EQ(reader.condition(), Condition::whole);
  EXPECT_EQ(all_events(reader), story.events);
  EXPECT_EQ(reader.blocks().size(), 3u);
  EXPECT_EQ(reader.totals(), account_naively(story.events, story.frames).totals);
  EXPECT_EQ(reader.totals().all.allocations, 20u);
  EXPECT_EQ(reader.totals().all.frees, 7u);
  EXPECT_EQ(reader.totals().program.allocations, 8u);
  EXPECT_EQ(reader.ledger()[Loss::earlier_frees], 1u);
  EXPECT_FALSE(reader.ledger().lossy());
  EXPECT_EQ(reader.meta().arguments, story.meta.arguments);
  EXPECT_EQ(reader.meta().started_unix_ns, story.meta.started_unix_ns);
  EXPECT_EQ(reader.meta().clock_step_ns, 1000u);
  EXPECT_EQ(reader.ending().status, 7);
  EXPECT_EQ(reader.ending().duration_ns, 20'500'000u);
  ASSERT_EQ(reader.frames().size(), 5u);
  EXPECT_EQ(reader.frames()[3].address, 0x5555'0000'2020u);
  EXPECT_TRUE(reader.frames()[4].truncated);
  ASSERT_EQ(reader.modules().size(), 2u);
  EXPECT_EQ(reader.modules()[1].path, story.modules[1].path);
  EXPECT_EQ(reader.threads()[1].name, "worker");
  EXPECT_EQ(reader.texts(), story.texts);
  EXPECT_EQ(reader.variables()[0].type, "std::vector<int>");
  ASSERT_EQ(reader.rss().size(), 3u);
  EXPECT_EQ(reader.rss()[1].bytes, 3u << 20);
}

// What 1.1 added to it.
Story later_story() {
  Story story = golden_story();
  story.meta.arguments[2] = "1.1";
  story.meta.own_malloc = true;
  story.meta.session = 0x0123'4567'89ab'cdef;
  story.meta.number = 3;
  story.meta.parent = 2;
  story.meta.min_size = 8;
  story.meta.sample_bytes = 64;
  story.meta.record_layer = Layer::program;
  story.meta.unwind = 1;
  story.meta.depth = 100;
  story.meta.max_tape = 1 << 20;
  story.frames[3].gap = true;
  const auto insert = [&](std::ptrdiff_t at, Event event) {
    event.time_ns = story.events[static_cast<std::size_t>(at - 1)].time_ns;
    story.events.insert(story.events.begin() + at, event);
  };
  insert(1, {.size = 64, .kind = EventKind::rate});
  insert(8, {.kind = EventKind::passed});
  insert(12, {.size = 256, .kind = EventKind::rate});
  const std::uint64_t time = story.events.back().time_ns, address = 0x5555'2000'0000;
  story.events.push_back({.time_ns = time, .size = 64, .kind = EventKind::depth});
  story.events.push_back(
      {.time_ns = time, .address = address, .size = 77, .stack = StackId{3}, .function = Function::operator_new});
  story.events.push_back(
      {.time_ns = time, .address = address, .kind = EventKind::release, .function = Function::operator_delete});
  story.events.push_back(
      {.time_ns = time, .address = address, .size = 78, .stack = StackId{2}, .function = Function::extended_alloc});
  story.events.push_back(
      {.time_ns = time, .address = address, .kind = EventKind::release, .function = Function::extended_free});
  std::uint64_t calls = 0;
  for (const Event& event : story.events) calls += event.kind <= EventKind::restored;
  story.calls = {.called = calls + 10, .dropped = 3, .read = calls + 7, .left_out = 7};
  return story;
}

TEST(Golden, TapeOfFormat1_1IsRead) {
  const Story story = later_story();
  if (std::getenv("HEAPTAPE_REGENERATE_GOLDEN") != nullptr) {
    write_tape(golden("1.1"), story, {.events_per_block = 16, .overwrite = true, .max_live = 4});
  }
  const TapeReader reader(golden("1.1"));
  EXPECT_EQ(reader.condition(), Condition::whole);
  EXPECT_EQ(all_events(reader), story.events);
  // Its index says "recompute": the table of live blocks had room for four.
  EXPECT_EQ(reader.totals(), account_naively(story.events, story.frames).totals);
  EXPECT_GT(reader.ledger()[Loss::unaccounted_births], 0u);
  EXPECT_EQ(reader.ledger()[Loss::left_out_frees], 1u);
  EXPECT_TRUE(reader.meta().own_malloc);
  EXPECT_EQ(reader.meta().session, story.meta.session);
  EXPECT_EQ(reader.meta().number, 3u);
  EXPECT_EQ(reader.meta().parent, 2u);
  EXPECT_EQ(reader.meta().min_size, 8u);
  EXPECT_EQ(reader.meta().sample_bytes, 64u);
  EXPECT_EQ(reader.meta().record_layer, Layer::program);
  EXPECT_EQ(reader.meta().unwind, 1u);
  EXPECT_EQ(reader.meta().depth, 100u);
  EXPECT_EQ(reader.meta().max_tape, 1u << 20);
  EXPECT_TRUE(reader.frames()[3].gap);
  EXPECT_FALSE(reader.frames()[2].gap);
  ASSERT_TRUE(reader.estimates().has_value());
  // By hand: the sum of 1 / (1 - exp(-size / interval)) over the births.
  double allocations = 0, interval = 0;
  for (const Event& event : story.events) {
    if (event.kind == EventKind::rate) interval = static_cast<double>(event.size);
    if (event.kind == EventKind::birth) allocations += 1 / (1 - std::exp(-static_cast<double>(event.size) / interval));
  }
  EXPECT_NEAR(static_cast<double>(reader.estimates()->all.totals.allocations), allocations, 0.51);
  EXPECT_GT(reader.estimates()->all.variances.allocated_bytes, 0);
  EXPECT_EQ(reader.calls(), story.calls);
}

TEST(Golden, TapeOfFormat1_1WithAnAggregateIsRead) {
  Story story = later_story();
  story.meta.sample_bytes = story.meta.max_tape = 0;  // what leaves a tape is known exactly
  std::erase_if(story.events, [](const Event& event) { return event.kind == EventKind::rate; });
  if (std::getenv("HEAPTAPE_REGENERATE_GOLDEN") != nullptr) {
    write_tape(golden("1.1-kept"), story, {.events_per_block = 16, .overwrite = true, .keep_bytes = 600});
  }
  const TapeReader reader(golden("1.1-kept"));
  EXPECT_EQ(reader.condition(), Condition::whole);
  EXPECT_EQ(reader.totals(), account_naively(story.events, story.frames).totals);
  EXPECT_EQ(reader.opening().events, 32u);
  EXPECT_EQ(reader.ledger()[Loss::aggregated_events], 32u);
  EXPECT_EQ(reader.opening().marks.size(), 1u);
  EXPECT_EQ(all_events(reader), std::vector<Event>(story.events.begin() + 32, story.events.end()));
}

TEST(Golden, PackedTapeOfFormat1_1IsRead) {
  Story story = later_story();
  std::erase_if(story.events, [](const Event& event) { return event.kind == EventKind::rate; });
  const SymbolTable symbols{.strings = {"main", "golden.cc", "run"},  // in order of use, as they are read
                            .places = {{0, 1, 7, false, false}, {2, 1, 12, true, false}, {0, 1, 9, false, true}},
                            .addresses = {{ModuleId{0}, 0x1010, 0, 1}, {ModuleId{0}, 0x2020, 1, 2}}};
  if (std::getenv("HEAPTAPE_REGENERATE_GOLDEN") != nullptr) {
    const TapeFolder folder;
    write_tape(folder.path("whole.tape"), story, {.events_per_block = 16});
    extract(TapeReader(folder.path("whole.tape")),
            {.begin = 20, .strip = kStripAddresses | kStripHost, .writer = {.zstd_level = 19, .overwrite = true}},
            symbols, golden("1.1-packed"));
  }
  const TapeReader reader(golden("1.1-packed"));
  EXPECT_EQ(reader.condition(), Condition::whole);
  EXPECT_EQ(reader.opening().events, 20u);
  EXPECT_EQ(reader.events(), story.events.size());
  EXPECT_EQ(reader.meta().stripped, kStripAddresses | kStripHost);
  EXPECT_EQ(reader.meta().host, "");
  EXPECT_EQ(reader.totals(), account_naively(story.events, story.frames).totals);
  EXPECT_EQ(reader.thread_count(), 2u);
  EXPECT_EQ(reader.variable_count(), 1u);
  EXPECT_EQ(reader.symbols(), symbols);
}

}  // namespace
}  // namespace heaptape
