// The journal against a mapping that is filled at random: however far the records were taken, what it says and what
// another reader still finds are together each record once.
#include "recorder/drain/journal.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "recorder/drain/journal_notes.h"
#include "recorder/drain/lane_reader.h"
#include "tests/support/private_place.h"
#include "tests/support/soak.h"

namespace heaptape::testing {
namespace {

constexpr std::uint32_t kChunks = 6;

// A program of six lanes with a chunk each, whose slots are committed in fits and starts.
class Lanes {
 public:
  Lanes(MappingFile& mapping, std::mt19937& random) : mapping_(mapping), random_(random) {
    process_entry(mapping.header(), 0).claimed = 1;
    for (std::uint32_t i = 0; i < kChunks; ++i) {
      mapping.chunk(i).generation = static_cast<std::uint16_t>(random() % 3);
      mapping.chunk(i).owner = pack_owner(0, i);
    }
  }

  // Takes slots, and commits most of them: some later, some never. Signal handlers put stamps out of order.
  void go_on() {
    for (std::uint32_t i = 0; i < kChunks; ++i) {
      Chunk& chunk = mapping_.chunk(i);
      std::vector<Open>& open = open_[i];
      for (auto n = random_() % 40; n > 0; --n) {
        const std::uint32_t slots = random_() % 10 == 0 ? 1 + payload_slots(30) : 1;
        if (next_[i] + slots > kSlotsPerChunk) break;
        open.push_back({next_[i], slots});
        next_[i] += slots;
        chunk.reserved = next_[i];
        while (!open.empty() && random_() % 8 != 0) {
          const std::size_t which = random_() % 5 == 0 ? random_() % open.size() : open.size() - 1;
          commit(chunk, open[which]);
          open.erase(open.begin() + static_cast<std::ptrdiff_t>(which));
        }
      }
    }
  }
  std::uint64_t committed() const { return stamp_; }

 private:
  struct Open {
    std::uint32_t slot, slots;
  };
  void commit(Chunk& chunk, const Open& open) {
    Slot& head = chunk.slots[open.slot];
    head.stamp = ++stamp_;
    head.address = 1000 + stamp_;
    const bool has_payload = open.slots > 1;
    head.size = has_payload ? std::uint64_t{30} << 32 : 8;
    for (std::uint32_t i = 1; i < open.slots; ++i)
      chunk.slots[open.slot + i].commit = pack_commit(0, chunk.generation, SlotKind::payload, 0);
    head.commit = pack_commit(0, chunk.generation, has_payload ? SlotKind::mark : SlotKind::birth, 0);
  }

  MappingFile& mapping_;
  std::mt19937& random_;
  std::uint64_t stamp_ = 0;
  std::uint32_t next_[kChunks] = {};
  std::vector<Open> open_[kChunks];
};

TEST(Journal, WithWhatIsLeftInTheMappingItMakesEachRecordOnce) {
  std::mt19937 random(3);
  for (int trial = 0; trial < sized(60, 2000); ++trial) {
    SCOPED_TRACE(trial);
    const PrivatePlace place;
    MappingFile mapping(place.path(), 0, {}, Verdict::record, 1 << 20);
    const Clock clock;
    Journal journal(mapping.path(), mapping.most_chunks(), clock);
    journal.make_room(mapping.chunks(), 1024);
    Lanes lanes(mapping, random);
    LaneReader reader(mapping);
    std::vector<std::uint64_t> taken;    // stamps, in the order in which a tape would get them
    std::vector<std::size_t> blocks{0};  // where its blocks end
    for (int round = 0; round < 12; ++round) {
      lanes.go_on();
      const std::span<heaptape::Run> runs = reader.read(UINT64_MAX);
      const auto note = [&] {
        if (taken.size() == blocks.back()) return;
        reader.note_taken(0, runs, [&](std::uint32_t chunk, std::uint16_t generation, const SlotSet& slots) {
          journal.note_chunk(chunk, 0, generation, taken.size(), slots);
        });
        journal.note_counts(0, taken.size(), {.lost_stacks = taken.size()});
        blocks.push_back(taken.size());
      };
      for (bool more = true; more;) {
        heaptape::Run* oldest = nullptr;
        for (heaptape::Run& run : runs)
          if (run.taken < run.records.size() &&
              (oldest == nullptr || run.records[run.taken].stamp < oldest->records[oldest->taken].stamp))
            oldest = &run;
        more = oldest != nullptr;
        if (random() % 50 == 0) note();
        if (more) taken.push_back(oldest->records[oldest->taken++].stamp);
      }
    }
    // The last block came to be whole, or it did not.
    for (const std::size_t back : {std::size_t{1}, std::size_t{2}}) {
      if (blocks.size() <= back) continue;
      const std::size_t in_file = blocks[blocks.size() - back];
      const auto notes = JournalNotes::read(mapping.path());
      ASSERT_TRUE(notes && notes->complete());
      EXPECT_EQ(notes->state_at(0, in_file), in_file);
      EXPECT_EQ(notes->counts(0, in_file).lost_stacks, in_file);
      LaneReader other(mapping);
      for (std::uint32_t i = 0; i < kChunks; ++i)
        other.resume(i, mapping.chunk(i).owner, notes->taken(i, 0, mapping.chunk(i).generation, in_file));
      std::map<std::uint64_t, int> seen;
      for (std::size_t i = 0; i < in_file; ++i) ++seen[taken[i]];
      for (const heaptape::Run& run : other.read(UINT64_MAX))
        for (const Record& record : run.records) ++seen[record.stamp];
      EXPECT_EQ(seen.size(), lanes.committed());
      for (const auto& [stamp, times] : seen) ASSERT_EQ(times, 1) << "record " << stamp;
    }
  }
}

TEST(Journal, OneThatFoundNoRoomSaysSoAndOneThatWasNeverMadeToo) {
  const PrivatePlace place;
  const std::string mapping = place.path() + "/0";
  EXPECT_FALSE(JournalNotes::read(mapping));
  write_file(mapping + kJournalSuffix, "");
  const auto notes = JournalNotes::read(mapping);
  ASSERT_TRUE(notes);
  EXPECT_FALSE(notes->complete());
}

}  // namespace
}  // namespace heaptape::testing
