// Forks, execs and sudden ends: each program image has a whole tape of its own.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/recorder/sudden_ends.h"
#include "tests/support/recording.h"

namespace heaptape::testing {
namespace {

TEST(Process, AForkedChildAndWhatItExecsHaveTapesOfTheirOwn) {
  const ScratchFolder scratch;
  const Finished run = record(scratch.file("a.tape"), {test_program("forks")});
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_NE(run.err.find("2 more tapes"), std::string::npos) << run.err;
  std::vector<std::string> names = scratch.names();
  ASSERT_EQ(names.size(), 3u);
  const TapeReader parent(scratch.file("a.tape")), child(scratch.file(names[0])), executed(scratch.file(names[1]));
  EXPECT_EQ(child.meta().pid, executed.meta().pid);
  EXPECT_EQ(child.meta().parent_pid, parent.meta().pid);
  EXPECT_EQ(names[0], "a." + std::to_string(child.meta().pid) + ".0.tape");
  EXPECT_EQ(names[1], "a." + std::to_string(child.meta().pid) + ".1.tape");
  EXPECT_EQ(child.ending().kind, EndKind::execed);
  EXPECT_TRUE(child.meta().forked);
  EXPECT_EQ(child.ledger()[Loss::inherited_frees], 1u);
  EXPECT_EQ(child.totals().all.allocated_bytes, 5u * 333);
  EXPECT_EQ(std::filesystem::path(executed.meta().program).filename(), "true");
  EXPECT_EQ(parent.totals().all.allocations, parent.totals().all.frees);
  for (const TapeReader* tape : {&parent, &child, &executed}) {
    EXPECT_EQ(tape->condition(), Condition::whole);
    EXPECT_FALSE(tape->ledger().lossy());
  }
}

struct SuddenEnd {
  std::string how;
  int status;
  EndKind kind;
  friend void PrintTo(const SuddenEnd& end, std::ostream* out) { *out << end.how; }
};

class Sudden : public ::testing::TestWithParam<SuddenEnd> {};

TEST_P(Sudden, LosesNoEventAndKeepsTheStatus) {
  const ScratchFolder scratch;
  const Finished run = record(scratch.file("a.tape"), {test_program("sudden_end"), GetParam().how});
  EXPECT_EQ(run.status, GetParam().status);
  const TapeReader tape(scratch.file("a.tape"));
  EXPECT_EQ(tape.condition(), Condition::whole);
  EXPECT_EQ(tape.ending().kind, GetParam().kind);
  EXPECT_FALSE(tape.ledger().lossy());
  EXPECT_EQ(tape.totals().program.allocations, 10000u);
  EXPECT_EQ(tape.totals().program.live_bytes, 640000u);
}

INSTANTIATE_TEST_SUITE_P(
    Ends, Sudden,
    ::testing::Values(SuddenEnd{"return", 0, EndKind::exited}, SuddenEnd{"_exit", 7, EndKind::exited},
                      SuddenEnd{"_Exit", 9, EndKind::exited}, SuddenEnd{"quick_exit", 8, EndKind::exited},
                      SuddenEnd{"abort", 128 + 6, EndKind::signaled}, SuddenEnd{"kill", 128 + 9, EndKind::signaled},
                      SuddenEnd{"segv", 128 + 11, EndKind::signaled},
                      SuddenEnd{"overflow", 128 + 11, EndKind::signaled}),
    [](const auto& end) { return end.param.how; });

TEST(Process, AShellsExecKeepsTheShellsTapeAndGivesTheNewImageItsOwn) {
  const ScratchFolder scratch;
  const Finished run = record(scratch.file("a.tape"), {"sh", "-c", "exec true"});
  EXPECT_EQ(run.status, 0);
  ASSERT_EQ(scratch.names().size(), 2u);
  const TapeReader shell(scratch.file("a.tape")), second(scratch.file(scratch.names()[0]));
  EXPECT_EQ(shell.ending().kind, EndKind::execed);
  EXPECT_EQ(second.ending().kind, EndKind::exited);
  EXPECT_EQ(second.meta().image, 1u);
  EXPECT_EQ(shell.meta().pid, second.meta().pid);
}

TEST(Process, AChainOfExecsIsNumberedAndEndedAsItHappened) {
  const ScratchFolder scratch;
  write_file(scratch.file("step.sh"),
             "n=$1; [ $n -gt 0 ] && exec sh " + scratch.file("step.sh") + " $((n-1)); exit 7\n");
  EXPECT_EQ(record(scratch.file("a.tape"), {"sh", scratch.file("step.sh"), "9"}).status, 7);
  const std::uint32_t pid = TapeReader(scratch.file("a.tape")).meta().pid;
  for (std::uint32_t image = 0; image < 10; ++image) {
    const TapeReader tape(
        scratch.file(image == 0 ? "a.tape" : "a." + std::to_string(pid) + "." + std::to_string(image) + ".tape"));
    EXPECT_EQ(tape.meta().arguments.back(), std::to_string(9 - image));
    EXPECT_EQ(tape.ending().kind, image == 9 ? EndKind::exited : EndKind::execed);
  }
}

TEST(Process, AStormOfShortProgramsIsRecordedToTheLast) {
  const ScratchFolder scratch;
  const Finished run = record(scratch.file("a.tape"), {"sh", "-c", "for i in $(seq 150); do env true & done; wait"});
  ASSERT_EQ(run.status, 0);
  EXPECT_EQ(run.err.find("could not be recorded"), std::string::npos) << run.err;
  int count = 0;
  for (const std::string& name : scratch.names()) {
    const TapeReader tape(scratch.file(name));
    EXPECT_EQ(tape.condition(), Condition::whole) << name;
    count += std::filesystem::path(tape.meta().program).filename() == "true" ? 1 : 0;
  }
  EXPECT_EQ(count, 150);
}

// Whether the words run here at all: what they do may take rights.
bool runs(std::vector<std::string> words) {
  words.push_back("true");
  return run_command(words).status == 0;
}

void expect_recorded_through(const std::vector<std::string>& words) {
  const ScratchFolder scratch;
  std::vector<std::string> command = words;
  command.insert(command.end(), {test_program("sudden_end"), "_exit"});
  const Finished run = record(scratch.file("a.tape"), command);
  EXPECT_EQ(run.status, 7) << run.err;
  EXPECT_EQ(run.err.find("not recorded"), std::string::npos) << run.err;
  EXPECT_EQ(whole_sudden_ends(scratch), 1) << words[0];
}

TEST(Process, ThatGaveUpItsRightsJoinsStill) {
  const std::vector<std::string> words{"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"};
  if (!runs(words)) GTEST_SKIP() << "only root can give up rights";
  if (run_command({"setpriv", "--reuid=65534", "--clear-groups", "test", "-r", heaptape_library()}).status != 0)
    GTEST_SKIP() << "the library is built where other users can't read it";
  expect_recorded_through(words);
}

TEST(Process, ThatLivesInOtherNamespacesJoinsStill) {
  const std::string other_shm = "mount -t tmpfs none /dev/shm && exec \"$@\"";
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"unshare", "--mount", "sh", "-c", other_shm, "sh"},
                                             {"unshare", "--pid", "--fork"},
                                             {"unshare", "--user"},
                                             {"unshare", "--net"}})
    if (runs(words)) expect_recorded_through(words);
}

TEST(Process, NothingIsLeftInSharedMemory) {
  const ScratchFolder scratch;
  const Finished run = record(scratch.file("a.tape"), {"sh", "-c", "echo $HEAPTAPE_SESSION; true; true"});
  ASSERT_EQ(run.status, 0);
  const std::string session = run.out.substr(0, run.out.find('\n'));
  ASSERT_EQ(session.rfind("/dev/shm/heaptape.", 0), 0u) << session;
  // The drain removes it right after the launcher has had its last word.
  for (int i = 0; i < 1000 && std::filesystem::exists(session); ++i) run_command({"sleep", "0.01"});
  EXPECT_FALSE(std::filesystem::exists(session));
}

}  // namespace
}  // namespace heaptape::testing
