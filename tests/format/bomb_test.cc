// Well-formed but false: valid checksums around content that would mislead a trusting reader.
#include <gtest/gtest.h>

#include "format/definitions_encoder.h"
#include "format/address_model.h"
#include "format/event_encoder.h"
#include "format/event_fields.h"
#include "format/index.h"
#include "tests/format/forged_tape.h"
#include "tests/format/story.h"

namespace heaptape {
namespace {

using Builder = flatbuffers::FlatBufferBuilder;
using Column = std::vector<std::uint8_t>;

// Columns of one birth by thread 0 without a stack; each test falsifies one.
struct EventColumns {
  std::uint32_t count = 1;
  std::uint8_t coding = kPlainCoding;
  std::uint64_t begin = 0;
  std::uint32_t step = 1;
  Column kinds{0}, times{0}, threads{0, 1}, addresses{32}, sizes{8}, stacks{0}, rare{};
  Column birth_codes{}, release_codes{}, birth_numbers{}, older_addresses{}, older_units{};
};

// A birth and its release, coded by habit.
EventColumns by_habit() {
  return {.count = 2,
          .coding = kHabitCoding,
          .kinds = {0, 1},
          .times = {0, 0},
          .threads = {0, 2},
          .birth_codes = {AddressModel::kFar},
          .release_codes = {0}};
}

class Bomb : public ::testing::Test {
 protected:
  // The reason for which the only damaged block was refused; "" if none was.
  std::string refusal() {
    const TapeReader reader(folder_.put("forged.tape", tape.bytes()));
    if (reader.damage().empty()) return "";
    EXPECT_EQ(reader.condition(), Condition::damaged);
    EXPECT_EQ(reader.damage().size(), 1u);
    return reader.damage()[0].reason;
  }

  std::string refusal_of(const EventColumns& columns) {
    tape = ForgedTape();
    tape.add_definitions();
    tape.add(BlockKind::events, [&](Builder& builder) {
      builder.Finish(fb::CreateEventsDirect(builder, columns.coding, columns.count, 0, columns.step, columns.begin,
                                            &columns.kinds, &columns.times, &columns.threads, &columns.addresses,
                                            &columns.sizes, &columns.stacks, &columns.rare, &columns.birth_codes,
                                            &columns.release_codes, &columns.birth_numbers, &columns.older_addresses,
                                            &columns.older_units));
    });
    return refusal();
  }

  // A block of `count` frames out of the given columns.
  void add_frames(std::uint32_t first, std::uint32_t count, const Column& parents, const Column& addresses,
                  const Column& modules, const Column& flags, const Column& gaps = {}) {
    tape.add(BlockKind::definitions, [&](Builder& builder) {
      builder.Finish(fb::CreateDefinitionsDirect(builder, 0, nullptr, 0, nullptr, nullptr, 0, nullptr, 0, nullptr,
                                                 first, count, &parents, &addresses, &modules, &flags, &gaps));
    });
  }

  ForgedTape tape;
  TapeFolder folder_;
};

constexpr const char* kContradiction = "the block holds definitions that contradict each other";

TEST_F(Bomb, TheUnfalsifiedColumnsAreRead) { EXPECT_EQ(refusal_of({}), ""); }

TEST_F(Bomb, ClaimsOfHugeBlocksAreRefusedUnallocated) {
  const Column little(100);
  for (const BlockKind kind :
       {BlockKind::meta, BlockKind::definitions, BlockKind::events, BlockKind::rss, BlockKind::index}) {
    tape = ForgedTape();
    tape.add_claiming(kind, little, 0xffff'ffff);
    EXPECT_EQ(refusal(), "the block declares an impossible size");
  }
}

TEST_F(Bomb, FramesThatGiveAnotherSizeThanDeclaredAreRefused) {
  tape.add_claiming(BlockKind::events, Column(1000), 999);
  EXPECT_EQ(refusal(), "the block can't be decompressed");
}

TEST_F(Bomb, IndexThatPacksTooWellIsRefused) {
  tape.add_claiming(BlockKind::index, Column(1000), 1u << 30);
  EXPECT_EQ(refusal(), "the block declares an impossible size");
}

TEST_F(Bomb, ZerosAreNoFlatBuffer) {
  tape.add(BlockKind::events, Column(60 << 20));
  EXPECT_EQ(refusal(), "the block is no well-formed block of events");
}

TEST_F(Bomb, FalseCountsOfEventsAreRefused) {
  EXPECT_EQ(refusal_of({.count = 0xffff'ffff}), "the block is no well-formed block of events");
  EXPECT_EQ(refusal_of({.count = 0, .kinds = {}}), "the block is no well-formed block of events");
}

TEST_F(Bomb, UnknownIdsAreRefused) {
  EXPECT_EQ(refusal_of({.threads = {1, 1}}), "the block names an unknown thread");
  EXPECT_EQ(refusal_of({.stacks = {2}}), "the block names an unknown stack");
  EXPECT_EQ(refusal_of({.kinds = {3}, .addresses = {}, .sizes = {}, .stacks = {}, .rare = {1}}),
            "the block names an unknown text or variable");
  EXPECT_EQ(refusal_of({.kinds = {kEventKinds}}), "the block holds an event of an unknown kind");
}

TEST_F(Bomb, RunsOfThreadsMustFit) {
  EXPECT_EQ(refusal_of({.threads = {0, 0}}), "the block names an unknown thread");
  EXPECT_EQ(refusal_of({.threads = {0, 2}}), "the block holds a column of the wrong length");
}

TEST_F(Bomb, ColumnsOfTheWrongLengthAreRefused) {
  EXPECT_EQ(refusal_of({.sizes = {}}), "the block holds a column of the wrong length");
  EXPECT_EQ(refusal_of({.addresses = {32, 32}}), "the block holds a column of the wrong length");
}

TEST_F(Bomb, ImpossibleTimesAndSizesAreRefused) {
  EXPECT_EQ(refusal_of({.begin = ~0ull, .times = {1}}), "the block holds an impossible time");
  EXPECT_EQ(refusal_of({.begin = 1ull << 63, .step = 10}), "the block holds an impossible time");
  EXPECT_EQ(refusal_of({.sizes = {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1}}),
            "the block holds a block of an impossible size");
}

TEST_F(Bomb, CodesThatNameNoAddressAreRefused) {
  constexpr const char* kNoAddress = "the block names an address that it does not hold";
  EXPECT_EQ(refusal_of(by_habit()), "");
  const auto with = [](auto change) {
    EventColumns columns = by_habit();
    change(columns);
    return columns;
  };
  for (const std::uint8_t code : std::initializer_list<std::uint8_t>{0, 15, AddressModel::kBirthCodes, 255})
    EXPECT_EQ(refusal_of(with([&](auto& columns) { columns.birth_codes = {code}; })), kNoAddress) << int{code};
  for (const std::uint8_t code : std::initializer_list<std::uint8_t>{1, 15, AddressModel::kReleaseCodes, 255})
    EXPECT_EQ(refusal_of(with([&](auto& columns) { columns.release_codes = {code}; })), kNoAddress) << int{code};
  EXPECT_EQ(refusal_of(with([](auto& columns) { columns.release_codes = {}; })), kNoAddress);
  for (const Column& number : {Column{1}, Column{2}, Column{0x80, 0x80, 0x80, 0x80, 0x20}})
    EXPECT_EQ(refusal_of(with([&](auto& columns) {
                columns.release_codes = {AddressModel::kByNumber};
                columns.birth_numbers = number;
              })),
              kNoAddress);
  EXPECT_EQ(refusal_of(with([](auto& columns) { columns.older_units = {1}; })),
            "the block holds a column of the wrong length");
  EXPECT_EQ(refusal_of(with([](auto& columns) { columns.birth_codes.push_back(16); })),
            "the block holds a column of the wrong length");
}

TEST_F(Bomb, NewerCodingIsNamedAsSuch) {
  EXPECT_EQ(refusal_of({.coding = 9}), "the block is coded as this heaptape can't read; use a newer heaptape");
}

TEST_F(Bomb, FramesThatAreTheirOwnCallersAreRefused) {
  add_frames(1, 1, {0}, {2}, {0}, {0});
  EXPECT_EQ(refusal(), kContradiction);
  tape = ForgedTape();
  add_frames(1, 1, {2}, {2}, {0}, {0});
  EXPECT_EQ(refusal(), kContradiction);
}

TEST_F(Bomb, GapsAtFramesOfOtherBlocksAreRefused) {
  for (const Column& gaps : {Column{0}, Column{3}, Column{1, 0}, Column{1, 2}, Column{0xff},
                             Column{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1}}) {
    tape = ForgedTape();
    add_frames(1, 2, {1, 1}, {2, 2}, {0, 0}, {0, 0}, gaps);
    EXPECT_EQ(refusal(), kContradiction);
  }
  tape = ForgedTape();
  add_frames(1, 2, {1, 1}, {2, 2}, {0, 0}, {0, 0}, {2});
  const TapeReader reader(folder_.put("forged.tape", tape.bytes()));
  EXPECT_TRUE(reader.frames().at(2).gap);
  EXPECT_FALSE(reader.frames().at(1).gap);
}

TEST_F(Bomb, FalseCountsOfFramesAreRefused) {
  add_frames(1, 0xffff'ffff, {1}, {2}, {0}, {0});
  EXPECT_EQ(refusal(), kContradiction);
  tape = ForgedTape();
  add_frames(0xffff'fff0, 1, {1}, {2}, {0}, {0});
  EXPECT_EQ(refusal(), kContradiction);
}

TEST_F(Bomb, RepeatedDefinitionsAreRefused) {
  tape.add_definitions();
  tape.add_definitions();
  EXPECT_EQ(refusal(), kContradiction);
}

TEST_F(Bomb, StackOfALostBlockIsNotFollowed) {
  tape.add_definitions();
  add_frames(5, 1, {1}, {2}, {0}, {0});  // frame 5; its caller 4 was never defined
  tape.add(BlockKind::events, [&](Builder& builder) {
    EventEncoder encoder(1, 1);
    encoder.append({.address = 16, .stack = StackId{5}}, 0);
    encoder.finish(builder, 0);
  });
  EXPECT_EQ(refusal(), "the block names an unknown stack");
}

TEST_F(Bomb, OneStringNamedManyTimesIsNotCopiedWithoutEnd) {
  tape.add(BlockKind::definitions, [](Builder& builder) {
    const auto text = builder.CreateString(std::string(1 << 20, 'x'));
    const auto texts = builder.CreateVector(std::vector(200'000, text));
    builder.Finish(fb::CreateDefinitions(builder, 0, 0, 0, 0, 0, 0, texts));
  });
  EXPECT_EQ(refusal(), kContradiction);
}

TEST_F(Bomb, DefinitionsBeyondTheSizeOfTheFileAreRefused) {
  constexpr std::uint32_t kCount = 1 << 20;
  const Column ones(kCount, 1), zeros(kCount, 0);
  for (std::uint32_t i = 0; i < 40; ++i) add_frames(1 + i * kCount, kCount, ones, zeros, zeros, zeros);
  const TapeReader reader(folder_.put("forged.tape", tape.bytes()));
  EXPECT_EQ(reader.condition(), Condition::damaged);
  EXPECT_LT(reader.frames().size(), 5u * kCount);
}

TEST_F(Bomb, IndexThatLeadsOutsideTheFileIsNotFollowed) {
  tape.add_definitions();
  for (const std::uint64_t offset : {0ull, 1ull << 40, ~0ull, ~0ull - 30}) {
    ForgedTape forged = tape;
    TapeIndex index;
    BlockEntry entry;
    entry.offset = offset;
    entry.events = 1;
    index.blocks.push_back(entry);
    forged.end(forged.add(BlockKind::index, [&](Builder& builder) { encode_index(builder, index); }));
    const TapeReader reader(folder_.put("forged.tape", forged.bytes()));
    EXPECT_EQ(reader.condition(), Condition::damaged);
    EXPECT_TRUE(reader.blocks().empty());
    EXPECT_EQ(reader.threads().size(), 1u);
  }
}

TEST_F(Bomb, MagicsWithFalseSizesAreSearchedInBoundedTime) {
  FileBytes bytes = tape.bytes();
  const std::uint8_t header[kBlockHeaderBytes] = {'H', 'B', 'L', 'K', 3, 0, 0, 0, 0, 0, 8, 0, 1};
  for (int i = 0; i < 500'000; ++i) bytes.insert(bytes.end(), header, header + sizeof header);
  const TapeReader reader(folder_.put("forged.tape", bytes));
  EXPECT_EQ(reader.condition(), Condition::damaged);
  EXPECT_EQ(reader.events(), 0u);
}

TEST_F(Bomb, BlocksOfUnknownKindsAreSkipped) {
  tape.add_definitions();
  tape.add(BlockKind{77}, Column(100));
  tape.add_claiming(BlockKind{78}, Column(100), 0xffff'ffff);
  EXPECT_EQ(refusal(), "");
  EXPECT_EQ(TapeReader(folder_.path("forged.tape")).condition(), Condition::cut);
}

}  // namespace
}  // namespace heaptape
