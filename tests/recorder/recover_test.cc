// Tapes that were cut, with nothing in shared memory: their whole blocks get an index.
#include "recorder/recover/recover.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "format/writer.h"
#include "tests/support/private_place.h"
#include "tests/support/recording.h"

namespace heaptape::testing {
namespace {

namespace fs = std::filesystem;

// A tape of 40 blocks, or of the newest of them; some births have no release, and one release no birth.
void write_tape(const std::string& path, std::uint64_t keep_bytes = 0) {
  TapeWriter writer(path, {.program = "/bin/made-up", .pid = 7},
                    {.events_per_block = 50, .overwrite = true, .keep_bytes = keep_bytes});
  const ModuleId module = writer.define(Module{.path = "/bin/made-up", .begin = 0, .end = 1 << 20});
  const ThreadId thread = writer.define(Thread{.tid = 7, .name = "main"});
  writer.append({.time_ns = 1, .address = 1, .thread = thread, .kind = EventKind::release});
  for (std::uint64_t i = 1; i < 2000; ++i) {
    const StackId stack = writer.define(Frame{.address = i, .module = module, .in_program = i % 2 == 0});
    writer.append({.time_ns = i,
                   .address = 16 * (i - i % 3 / 2),
                   .size = i,
                   .stack = stack,
                   .thread = thread,
                   .kind = i % 3 == 2 ? EventKind::release : EventKind::birth});
  }
  writer.finish({.kind = EndKind::exited, .status = 3, .duration_ns = 5000}, {});
}

std::vector<Event> all_events(const std::string& path) { return events_of(TapeReader(path)); }

TEST(Recover, ATapeCutAnywhereKeepsItsWholeBlocksAndSaysWhatIsLost) {
  const ScratchFolder scratch;
  const std::string whole = scratch.file("whole.tape"), path = scratch.file("a.tape");
  write_tape(whole);
  const std::string bytes = read_file(whole);
  const std::vector<Event> story = all_events(whole);
  for (std::size_t cut = 24; cut < bytes.size(); cut += 293) {
    SCOPED_TRACE(cut);
    write_file(path, bytes.substr(0, cut));
    const TapeReader before(path);
    const RecoveredTape recovered = recover_tape(path, "");
    const TapeReader after(path);
    EXPECT_EQ(after.condition(), Condition::whole);
    EXPECT_EQ(after.events(), before.events());
    EXPECT_EQ(recovered.events, before.events());
    EXPECT_EQ(after.totals(), before.totals());
    EXPECT_EQ(after.ledger().counts, before.ledger().counts);
    EXPECT_EQ(after.ending().kind, before.ending().kind);
    EXPECT_EQ(after.blocks().size(), before.blocks().size());
    EXPECT_EQ(recovered.has_lost_end, after.ending().kind == EndKind::unknown);
    const std::vector<Event> events = all_events(path);
    ASSERT_LE(events.size(), story.size());
    EXPECT_TRUE(std::equal(events.begin(), events.end(), story.begin()));
    EXPECT_EQ(scratch.names(), (std::vector<std::string>{"a.tape", "whole.tape"}));
  }
}

TEST(Recover, ATapeThatKeepsItsNewestPartHasTheFiguresOfAllAfterItToo) {
  const ScratchFolder scratch;
  const std::string whole = scratch.file("whole.tape"), path = scratch.file("a.tape");
  write_tape(whole, 6'000);
  const std::string bytes = read_file(whole);
  const TapeReader expected(whole);
  ASSERT_GT(expected.opening().events, 0u);
  for (const std::size_t cut : {bytes.size() - 1, bytes.size() - 100, bytes.size() - 500}) {
    SCOPED_TRACE(cut);
    write_file(path, bytes.substr(0, cut));
    const TapeReader before(path);
    recover_tape(path, "");
    const TapeReader after(path);
    EXPECT_EQ(after.condition(), Condition::whole);
    EXPECT_EQ(after.opening(), expected.opening());
    EXPECT_EQ(after.events(), before.events());
    EXPECT_EQ(after.totals(), before.totals());
    EXPECT_EQ(after.ledger().counts, before.ledger().counts);
    EXPECT_EQ(all_events(path), events_of(before));
  }
}

TEST(Recover, AWholeTapeIsLeftAloneAndADamagedOneToo) {
  const ScratchFolder scratch;
  const std::string path = scratch.file("a.tape");
  write_tape(path);
  const std::string bytes = read_file(path);
  EXPECT_TRUE(recover_tape(path, "").was_whole);
  EXPECT_EQ(read_file(path), bytes);
  std::string damaged = bytes.substr(0, bytes.size() - 40);
  damaged[300] = static_cast<char>(damaged[300] ^ 1);
  write_file(path, damaged);
  EXPECT_THROW(recover_tape(path, ""), RecoverError);
  EXPECT_EQ(read_file(path), damaged);
  EXPECT_THROW(recover_tape(scratch.file("none.tape"), ""), TapeError);
}

TEST(Recover, AnswersWithItsStatusesAndWritesElsewhereIfAsked) {
  const ScratchFolder scratch;
  const PrivatePlace place;
  const auto recover = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {heaptape_command(), "recover"});
    return run_command(words, place.options());
  };
  const std::string path = scratch.file("a.tape"), other = scratch.file("b.tape");
  write_tape(path);
  const std::string cut = read_file(path).substr(0, 3000);
  EXPECT_EQ(recover({path}).status, 0);
  write_file(path, cut);
  ASSERT_EQ(chmod(path.c_str(), 0640), 0);
  EXPECT_EQ(recover({path, "-o", other}).status, 4);
  EXPECT_EQ(read_file(path), cut);
  EXPECT_EQ(TapeReader(other).condition(), Condition::whole);
  EXPECT_EQ(recover({path, "-o", other}).status, 2);
  EXPECT_EQ(recover({path, path, "-o", other}).status, 2);
  EXPECT_EQ(recover({scratch.path()}).status, 4);
  EXPECT_EQ(TapeReader(path).condition(), Condition::whole);
  EXPECT_EQ(fs::status(path).permissions(), fs::perms{0640});
  EXPECT_EQ(recover({scratch.path()}).status, 0);
  EXPECT_EQ(recover({}).out, "no recording was cut off\n");
  write_file(path, "no tape");
  EXPECT_EQ(recover({path}).status, 3);
  EXPECT_EQ(recover({scratch.file("none")}).status, 3);
  EXPECT_EQ(recover({"--no-such-option"}).status, 2);
}

TEST(Recover, ATapeThatIsStillBeingWrittenIsLeftAlone) {
  const ScratchFolder scratch;
  const Finished run = record(scratch.file("a.tape"), {"sh", "-c",
                                                       "unset LD_PRELOAD; sleep 0.3; " + heaptape_command() +
                                                           " recover " + scratch.file("a.tape") + "; echo $?"});
  EXPECT_EQ(run.out, "2\n");
  EXPECT_NE(run.err.find("still being recorded"), std::string::npos) << run.err;
  EXPECT_EQ(TapeReader(scratch.file("a.tape")).condition(), Condition::whole);
}

TEST(Recover, WhatADrainLeftHalfMadeIsNobodysLoss) {
  const ScratchFolder scratch;
  const PrivatePlace place;
  ASSERT_EQ(record(scratch.file("a.tape"), {test_program("flush_then_orphan")}, {}, place.options()).status, 0);
  ASSERT_EQ(place.sessions().size(), 1u);
  const std::string session = place.sessions()[0];
  write_file(session + "/97", "");
  write_file(session + "/98", std::string(4096, '\0'));
  write_file(session + "/99", "");
  fs::resize_file(session + "/99", 64u << 20);
  write_file(session + "/98.journal.new", "");
  const Finished recovered = run_command({heaptape_command(), "recover"}, place.options());
  EXPECT_TRUE(recovered.status == 0 || recovered.status == 4) << recovered.err;
  EXPECT_EQ(TapeReader(scratch.file("a.tape")).condition(), Condition::whole);
  EXPECT_TRUE(place.sessions().empty());
}

}  // namespace
}  // namespace heaptape::testing
