// Every way in which a process comes from another: nobody hangs, and every tape is whole.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "tests/support/recording.h"
#include "tests/support/soak.h"

namespace heaptape::testing {
namespace {

void expect_nothing_lost(const TapeReader& tape) {
  EXPECT_EQ(tape.condition(), Condition::whole) << tape.path();
  EXPECT_FALSE(tape.ledger().lossy()) << tape.path();
}

void expect_every_child(const ScratchFolder& scratch, int children) {
  int found = 0;
  for (const std::string& name : scratch.names()) {
    const TapeReader tape(scratch.file(name));
    EXPECT_EQ(tape.condition(), Condition::whole) << name;
    // A child that lived for less than a round may have been reaped before anyone could ask how it ended.
    EXPECT_TRUE(tape.ending().kind == EndKind::exited || tape.ending().kind == EndKind::gone) << name;
    if (!tape.meta().forked) continue;
    ++found;
    EXPECT_EQ(births_of(tape, 77), 200u) << name;
    EXPECT_FALSE(tape.ledger().lossy()) << name;
    EXPECT_EQ(tape.meta().parent, 1u) << name;
  }
  EXPECT_EQ(found, children);
}

TEST(Fork, AmongAllocatingThreadsLeavesNoChildHangingAndNoBlockOut) {
  const ScratchFolder scratch;
  const int forks = sized(50, 1000);
  const Finished run = record(scratch.file("a.tape"), {test_program("fork_storm"), "16", std::to_string(forks)});
  ASSERT_EQ(run.status, 0) << run.err;
  expect_every_child(scratch, forks);
}

TEST(Fork, ByTheBareSystemCallIsRecordedToo) {
  const ScratchFolder scratch;
  const int forks = sized(50, 1000);
  const Finished run = record(scratch.file("a.tape"), {test_program("fork_storm"), "0", std::to_string(forks), "raw"});
  ASSERT_EQ(run.status, 0) << run.err;
  expect_every_child(scratch, forks);
}

TEST(Fork, VforkChildrenThatFailToExecAreTheirParentsStory) {
  const ScratchFolder scratch;
  const int forks = sized(100, 1000);
  const Finished run = record(scratch.file("a.tape"), {test_program("vfork_storm"), std::to_string(forks)});
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(scratch.names(), std::vector<std::string>{"a.tape"});
  const TapeReader tape(scratch.file("a.tape"));
  expect_nothing_lost(tape);
  EXPECT_EQ(births_of(tape, 55), static_cast<std::uint64_t>(forks));
  EXPECT_EQ(births_of(tape, 66), static_cast<std::uint64_t>(forks));
  EXPECT_EQ(tape.totals().program.live_blocks, 0u);
}

TEST(Fork, WhatLibcStartsHasATapeEach) {
  const ScratchFolder scratch;
  const Finished run = record(scratch.file("a.tape"), {test_program("spawns")});
  ASSERT_EQ(run.status, 0) << run.err;
  std::map<std::string, int> programs;
  for (const std::string& name : scratch.names()) {
    const TapeReader tape(scratch.file(name));
    EXPECT_EQ(tape.condition(), Condition::whole) << name;
    ++programs[std::filesystem::path(tape.meta().program).filename()];
  }
  EXPECT_EQ(programs["spawns"], 1);
  EXPECT_EQ(programs["true"], 3);
}

TEST(Fork, ADaemonsTapeIsWholeWhenItEndsAndNobodyWaitsForIt) {
  const ScratchFolder scratch;
  write_file(scratch.file("wait"), "");
  const Finished run = record(scratch.file("a.tape"), {test_program("daemon"), scratch.file("wait")});
  ASSERT_EQ(run.status, 5) << run.err;
  EXPECT_EQ(TapeReader(scratch.file("a.tape")).condition(), Condition::whole);
  std::filesystem::remove(scratch.file("wait"));
  const auto daemon = [&]() -> std::optional<TapeReader> {
    for (const std::string& name : scratch.names()) {
      if (name == "a.tape") continue;
      try {
        TapeReader tape(scratch.file(name));
        if (tape.condition() == Condition::whole) return tape;
      } catch (const TapeError&) {
      }
    }
    return std::nullopt;
  };
  for (int i = 0; i < 2000 && !daemon(); ++i) run_command({"sleep", "0.01"});
  const std::optional<TapeReader> tape = daemon();
  ASSERT_TRUE(tape);
  EXPECT_EQ(births_of(*tape, 99), 10u);
  EXPECT_EQ(tape->ending().kind, EndKind::exited);
  EXPECT_EQ(tape->ending().status, 6);
  EXPECT_TRUE(tape->meta().forked);
  EXPECT_EQ(tape->meta().parent, 1u) << "the first child never allocated, so that the grandparent is its origin";
}

TEST(Fork, AProgramThatForbidsItselfSystemCallsGoesOn) {
  const ScratchFolder scratch;
  const int bare = run_command({test_program("strict_seccomp")}).status;
  if (bare == 77) GTEST_SKIP() << "filters of system calls are not permitted here";
  ASSERT_EQ(bare, 0) << "this libc makes other calls than those that the program allows itself";
  const Finished run = record(scratch.file("a.tape"), {test_program("strict_seccomp")});
  ASSERT_EQ(run.status, 0) << run.err;
  const TapeReader tape(scratch.file("a.tape"));
  expect_nothing_lost(tape);
  EXPECT_EQ(births_of(tape, 48), 75'000u);
}

TEST(Fork, ADebuggerMayCallMallocInAStoppedProgram) {
  if (!has_command("gdb")) GTEST_SKIP() << "gdb is not installed";
  const ScratchFolder scratch;
  std::string calls = "set pagination off\nset confirm off\nbreak pause\nrun\n";
  for (int i = 0; i < 100; ++i) calls += "call (void*)malloc(4321)\n";
  write_file(scratch.file("calls"), calls + "kill\nquit\n");
  // gdb starts the program through a shell, which is recorded as well.
  const Finished run =
      record(scratch.file("a.tape"), {"gdb", "-nx", "-batch", "-x", scratch.file("calls"), test_program("pauses")});
  if (run.out.find("Operation not permitted") != std::string::npos) GTEST_SKIP() << "gdb may not trace here";
  ASSERT_EQ(run.status, 0) << run.err;
  int found = 0;
  for (const std::string& name : scratch.names()) {
    if (name.find(".tape") == std::string::npos) continue;
    const TapeReader tape(scratch.file(name));
    if (std::filesystem::path(tape.meta().program).filename() != "pauses") continue;
    ++found;
    EXPECT_EQ(births_of(tape, 4321), 100u) << run.out;
    EXPECT_EQ(tape.condition(), Condition::whole);
  }
  EXPECT_EQ(found, 1);
}

}  // namespace
}  // namespace heaptape::testing
