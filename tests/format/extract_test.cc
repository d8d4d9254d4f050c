// A part of a tape is a tape: its events, and figures that go on from what was before.
#include "format/extract.h"

#include <flatbuffers/flatbuffers.h>
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <random>
#include <set>
#include <tuple>

#include "format/verify.h"
#include "tests/format/naive_accounting.h"
#include "tests/format/story.h"
#include "tests/format/tape_folder.h"

namespace heaptape {
namespace {

using Path = std::vector<std::pair<std::uint64_t, ModuleId>>;

Path path_of(const std::vector<Frame>& frames, StackId stack) {
  Path path;
  for (; stack != kEmptyStack; stack = frames[static_cast<std::size_t>(stack)].parent)
    path.emplace_back(frames[static_cast<std::size_t>(stack)].address, frames[static_cast<std::size_t>(stack)].module);
  return path;
}

class Extracted : public ::testing::TestWithParam<std::uint64_t> {
 protected:
  Extracted() {
    story_ = make_exact_story(GetParam(), 4000);
    story_.meta.forked = GetParam() % 4 == 0;
    write_tape(folder_.path("whole.tape"), story_, {.events_per_block = 128});
    if (GetParam() % 5 == 0)  // one that begins with an aggregate itself
      write_tape(folder_.path("kept.tape"), story_, {.events_per_block = 64, .keep_bytes = 12'000});
  }
  std::string source() const { return folder_.path(GetParam() % 5 == 0 ? "kept.tape" : "whole.tape"); }

  TapeReader extracted(Extract part) const {
    part.writer.events_per_block = 100;
    part.writer.overwrite = true;
    extract(TapeReader(source()), part, {}, folder_.path("part.tape"));
    const Verification result = verify_tape(folder_.path("part.tape"));
    EXPECT_EQ(result.condition, Condition::whole) << (result.faults.empty() ? "" : result.faults[0].reason);
    return TapeReader(folder_.path("part.tape"));
  }

  void expect_events(const TapeReader& part, std::uint64_t begin, std::uint64_t end) const {
    const std::vector<Event> events = all_events(part);
    ASSERT_EQ(events.size(), end - begin);
    for (std::size_t i = 0; i < events.size(); ++i) {
      Event expected = story_.events[begin + i];
      ASSERT_EQ(path_of(part.frames(), events[i].stack), path_of(story_.frames, expected.stack)) << i;
      expected.stack = events[i].stack;
      ASSERT_EQ(events[i], expected) << i;
    }
  }

  TapeFolder folder_;
  Story story_;
};

TEST_P(Extracted, HasTheEventsAskedForAndTheFiguresOfAllUpToItsEnd) {
  std::mt19937 random(static_cast<unsigned>(GetParam()));
  const std::uint64_t first = TapeReader(source()).opening().events;
  for (int i = 0; i < 6; ++i) {
    const std::uint64_t begin = first + random() % (story_.events.size() - first + 1);
    const std::uint64_t end = begin + random() % (story_.events.size() - begin + 1);
    SCOPED_TRACE(std::to_string(begin) + ".." + std::to_string(end));
    const TapeReader part = extracted({.begin = begin, .end = end});
    EXPECT_EQ(part.opening().events, begin);
    expect_events(part, begin, end);
    const std::span before(story_.events.data(), end);
    const NaiveFigures expected = account_naively(before, story_.frames, story_.meta.forked);
    EXPECT_EQ(part.totals(), expected.totals);
    for (const Loss loss : {Loss::unmatched_frees, Loss::overlapping_births, Loss::inherited_frees})
      EXPECT_EQ(part.ledger()[loss], expected.ledger[loss]) << name_of(loss);
    EXPECT_EQ(part.ending().kind, end == story_.events.size() ? story_.ending.kind : EndKind::unknown);
    EXPECT_LE(part.frames().size(), story_.frames.size());
  }
}

TEST_P(Extracted, OfAllIsTheSameTape) {
  const TapeReader whole(folder_.path("whole.tape"));
  extract(whole, {}, {}, folder_.path("copy.tape"));
  const TapeReader copy(folder_.path("copy.tape"));
  expect_events(copy, 0, story_.events.size());
  EXPECT_EQ(copy.totals(), whole.totals());
  EXPECT_EQ(copy.ledger(), whole.ledger());
  EXPECT_EQ(copy.meta(), whole.meta());
  EXPECT_EQ(copy.frames().size(), whole.frames().size());
  EXPECT_EQ(copy.texts(), whole.texts());
  EXPECT_EQ(copy.threads().size(), whole.threads().size());
  EXPECT_EQ(copy.rss().size(), whole.rss().size());
  EXPECT_EQ(copy.ending().duration_ns, whole.ending().duration_ns);
}

TEST_P(Extracted, AnAggregateAloneHasEveryFigureAndNoEvent) {
  const TapeReader part = extracted({.begin = UINT64_MAX});
  EXPECT_TRUE(part.blocks().empty());
  const NaiveFigures expected = account_naively(story_.events, story_.frames, story_.meta.forked);
  EXPECT_EQ(part.totals(), expected.totals);
  EXPECT_EQ(part.ledger()[Loss::aggregated_events], story_.events.size());
}

TEST_P(Extracted, ReducedToSitesItsStacksAreSumsAndItsLiveBlocksTheSame) {
  const TapeReader whole = extracted({.begin = UINT64_MAX});
  const std::vector<Frame> frames = whole.frames();
  const Opening before = whole.opening();
  // Any frame of a stack may be its site.
  std::mt19937 random(static_cast<unsigned>(GetParam()));
  std::vector<StackId> sites{kEmptyStack};
  for (std::uint32_t i = 1; i < frames.size(); ++i) {
    StackId site{i};
    while (random() % 2 == 0 && frames[static_cast<std::size_t>(site)].parent != kEmptyStack)
      site = frames[static_cast<std::size_t>(site)].parent;
    sites.push_back(site);
  }
  const TapeReader reduced = [&] {
    Extract part{.begin = UINT64_MAX, .strip = kStripToSites, .sites = sites};
    part.writer.overwrite = true;
    extract(whole, part, {}, folder_.path("sites.tape"));
    EXPECT_EQ(verify_tape(folder_.path("sites.tape")).condition, Condition::whole);
    return TapeReader(folder_.path("sites.tape"));
  }();

  using Key = std::pair<Path, bool>;
  const auto cut = [&](StackId stack) {
    Path path = path_of(frames, stack);
    path.resize(path.size() - path_of(frames, sites[static_cast<std::size_t>(stack)]).size() + (stack != kEmptyStack));
    return Key{path, frames[static_cast<std::size_t>(stack)].in_program};
  };
  const auto as_it_is = [&](StackId stack) {
    return Key{path_of(reduced.frames(), stack), reduced.frames()[static_cast<std::size_t>(stack)].in_program};
  };
  using Live = std::tuple<Key, std::uint64_t, ThreadId, Function>;
  const auto figures = [](const Opening& opening, const auto& key_of) {
    std::map<Key, std::array<std::uint64_t, 7>> rows;
    for (const OpeningStack& row : opening.stacks) {
      auto& sums = rows[key_of(row.stack)];
      const std::uint64_t add[] = {row.allocated,   row.count,        row.temporary,          row.peak,
                                   row.peak_blocks, row.program_peak, row.program_peak_blocks};
      for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += add[i];
    }
    std::multiset<Live> live;
    for (const Block& block : opening.live) live.emplace(key_of(block.stack), block.size, block.thread, block.function);
    return std::pair(rows, live);
  };
  const Opening& after = reduced.opening();
  EXPECT_EQ(figures(after, as_it_is), figures(before, cut));
  EXPECT_EQ(after.stacks.size(), figures(after, as_it_is).first.size()) << "a site has two rows";
  EXPECT_EQ(after.outline, before.outline);
  EXPECT_EQ(after.marks, before.marks);
  EXPECT_EQ(reduced.totals(), whole.totals());
  EXPECT_EQ(reduced.ledger(), whole.ledger());
}

TEST_P(Extracted, StrippedOfAddressesHasTheSameFiguresAndNoneOfThem) {
  const TapeReader part = extracted({.strip = kStripAddresses});
  const TapeReader whole(source());
  EXPECT_EQ(part.totals(), whole.totals());
  EXPECT_EQ(part.ledger(), whole.ledger());
  std::set<std::uint64_t> before;
  for (const Event& event : all_events(whole)) before.insert(event.address);
  before.erase(0);
  for (const Event& event : all_events(part))
    EXPECT_TRUE(event.address < 0x1'0000'0000 || !before.contains(event.address)) << event.address;
  for (const Module& module : part.modules()) EXPECT_EQ(module.bias, 0u);
  EXPECT_EQ(part.meta().stripped, kStripAddresses);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Extracted, ::testing::Range<std::uint64_t>(1, 16));

TEST(Extraction, TakesAwayWhatIsNotToBeGivenAway) {
  const TapeFolder folder;
  Story story = make_exact_story(2, 500);
  story.meta.program = "/home/ann/secret/app";
  story.meta.arguments = {"/home/ann/secret/app", "--password", "hunter2"};
  story.meta.host = "annsbox";
  story.modules[0].path = "/home/ann/secret/app";
  for (Variable& variable : story.variables) variable = {"secret_plan", "Secret", "/home/ann/secret/plan.cc", 7};
  write_tape(folder.path("a.tape"), story);
  const std::uint8_t all = kStripAddresses | kStripPaths | kStripArguments | kStripVariables | kStripHost;
  extract(TapeReader(folder.path("a.tape")), {.strip = all}, {}, folder.path("b.tape"));
  const TapeReader tape(folder.path("b.tape"));
  EXPECT_EQ(tape.meta().program, "app");
  EXPECT_EQ(tape.meta().arguments, std::vector<std::string>{"app"});
  EXPECT_EQ(tape.meta().host, "");
  EXPECT_EQ(tape.modules()[0].path, "app");
  for (const Variable& variable : tape.variables()) {
    EXPECT_EQ(variable.name.rfind("variable ", 0), 0u);
    EXPECT_EQ(variable.type + variable.file, "");
  }
}

TEST(Extraction, RefusesADamagedTapeAndASampleThatWouldBeginLater) {
  const TapeFolder folder;
  write_tape(folder.path("sample.tape"), make_story(1, 2000), {.events_per_block = 128});
  const TapeReader sample(folder.path("sample.tape"));
  ASSERT_TRUE(sample.estimates().has_value());
  EXPECT_THROW(extract(sample, {.begin = 1000}, {}, folder.path("x.tape")), ExtractError);
  EXPECT_NO_THROW(extract(sample, {.end = 1000}, {}, folder.path("y.tape")));
  const TapeReader damaged(folder.put(
      "damaged.tape", flip_bit(read_bytes(folder.path("sample.tape")), (sample.blocks()[0].offset + 30) * 8)));
  EXPECT_THROW(extract(damaged, {}, {}, folder.path("z.tape")), TapeError);
}

TEST(SymbolTable, IsReadAsItWasWrittenInAnyNumberOfBlocks) {
  SymbolTable table;
  std::mt19937 random(3);
  for (std::uint32_t i = 0; i < 300; ++i) table.strings.push_back("f" + std::to_string(i));
  for (std::uint32_t i = 0; i < 1000; ++i) {
    const auto count = static_cast<std::uint32_t>(1 + random() % 3);
    table.addresses.push_back(
        {ModuleId{i / 600}, 0x1000 + 7 * i, static_cast<std::uint32_t>(table.places.size()), count});
    for (std::uint32_t k = 0; k < count; ++k)
      table.places.push_back({static_cast<std::uint32_t>(random() % 300), static_cast<std::uint32_t>(random() % 300),
                              static_cast<std::uint32_t>(random() % 9999), random() % 2 == 0, random() % 2 == 0});
  }
  flatbuffers::FlatBufferBuilder builder;
  SymbolTable read;
  std::string_view reason;
  for (std::size_t begin = 0; begin < 1000; begin += 300) {
    encode_symbols(builder, table, begin, std::min<std::size_t>(begin + 300, 1000));
    ASSERT_TRUE(decode_symbols({builder.GetBufferPointer(), builder.GetSize()}, 2, read, reason)) << reason;
  }
  ASSERT_EQ(read.addresses.size(), 1000u);
  for (const SymbolTable::Address& address : table.addresses) {
    const auto places = read.find(address.module, address.address);
    ASSERT_EQ(places.size(), address.count);
    for (std::uint32_t k = 0; k < address.count; ++k) {
      const SymbolTable::Place& expected = table.places[address.first + k];
      EXPECT_EQ(read.strings[places[k].function], table.strings[expected.function]);
      EXPECT_EQ(read.strings[places[k].file], table.strings[expected.file]);
      EXPECT_EQ(places[k].line, expected.line);
      EXPECT_EQ(places[k].inlined, expected.inlined);
      EXPECT_EQ(places[k].runtime, expected.runtime);
    }
  }
  EXPECT_TRUE(read.find(ModuleId{0}, 1).empty());
  // Of a tape with fewer modules, or with its bytes changed, nothing is taken.
  encode_symbols(builder, table, 0, 1000);
  SymbolTable none;
  EXPECT_FALSE(decode_symbols({builder.GetBufferPointer(), builder.GetSize()}, 1, none, reason));
}

}  // namespace
}  // namespace heaptape
