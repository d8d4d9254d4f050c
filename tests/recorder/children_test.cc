// Which processes are recorded, and how their tapes hang together.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "tests/support/recording.h"
#include "tests/support/sanitized.h"

namespace heaptape::testing {
namespace {

// Base names of the recorded programs, each with the number of its tapes.
std::map<std::string, int> programs_in(const ScratchFolder& scratch) {
  std::map<std::string, int> programs;
  for (const std::string& name : scratch.names()) {
    if (!name.ends_with(".tape")) continue;
    const TapeReader tape(scratch.file(name));
    EXPECT_EQ(tape.condition(), Condition::whole) << name;
    ++programs[std::filesystem::path(tape.meta().program).filename()];
  }
  return programs;
}

using Programs = std::map<std::string, int>;

TEST(Children, AreLeftOutWhenIgnoredAndTheParentsTapeIsWhole) {
  const ScratchFolder scratch;
  const Finished run = record(scratch.file("a.tape"), {test_program("forks")}, {"--children", "ignore"});
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(scratch.names(), std::vector<std::string>{"a.tape"});
  const TapeReader tape(scratch.file("a.tape"));
  EXPECT_EQ(tape.condition(), Condition::whole);
  EXPECT_FALSE(tape.ledger().lossy());
  EXPECT_EQ(tape.totals().all.allocations, tape.totals().all.frees);
  EXPECT_EQ(tape.ledger()[Loss::ignored_images], 2u);  // the forked child, and what it became
  EXPECT_NE(run.err.find("2 processes left out"), std::string::npos) << run.err;
}

TEST(Children, WhatTheCommandItselfBecomesIsNoChild) {
  const ScratchFolder scratch;
  ASSERT_EQ(record(scratch.file("a.tape"), {"sh", "-c", "true | cat; exec env true"}, {"--children", "ignore"}).status,
            0);
  const std::uint32_t pid = TapeReader(scratch.file("a.tape")).meta().pid;
  EXPECT_EQ(scratch.names().size(), 3u);
  EXPECT_EQ(TapeReader(scratch.file("a." + std::to_string(pid) + ".2.tape")).meta().arguments[0], "true");
}

TEST(Children, OnlyProcessesThatMatchAreRecordedAtAnyDepth) {
  const ScratchFolder scratch;
  const Finished run = record(scratch.file("a.tape"), {"sh", "-c", test_program("forks") + "; env true; ls >/dev/null"},
                              {"--process", "/(forks|ls)$"});
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(programs_in(scratch), (Programs{{"forks", 2}, {"ls", 1}}));
  EXPECT_NE(run.err.find("the command itself was left out"), std::string::npos) << run.err;
}

TEST(Children, ANameAsCalledMatchesToo) {
  const ScratchFolder scratch;
  const Finished run =
      record(scratch.file("a.tape"), {"bash", "-c", "(exec -a worker sleep 0); sleep 0"}, {"--process", "^worker$"});
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(programs_in(scratch), (Programs{{"sleep", 1}}));
}

TEST(Children, ThoseLeftOutAreCountedInTheCommandsOwnTape) {
  const ScratchFolder scratch;
  ASSERT_EQ(record(scratch.file("a.tape"), {"bash", "-c", "env true; env true; ls >/dev/null; exit 3"},
                   {"--process", "bash$|/ls$"})
                .status,
            3);
  EXPECT_EQ(programs_in(scratch)["ls"], 1);
  EXPECT_EQ(TapeReader(scratch.file("a.tape")).ledger()[Loss::ignored_images], 4u);
}

TEST(Children, AnExpressionThatIsNoneIsRefused) {
  const ScratchFolder scratch;
  const Finished run = record(scratch.file("a.tape"), {"true"}, {"--process", "(("});
  EXPECT_EQ(run.status, 2);
  EXPECT_NE(run.err.find("no regular expression"), std::string::npos) << run.err;
  EXPECT_TRUE(scratch.names().empty());
}

TEST(Children, WithAnEmptyEnvironmentAreAbsentAndTheParentIsWhole) {
  const ScratchFolder scratch;
  ASSERT_EQ(record(scratch.file("a.tape"), {"sh", "-c", "env -i ls >/dev/null; true; exit 4"}).status, 4);
  EXPECT_EQ(programs_in(scratch), (Programs{{"dash", 1}, {"env", 1}}));
  EXPECT_EQ(TapeReader(scratch.file("a.tape")).ending().status, 4);
}

TEST(Children, OtherPreloadedLibrariesStayLoaded) {
  if (kSanitized) GTEST_SKIP() << "nothing can be preloaded into a sanitised tool";
  const ScratchFolder scratch;
  const std::string second = test_program("libsecond_preload.so");
  const Finished run = record(scratch.file("a.tape"), {"ls", "/dev/null"}, {},
                              {.input = "", .folder = "", .environment = {"LD_PRELOAD=" + second}});
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_NE(run.out.find("second\n"), std::string::npos) << run.out;
  const TapeReader tape(scratch.file("a.tape"));
  int births = 0;
  for (const Event& event : events_of(tape)) births += event.kind == EventKind::birth && event.size == 12345 ? 1 : 0;
  EXPECT_EQ(births, 1);
}

TEST(Children, FakerootWorksOnBothSides) {
  if (kSanitized) GTEST_SKIP() << "nothing can be preloaded into a sanitised tool";
  if (!has_command("fakeroot")) GTEST_SKIP() << "fakeroot is not installed";
  const ScratchFolder scratch;
  const Finished inside = record(
      scratch.file("a.tape"),
      {"fakeroot", "sh", "-c",
       "touch " + scratch.file("x") + "; chown 12:34 " + scratch.file("x") + "; stat -c %u:%g " + scratch.file("x")});
  EXPECT_EQ(inside.status, 0) << inside.err;
  EXPECT_EQ(inside.out, "12:34\n");
  EXPECT_EQ(programs_in(scratch)["stat"], 1);
  const ScratchFolder other;
  const Finished around =
      run_command({"fakeroot", heaptape_command(), "record", "-o", other.file("a.tape"), "id", "-u"});
  EXPECT_EQ(around.status, 0) << around.err;
  EXPECT_EQ(around.out, "0\n");
  EXPECT_EQ(programs_in(other)["id"], 1);
}

TEST(Children, NameTheTapeThatTheyCameOutOf) {
  const ScratchFolder scratch;
  ASSERT_EQ(record(scratch.file("a.tape"), {"sh", "-c", test_program("forks") + "; exec true"}).status, 0);
  std::map<std::uint32_t, Meta> by_number;
  for (const std::string& name : scratch.names()) {
    const Meta meta = TapeReader(scratch.file(name)).meta();
    by_number[meta.number] = meta;
    EXPECT_EQ(meta.session, TapeReader(scratch.file("a.tape")).meta().session);
  }
  const Meta& shell = by_number.at(1);
  EXPECT_EQ(shell.parent, 0u);
  EXPECT_NE(shell.session, 0u);
  for (const auto& [number, meta] : by_number) {
    if (number == 1) continue;
    const Meta& origin = by_number.at(meta.parent);
    if (meta.forked || meta.image == 0)
      EXPECT_EQ(origin.pid, meta.parent_pid) << number;
    else
      EXPECT_EQ(std::make_pair(origin.pid, origin.image + 1), std::make_pair(meta.pid, meta.image)) << number;
  }
}

}  // namespace
}  // namespace heaptape::testing
